import FleetModel
import Prognosis
import Testing

@Suite("Fault code rules")
struct FaultRuleTests {
    static func rule(
        _ id: String, spns: Set<UInt32> = [], fmis: Set<UInt8> = [], severity: Severity = .minor,
        raiseAfter: Double = 0, clearAfter: Double = 10
    ) -> Rule {
        Rule(
            id: RuleID(id)!, title: "Rule \(id)", condition: .faultCode(spns: spns, fmis: fmis), severity: severity,
            raiseAfter: .seconds(raiseAfter), clearAfter: .seconds(clearAfter))
    }

    @Test(
        "the most specific rule takes a code",
        arguments: [
            (code: (110, 0), rule: "both"), (code: (110, 3), rule: "parameter"), (code: (100, 3), rule: "mode"),
            (code: (100, 4), rule: "all"),
        ] as [(code: (UInt32, UInt8), rule: String)]
    )
    func specific(code: (UInt32, UInt8), rule: String) {
        let rules = [
            Self.rule("all"), Self.rule("mode", fmis: [0, 3]), Self.rule("parameter", spns: [110]),
            Self.rule("both", spns: [110], fmis: [0]),
        ]
        for rules in [rules, rules.reversed()] {
            let findings = Pit.watch(rules, [Pit.frame(0, faults: [Pit.code(code.0, code.1)])]).findings
            #expect(findings.map(\.episode.rule.text) == [rule])
        }
    }

    @Test(
        "the rule for all codes takes the severity of the failure mode when that is graver",
        arguments: [
            (own: Severity.info, fmi: 0, severity: Severity.critical), (own: .info, fmi: 16, severity: .major),
            (own: .major, fmi: 15, severity: .major), (own: .info, fmi: 31, severity: .minor),
        ] as [(own: Severity, fmi: UInt8, severity: Severity)]
    )
    func catchAllSeverity(own: Severity, fmi: UInt8, severity: Severity) {
        let rules = [Self.rule("all", severity: own)]
        let finding = Pit.watch(rules, [Pit.frame(0, faults: [Pit.code(100, fmi)])]).findings.first
        #expect(finding?.severity == severity)
        #expect(finding?.title == "Rule all: SPN 100 FMI \(fmi) SA 0")
    }

    @Test("a rule that names its codes keeps its own severity")
    func ownSeverity() {
        let finding = Pit.watch(
            [Self.rule("coolant", spns: [110], severity: .minor)], [Pit.frame(0, faults: [Pit.code(110, 0)])]
        ).findings.first
        #expect(finding?.severity == .minor)
        #expect(finding?.title == "Rule coolant")
        #expect(finding?.evidence == "SPN 110 FMI 0 SA 0 active, above normal, most severe, 3 times (assumed)")
    }

    @Test(
        "a code clears when frames that speak of codes have left it out for the clearing time",
        arguments: [
            (later: [(10.0, false), (19, false)], cleared: false), (later: [(10, false), (20, false)], cleared: true),
            (later: [(10, false), (15, true), (20, false), (29, false)], cleared: false),
            (later: [(10, false), (15, true), (20, false), (30, false)], cleared: true),
        ] as [(later: [(Double, Bool)], cleared: Bool)]
    )
    func clearing(later: [(Double, Bool)], cleared: Bool) {
        let frames =
            [Pit.frame(0, faults: [Pit.code(110, 0)])]
            + later.map { Pit.frame($0.0, faults: $0.1 ? [Pit.code(110, 0)] : []) }
        let run = Pit.watch([Self.rule("all")], frames)
        #expect(run.findings.count == (cleared ? 2 : 1))
        #expect((run.findings.last?.clearedAt != nil) == cleared)
        #expect(run.condition.faults.isEmpty)
    }

    @Test("frames that do not speak of codes clear nothing, and late ones change nothing")
    func silentFrames() {
        let run = Pit.watch(
            [Self.rule("all", clearAfter: 0)],
            [
                Pit.frame(10, faults: [Pit.code(110, 0)]), Pit.frame(20, [(Pit.coolant, 90)]),
                Pit.frame(5, faults: []), Pit.frame(10, faults: []),
            ])
        #expect(run.findings.count == 1)
        #expect(run.condition.faults.keys.map(\.description) == ["SPN 110 FMI 0 SA 0"])
        #expect(run.condition.faults.values.first?.since == Pit.start + .seconds(10))
    }

    @Test("each code of each control unit has its own episodes")
    func subjects() {
        let findings = Pit.watch(
            [Self.rule("all", clearAfter: 0)],
            [
                Pit.frame(0, faults: [Pit.code(110, 0), Pit.code(110, 0, from: 3)]),
                Pit.frame(1, faults: [Pit.code(110, 0, from: 3)]),
                Pit.frame(2, faults: [Pit.code(110, 0), Pit.code(110, 0, from: 3)]),
            ]
        ).findings
        #expect(
            findings.map(\.episode.description) == [
                "all/SPN 110 FMI 0 SA 0/1", "all/SPN 110 FMI 0 SA 3/1", "all/SPN 110 FMI 0 SA 0/1",
                "all/SPN 110 FMI 0 SA 0/2",
            ])
    }

    @Test(
        "a code is raised when it has stayed active for the hold",
        arguments: [(last: 4.0, raised: 0), (last: 5.0, raised: 1)] as [(last: Double, raised: Int)])
    func hold(last: Double, raised: Int) {
        let frames = [0, last].map { Pit.frame($0, faults: [Pit.code(110, 0)]) }
        #expect(Pit.watch([Self.rule("all", raiseAfter: 5)], frames).findings.count == raised)
    }

    @Test("a machine that invents codes gets findings for the first so many and no more")
    func flood() {
        let limit = ConditionMonitor.codesRemembered
        let codes = (0..<UInt32(limit + 50)).map { Pit.code($0 + 1, 0) }
        let run = Pit.watch([Self.rule("all")], [Pit.frame(0, faults: codes), Pit.frame(1, faults: codes)])
        #expect(run.findings.count == limit)
        #expect(run.condition.episodes.count == limit)
        #expect(run.condition.faults.count == limit + 50)
    }
}
