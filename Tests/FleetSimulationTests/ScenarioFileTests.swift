import FleetConfiguration
import FleetModel
import FleetSimulation
import Foundation
import Testing
import zubrsim

@Suite("scenario files")
struct ScenarioFileTests {
    private static let project = SmallFleet.project

    private func shipped(_ name: String) throws -> ScenarioFile {
        let path = "\(ScenarioFileTests.project)/Simulator/scenarios/\(name).yaml"
        return try ScenarioFile.read(try String(contentsOfFile: path, encoding: .utf8), path: path)
    }

    @Test(
        "the shipped scenarios with machines of their own are played",
        arguments: ["small", "dead-zone", "autonomous-pit", "harvest-week", "winter", "hostile"])
    func small(name: String) throws {
        let file = try shipped(name)
        #expect(file.scenario.name == name)
        var simulator = try FleetSimulator(
            scenario: file.scenario, machines: file.machines.flatMap(\.machines),
            catalog: try FleetConfiguration.loadCatalog("\(ScenarioFileTests.project)/Config"),
            failures: SmallFleet.failures, seed: 1,
            start: file.scenario.start)
        #expect(!simulator.advance(to: file.scenario.start + .minutes(10)).isEmpty)
    }

    @Test("in the demonstration something is wrong in every class within two days")
    func demo() throws {
        let file = try shipped("demo")
        let start = file.scenario.start
        let loaded = try FleetConfiguration.load("\(ScenarioFileTests.project)/Config/demo/zubrd.yaml", now: start)
        #expect(loaded.machines.count == 60)
        var simulator = try FleetSimulator(
            scenario: file.scenario, machines: loaded.machines, catalog: loaded.catalog, failures: SmallFleet.failures,
            seed: 1,
            start: start)
        let messages = simulator.advance(to: start + .days(2))
        #expect(messages.count > 5_000)
        let shown = simulator.truth.failures.filter { $0.firstFaultCodeAt != nil }.map(\.machine)
        let models = Dictionary(uniqueKeysWithValues: loaded.machines.map { ($0.key, $0.model) })
        let families = Set(shown.compactMap { loaded.catalog.machineClass(of: models[$0]!)?.family })
        #expect(families == ["haul truck", "tractor", "harvester", "road vehicle", "electric bus"])
        let centers = Set(loaded.network.centers.map(\.id))
        #expect(file.scenario.centers.declinesFirst.isSubset(of: centers))
        #expect(!file.scenario.centers.declinesFirst.isEmpty)
    }

    private static let good = """
        name: x
        interval: 10s
        start: "2026-08-03T00:00:00Z"
        fleet: demo
        """

    @Test("what is left out has its usual value")
    func usual() throws {
        let scenario = try ScenarioFile.read(ScenarioFileTests.good, path: "x.yaml").scenario
        #expect(scenario == Scenario(name: "x", interval: .seconds(10), start: SmallFleet.start))
    }

    @Test("everything is read")
    func everything() throws {
        let text =
            ScenarioFileTests.good + """

                title: t
                month: 2
                warmer_by: -5
                failure_rate: 0.5
                disturbances:
                  - {kind: sensor_drift, signal: speed, per_hour: 2, class: tractor, at: 1h, for: 2h}
                  - {kind: tracker_moved, model: GS12, equipment: a/b, at: 3h}
                autonomy: {all_stops_per_day: 2, all_stop_minutes: [1, 4]}
                hostile: {period: 1s, flood_machines: 9, machines_per_fleet: 4, signals_per_machine: 5,
                  signals_per_frame: 6, body_bytes: 700}
                failures:
                  - {mode: belt_slip, class: combine_grain, number: 2, onset: 90s, course_hours: 3}
                  - {mode: belt_slip, equipment: a/b, onset: 2d}
                delivery: {dead_zones_per_day: 2, dead_zone_minutes: [1, 2], backfill_frames: 5, backfill_columnar: true,
                  duplicates: 0.1, reordered: 0.2, lost: 0.3, wrong_clocks: 0.4, clock_offset: 3m, restarts_per_day: 5}
                centers: {declines: 0.1, declines_first: [a], silent: [b], receipt_minutes: [1, 2],
                  decision_minutes: [3, 4], start_hours: [5, 6], work_ratio: [1, 1]}
                """
        let scenario = try ScenarioFile.read(text, path: "x.yaml").scenario
        #expect(
            scenario
                == Scenario(
                    name: "x", title: "t", interval: .seconds(10), start: SmallFleet.start, month: 2, warmerBy: -5,
                    failureRate: 0.5,
                    forced: [
                        ForcedFailure(
                            mode: "belt_slip", target: .nth(2, of: MachineClassID("combine_grain")!),
                            onset: .seconds(90), courseHours: 3),
                        ForcedFailure(mode: "belt_slip", target: .machine(MachineKey("a/b")!), onset: .days(2)),
                    ],
                    disturbances: [
                        Disturbance(
                            kind: .sensor(.speed, .drift(perHour: 2)), target: .nth(0, of: MachineClassID("tractor")!),
                            at: .hours(1), length: .hours(2)),
                        Disturbance(
                            kind: .trackerMoved(ModelID("GS12")!), target: .machine(MachineKey("a/b")!), at: .hours(3)),
                    ],
                    autonomy: AutonomyBehaviour(allStopsPerDay: 2, allStopMinutes: 1...4),
                    hostile: HostilePlan(
                        period: .seconds(1), floodMachines: 9,
                        limits: IngestLimits(
                            bodyBytes: 700, signalsPerFrame: 6, signalsPerMachine: 5, machinesPerFleet: 4)),
                    delivery: DeliveryFaults(
                        deadZonesPerDay: 2, deadZoneMinutes: 1...2, backfillFrames: 5, isBackfillColumnar: true,
                        duplicates: 0.1, reordered: 0.2, lost: 0.3, wrongClocks: 0.4, clockOffset: .minutes(3),
                        restartsPerDay: 5),
                    centers: CenterBehaviour(
                        declines: 0.1, declinesFirst: [ServiceCenterID("a")!], silent: [ServiceCenterID("b")!],
                        receiptMinutes: 1...2, decisionMinutes: 3...4, startHours: 5...6, workRatio: 1...1)))
    }

    @Test(
        "a mistake is named with its place",
        arguments: [
            ("intervall: 10s", "unknown key intervall"),
            ("month: 13", "month: must be 1 to 12"),
            ("failures: [{mode: belt_slip, onset: 1h}]", "the key class is missing"),
            ("failures: [{mode: belt_slip, class: tractor, onset: soon}]", "failures.[0].onset: soon is no duration"),
            ("failures: [{mode: belt_slip, class: tractor, onset: 1h, course_hours: 0}]", "must be more than 0"),
            ("disturbances: [{kind: magic, class: tractor, at: 1h}]", "magic is none of sensor_stuck, "),
            ("disturbances: [{kind: sensor_stuck, class: tractor, at: 1h, for: 1h}]", "the key signal is missing"),
            ("disturbances: [{kind: sensor_stuck, signal: speed, class: tractor, at: 1h}]", "give for, such as 2h"),
            ("disturbances: [{kind: tracker_moved, class: tractor, at: 1h}]", "the key model is missing"),
            ("autonomy: {all_stops_per_day: -1}", "must be 0 to 1000"),
            ("hostile: {period: 0s}", "must be at least 0.01s"),
            ("delivery: {duplicates: 1.5}", "delivery.duplicates: must be 0 to 1"),
            ("delivery: {dead_zone_minutes: [9, 1]}", "write two numbers, the lesser first"),
            ("delivery: {backfill_frames: 0}", "must be 1 to 1000"),
            ("machines: [{fleet: a, prefix: b, model: c, latitude: 1, longitude: 2}]", "give either fleet"),
        ]
    )
    func mistakes(line: String, message: String) {
        do {
            _ = try ScenarioFile.read(ScenarioFileTests.good + "\n" + line, path: "x.yaml")
            Issue.record("no mistake was found")
        } catch {
            #expect("\(error)".hasPrefix("x.yaml: "))
            #expect("\(error)".contains(message), "\(error)")
        }
    }

    @Test(
        "durations are read by their unit",
        arguments: [
            ("90s", 90.0), ("1.5m", 90), ("2h", 7_200), ("1d", 86_400), ("0s", 0), ("10", nil), ("-1s", nil),
            ("s", nil),
            ("", nil), ("infs", nil),
        ] as [(String, Double?)]
    )
    func spans(text: String, seconds: Double?) {
        #expect(Span(text)?.duration.inSeconds == seconds)
    }

    @Test(
        "speeds",
        arguments: [
            ("1", Speed.rate(1)), ("7200x", .rate(7_200)), ("max", .max), ("0", .max), ("-1", nil), ("fast", nil),
            ("inf", nil),
        ] as [(String, Speed?)]
    )
    func speeds(text: String, speed: Speed?) {
        #expect(Speed(argument: text) == speed)
    }
}
