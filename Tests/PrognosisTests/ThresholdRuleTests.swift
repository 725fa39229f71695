import FleetModel
import Prognosis
import Support
import Testing

@Suite("Threshold rules")
struct ThresholdRuleTests {
    static func hot(raiseAfter: Double = 10, clearAfter: Double = 20, when: [Rule.Guard] = []) -> Rule {
        Rule(
            id: RuleID("coolant-hot")!, title: "Coolant too hot",
            condition: .threshold(Pit.coolant, .above, threshold: 103, reset: 100, when: when),
            severity: .critical, raiseAfter: .seconds(raiseAfter), clearAfter: .seconds(clearAfter), mark: .assumed,
            advice: "Stop and let idle")
    }

    @Test(
        "it is raised when consecutive samples that span the hold are all beyond the threshold",
        arguments: [
            (hold: 10.0, samples: [(0.0, 104.0), (9, 104)], raised: 0),
            (hold: 10, samples: [(0, 104), (10, 104)], raised: 1),
            (hold: 10, samples: [(0, 104), (5, 103), (10, 104), (15, 104)], raised: 0),
            (hold: 10, samples: [(0, 104), (5, 103.1), (10, 104)], raised: 1),
            (hold: 10, samples: [(0, 104)], raised: 0),
            (hold: 0, samples: [(0, 103)], raised: 0),
            (hold: 0, samples: [(0, 103.1)], raised: 1),
            // Sparse: two in a row are enough, one is not.
            (hold: 10, samples: [(0, 104), (3_600, 104)], raised: 1),
            (hold: 10, samples: [(0, 104), (3_600, 90), (7_200, 104)], raised: 0),
        ] as [(hold: Double, samples: [(Double, Double)], raised: Int)]
    )
    func raising(hold: Double, samples: [(Double, Double)], raised: Int) {
        let frames = samples.map { Pit.frame($0.0, [(Pit.coolant, $0.1)]) }
        #expect(Pit.watch([Self.hot(raiseAfter: hold)], frames).findings.count == raised)
    }

    @Test(
        "it clears when consecutive samples that span the clearing time are back behind the reset threshold",
        arguments: [
            (samples: [(20.0, 100.0), (39, 100)], isCleared: false),
            (samples: [(20, 100), (40, 100)], isCleared: true),
            (samples: [(20, 100.1), (40, 100.1)], isCleared: false),
            (samples: [(20, 100), (30, 101), (40, 100), (50, 100)], isCleared: false),
            (samples: [(20, 100), (30, 101), (40, 100), (60, 100)], isCleared: true),
        ] as [(samples: [(Double, Double)], isCleared: Bool)]
    )
    func clearing(samples: [(Double, Double)], isCleared: Bool) {
        let hot: [(Double, Double)] = [(0, 104), (10, 104)]
        let frames = hot + samples
        let findings = Pit.watch([Self.hot()], frames.map { Pit.frame($0.0, [(Pit.coolant, $0.1)]) }).findings
        #expect(findings.count == (isCleared ? 2 : 1))
        #expect((findings.last?.clearedAt != nil) == isCleared)
    }

    @Test("a finding says value, unit, limit, hold and mark, and is raised once and cleared once an episode")
    func episodes() {
        let samples: [(Double, Double)] = [
            (0, 104.5), (10, 104.5), (11, 120), (100, 90), (120, 90), (130, 80), (200, 110), (210, 110.25),
        ]
        let findings = Pit.watch([Self.hot()], samples.map { Pit.frame($0.0, [(Pit.coolant, $0.1)]) }).findings
        #expect(findings.map(\.episode.description) == ["coolant-hot/1", "coolant-hot/1", "coolant-hot/2"])
        #expect(findings.map { $0.clearedAt != nil } == [false, true, false])
        #expect(findings.map(\.raisedAt) == [10, 10, 210].map { Pit.start + .seconds($0) })
        #expect(findings[1].clearedAt == Pit.start + .seconds(120))
        #expect(findings[0].evidence == "coolant_temp 104.5 °C > 103 °C for 10 s (assumed)")
        #expect(findings[1].evidence == findings[0].evidence)
        #expect(findings[2].evidence == "coolant_temp 110.25 °C > 103 °C for 10 s (assumed)")
        #expect(findings[0].advice == "Stop and let idle")
    }

    @Test(
        "a low value counts only under the rule's conditions, and without them neither raises nor clears",
        arguments: [
            (rpm: [1_600.0, 1_600], raised: 1), (rpm: [1_500, 1_600], raised: 0), (rpm: [1_600, 1_500], raised: 0),
        ] as [(rpm: [Double], raised: Int)]
    )
    func guards(rpm: [Double], raised: Int) {
        let low = Rule(
            id: RuleID("oil-low")!, title: "Oil pressure low",
            condition: .threshold(
                Pit.oil, .below, threshold: 207, reset: 230, when: [Rule.Guard(Pit.rpm, .above, 1_500)]),
            severity: .critical, raiseAfter: .seconds(5), clearAfter: .zero)
        var frames = rpm.enumerated().map { Pit.frame(Double($0) * 5, [(Pit.oil, 150), (Pit.rpm, $1)]) }
        #expect(Pit.watch([low], frames).findings.count == raised)
        guard raised == 1 else { return }
        frames.append(Pit.frame(10, [(Pit.oil, 300), (Pit.rpm, 700)]))
        #expect(Pit.watch([low], frames).findings.count == 1)
        frames.append(Pit.frame(15, [(Pit.oil, 300), (Pit.rpm, 1_600)]))
        #expect(Pit.watch([low], frames).findings.count == 2)
    }

    @Test(
        "a condition that was last seen too long ago does not hold",
        arguments: [(age: 300.0, raised: 1), (age: 301, raised: 0)] as [(age: Double, raised: Int)]
    )
    func staleGuard(age: Double, raised: Int) {
        let rule = Self.hot(raiseAfter: 0, when: [Rule.Guard(Pit.rpm, .above, 500)])
        let frames = [Pit.frame(0, [(Pit.rpm, 900)]), Pit.frame(age, [(Pit.coolant, 110)])]
        #expect(Pit.watch([rule], frames).findings.count == raised)
    }

    @Test("a condition that stands behind the value in the frame is read all the same")
    func guardBehind() {
        let rule = Self.hot(raiseAfter: 0, when: [Rule.Guard(Pit.rpm, .above, 500)])
        #expect(Pit.watch([rule], [Pit.frame(0, [(Pit.coolant, 110), (Pit.rpm, 900)])]).findings.count == 1)
    }

    @Test(
        "a value its signal cannot have is kept and not judged",
        arguments: [(value: 210.0, raised: 1), (value: 210.5, raised: 0)] as [(value: Double, raised: Int)]
    )
    func outOfRange(value: Double, raised: Int) {
        let run = Pit.watch([Self.hot(raiseAfter: 0)], [Pit.frame(0, [(Pit.coolant, value)])])
        #expect(run.findings.count == raised)
        #expect(run.condition.latest[Pit.coolant]?.value == value)
    }

    @Test("a rule for other classes says nothing; one for all classes speaks of a machine without a class too")
    func classes() {
        var other = Self.hot(raiseAfter: 0)
        other.classes = [MachineClassID("city_bus")!]
        let frames = [Pit.frame(0, [(Pit.coolant, 110)])]
        #expect(Pit.watch([other], frames).findings.isEmpty)
        #expect(Pit.watch([other], frames, model: nil).findings.isEmpty)
        #expect(Pit.watch([Self.hot(raiseAfter: 0)], frames, model: nil).findings.count == 1)
        other.classes = [Pit.haul]
        #expect(Pit.watch([other], frames).findings.count == 1)
    }

    @Test(
        "a frame older than what is known changes neither values nor findings", arguments: 1...20 as ClosedRange<UInt64>
    )
    func lateFrames(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        let frames = (0..<200).map { Pit.frame(Double($0), [(Pit.coolant, 95 + Double(chance.next(15)))]) }
        // Some are held back and come later, in any order; those that came in time are what counts.
        var (held, arrived, inTime): ([Frame], [Frame], [Frame]) = ([], [], [])
        for frame in frames {
            if chance.next(5) == 0 {
                held.append(frame)
            } else {
                arrived.append(frame)
                inTime.append(frame)
                while !held.isEmpty, chance.next(2) == 0 {
                    arrived.append(held.remove(at: chance.next(held.count)))
                }
            }
        }
        let (late, clean) = (
            Pit.watch([Self.hot(raiseAfter: 2)], arrived), Pit.watch([Self.hot(raiseAfter: 2)], inTime)
        )
        #expect(late.findings == clean.findings)
        #expect(late.condition.latest == clean.condition.latest)
        #expect(late.condition.episodes == clean.condition.episodes)
    }

    @Test("an episode of a rule that is no longer configured is ended by the next round")
    func removedRule() {
        var (_, condition) = Pit.watch([Self.hot(raiseAfter: 0)], [Pit.frame(0, [(Pit.coolant, 110)])])
        let monitor = ConditionMonitor(rules: [], catalog: Pit.catalog())
        let now = Pit.start + .hours(1)
        let ended = monitor.watch(now: now, machine: Pit.truck, model: Pit.model, condition: &condition)
        #expect(ended.map(\.episode.description) == ["coolant-hot/1"])
        #expect(ended.first?.clearedAt == now)
        #expect(monitor.watch(now: now, machine: Pit.truck, model: Pit.model, condition: &condition).isEmpty)
    }
}
