import FleetModel
import Prognosis
import Testing

@Suite("Services within services")
struct ServiceNestingTests {
    static let services = [
        Pit.service("EO", [Pit.hours(12)], performer: .operator),
        Pit.service("TO-1", [Pit.hours(250)], includes: ["EO"]),
        Pit.service("TO-2", [Pit.hours(500)], includes: ["TO-1"]),
        Pit.service("TO-3", [Pit.hours(1_000)], includes: ["TO-2"]),
    ]
    static let planner = ServicePlanner(catalog: Pit.catalog(services))

    static func condition(hours: Double, from first: Double = 0) -> MachineCondition {
        var history = MeterHistory()
        history.note(first, at: Pit.start - .days(500), of: .engineHours)
        history.note(hours, at: Pit.start, of: .engineHours)
        var condition = MachineCondition()
        condition.meters[.engineHours] = history
        return condition
    }

    @Test(
        "the largest service that presses stands for the smaller ones",
        arguments: [
            (first: 1.0, hours: 230.0, needs: ["service/TO-1/0"]),
            (first: 260, hours: 480, needs: ["service/TO-2/0"]),
            (first: 760, hours: 990, needs: ["service/TO-3/0"]),
            (first: 760, hours: 905, needs: ["service/TO-3/0"]),
            (first: 760, hours: 800, needs: []),
        ] as [(first: Double, hours: Double, needs: [String])]
    )
    func covering(first: Double, hours: Double, needs: [String]) {
        let condition = Self.condition(hours: hours, from: first)
        let standings = Self.planner.standings(of: Pit.machine(), condition: condition, now: Pit.start)
        let found = Self.planner.needs(of: Pit.machine(), condition: condition, standings: standings)
        #expect(found.map(\.key.description) == needs)
    }

    @Test("a larger service takes over the severity and the date of what it contains")
    func severity() throws {
        // TO-1 overdue since 250, TO-2 due soon at 500: one visit, and it is urgent.
        let condition = Self.condition(hours: 460)
        let standings = Self.planner.standings(of: Pit.machine(), condition: condition, now: Pit.start)
        #expect(standings.map(\.isCoveredBy) == [nil, "TO-2", nil, nil])
        let need = try #require(
            Self.planner.needs(of: Pit.machine(), condition: condition, standings: standings).first)
        #expect(need.severity == .major)
        #expect(need.title == "TO-2 of BELAZ-75131")
        #expect(
            need.reason
                == "engine_hours 460.0 h; TO-2 every 500 h (assumed), 40.0 h left; includes TO-1 (overdue)"
        )
        #expect(need.due == standings[1].due)
        #expect((need.durationHours, need.labourPersonHours) == (4.5, 14))
    }

    @Test(
        "the need's severity follows its status",
        arguments: [
            (hours: 230.0, severity: Severity.info), (hours: 260, severity: .minor), (hours: 280, severity: .major),
        ] as [(hours: Double, severity: Severity)]
    )
    func severities(hours: Double, severity: Severity) {
        let condition = Self.condition(hours: hours)
        let standings = Self.planner.standings(of: Pit.machine(), condition: condition, now: Pit.start)
        let needs = Self.planner.needs(of: Pit.machine(), condition: condition, standings: standings)
        #expect(needs.map(\.severity) == [severity])
    }

    @Test("a service done is all it contains done, and the next needs have the next numbers")
    func performed() {
        var condition = Self.condition(hours: 505, from: 260)
        Self.planner.performed(
            "TO-2", record: ServiceRecord(performedAt: Pit.start), machine: Pit.machine(), condition: &condition)
        #expect(condition.services.mapValues(\.done) == ["TO-2": 1, "TO-1": 1, "EO": 1])
        let standings = Self.planner.standings(of: Pit.machine(), condition: condition, now: Pit.start)
        #expect(standings.map(\.remaining) == [12, 245, 495, 495])
        #expect(Self.planner.needs(of: Pit.machine(), condition: condition, standings: standings).isEmpty)
        condition.meters[.engineHours]?.note(740, at: Pit.start + .days(30), of: .engineHours)
        let later = Self.planner.standings(of: Pit.machine(), condition: condition, now: Pit.start + .days(30))
        #expect(
            Self.planner.needs(of: Pit.machine(), condition: condition, standings: later).map(\.key.description)
                == ["service/TO-1/1"])
    }

    @Test("a larger service given at registration counts for the smaller ones too")
    func registered() {
        let record = ServiceRecord(performedAt: Pit.start - .days(3), meters: [.engineHours: 12_000])
        let standings = Self.planner.standings(
            of: Pit.machine(lastServices: ["TO-3": record]), condition: Self.condition(hours: 12_040, from: 12_030),
            now: Pit.start)
        #expect(standings.map(\.remaining) == [8, 210, 460, 960])
    }

    @Test("a model without a plan has no services, and a service of no plan is still registered")
    func withoutPlan() {
        var machine = Pit.machine()
        machine.model = ModelID("unheard-of")!
        var condition = MachineCondition()
        #expect(Self.planner.standings(of: machine, condition: condition, now: Pit.start).isEmpty)
        Self.planner.performed(
            "TO-2", record: ServiceRecord(performedAt: Pit.start), machine: machine, condition: &condition)
        #expect(condition.services.mapValues(\.done) == ["TO-2": 1])
    }

    @Test("a finding is a need when its rule asks for a repair and it has not cleared")
    func findingNeed() throws {
        let job = RepairJob(
            title: "Mend the coolant circuit", requirement: JobRequirement(job: .mechanicalRepair), parts: ["hose"],
            durationHours: 3, labourPersonHours: 5, stopsMachine: true)
        var finding = Finding(
            machine: Pit.truck, episode: EpisodeKey(rule: RuleID("coolant-hot")!, number: 2), title: "Coolant too hot",
            severity: .critical, raisedAt: Pit.start, evidence: "coolant_temp 110 °C > 103 °C (assumed)",
            repair: job)
        let need = try #require(Self.planner.need(for: finding))
        #expect(need.key.description == "finding/coolant-hot/2")
        #expect(need.reason == "Coolant too hot: coolant_temp 110 °C > 103 °C (assumed)")
        #expect(need.stopsMachine && need.severity == .critical)
        #expect(need.due == DueDate(exactly: Pit.start))
        finding.clearedAt = Pit.start
        #expect(Self.planner.need(for: finding) == nil)
        finding.clearedAt = nil
        finding.repair = nil
        #expect(Self.planner.need(for: finding) == nil)
    }
}
