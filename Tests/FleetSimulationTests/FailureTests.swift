import FleetModel
import FleetSimulation
import Testing

@Suite("failures develop, show, stop the machine and are put right")
struct FailureTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let mode: String
        let equipment: String
        let signal: String
        let comparison: Comparison
        let limit: Double
        var testDescription: String { "\(mode) on \(equipment): \(signal) \(comparison.rawValue) \(limit)" }
    }

    static let cases: [Case] = [
        Case(mode: "cooling_fouling", equipment: "haul-1", signal: "coolant_temp", comparison: .above, limit: 103),
        Case(mode: "cooling_fouling", equipment: "haul-2", signal: "coolant_temp", comparison: .above, limit: 103),
        Case(
            mode: "engine_oil_pump_bearing_wear", equipment: "haul-1", signal: "engine_oil_pressure",
            comparison: .below,
            limit: 207),
        Case(
            mode: "strut_nitrogen_leak", equipment: "haul-2", signal: "strut_side_imbalance", comparison: .above,
            limit: 28
        ),
        Case(
            mode: "strut_nitrogen_leak", equipment: "haul-1", signal: "strut_empty_drift", comparison: .below,
            limit: -20),
        Case(
            mode: "hydraulic_pump_wear", equipment: "haul-1", signal: "hyd_system_pressure", comparison: .below,
            limit: 9),
        Case(
            mode: "hydraulic_pump_wear", equipment: "haul-2", signal: "hoist_cycle_time", comparison: .above, limit: 36),
        Case(
            mode: "traction_motor_insulation", equipment: "haul-1", signal: "insulation_resistance", comparison: .below,
            limit: 100),
        Case(mode: "lidar_soiling", equipment: "robot-1", signal: "lidar_window_dirt", comparison: .above, limit: 70),
        Case(
            mode: "belt_alternator", equipment: "tractor-1", signal: "battery_voltage_12v", comparison: .below,
            limit: 12),
        Case(
            mode: "air_filter_clog", equipment: "tractor-1", signal: "air_filter_restriction", comparison: .above,
            limit: 8
        ),
        Case(
            mode: "bearing_overheat", equipment: "harvester-1", signal: "bearing_temp", comparison: .above, limit: 110),
        Case(mode: "belt_slip", equipment: "harvester-1", signal: "drive_slip", comparison: .above, limit: 10),
        Case(
            mode: "air_system_leak", equipment: "truck-1", signal: "air_system_pressure", comparison: .below, limit: 0.5
        ),
        Case(mode: "air_system_leak", equipment: "bus-1", signal: "air_dryer_cycles", comparison: .above, limit: 40),
        Case(mode: "brake_wear", equipment: "bus-1", signal: "brake_pad_wear", comparison: .above, limit: 80),
        Case(mode: "cell_imbalance", equipment: "ebus-2", signal: "cell_v_delta", comparison: .above, limit: 120),
        Case(mode: "cell_imbalance", equipment: "trolley-1", signal: "cell_v_delta", comparison: .above, limit: 120),
        Case(mode: "cooling_pump", equipment: "ebus-1", signal: "cell_temp_max", comparison: .above, limit: 60),
    ]

    private func scenario(_ mode: String, _ equipment: String, interval: Duration = .minutes(2)) -> Scenario {
        SmallFleet.calm(
            interval: interval,
            forced: [
                ForcedFailure(
                    mode: mode, target: .machine(SmallFleet.key(equipment)), onset: .hours(2), courseHours: 7)
            ])
    }

    @Test(
        "each mode crosses its limit, sets its code and fails, in this order; what ends in standstill works no more",
        arguments: cases)
    func develops(_ failure: Case) throws {
        var simulator = try SmallFleet.simulator(
            scenario(failure.mode, failure.equipment), machines: [SmallFleet.machine(failure.equipment)], patience: nil)
        let frames = simulator.advance(to: SmallFleet.start + .hours(48)).frames(of: failure.equipment)
        let episode = try #require(simulator.truth.failures.first)
        #expect(episode.mode.id == failure.mode)
        #expect(episode.onset >= SmallFleet.start + .hours(2))
        let codeAt = try #require(episode.firstFaultCodeAt)
        let failedAt = try #require(episode.failedAt)
        #expect(episode.onset < codeAt && codeAt < failedAt)

        let crossing = frames.filter { frame in
            // Oil pressure counts at working speed only: an idling engine has little of it anyway.
            (failure.signal != "engine_oil_pressure" || frame.value("engine_rpm")! > 1_500)
                && frame.value(failure.signal).map { failure.comparison.holds($0, failure.limit) } ?? false
        }
        let firstCrossing = try #require(crossing.first?.observedAt)
        #expect(firstCrossing > episode.onset && firstCrossing < failedAt)
        // Two reports in a row: a rule that reads every one of them sees it last.
        #expect(crossing.count >= 5)

        let code = episode.mode.codes[0].key
        let speaking = frames.filter { $0.faults != nil }
        let first = try #require(speaking.first { !$0.faults!.isEmpty })
        #expect(first.faults!.map(\.key) == [code])
        #expect(first.faults!.first?.occurrenceCount == 1)
        #expect(first.observedAt >= codeAt && first.observedAt <= codeAt + .minutes(2))
        #expect(speaking.first?.faults == [])

        guard episode.mode.end == .standstill else { return }
        let hoursAtEnd = frames.last![.engineHours]!
        let hoursAtFailure = frames.last { $0.observedAt <= failedAt }![.engineHours]!
        #expect(hoursAtEnd - hoursAtFailure < 0.1)
    }

    @Test("without a center the operator repairs after standstill and the time the repair takes")
    func operatorRepairs() throws {
        var simulator = try SmallFleet.simulator(
            scenario("cooling_fouling", "haul-1"), machines: [SmallFleet.machine("haul-1")])
        let frames = simulator.advance(to: SmallFleet.start + .hours(40)).frames(of: "haul-1")
        let episode = try #require(simulator.truth.failures.first)
        let (failed, repaired) = (try #require(episode.failedAt), try #require(episode.repairedAt))
        #expect(repaired >= failed + .hours(8) && repaired <= failed + .hours(8.1))
        #expect(episode.repairedBy == .operator)
        let later = frames.filter { $0.observedAt > repaired + .hours(2) }.compactMap { $0.value("coolant_temp") }
        #expect(later.max()! < 98)
        #expect(frames.last { $0.faults != nil }?.faults == [])
    }

    @Test("a repair renews its part and no other")
    func repairsOne() throws {
        var scenario = scenario("cooling_fouling", "haul-1")
        scenario.forced.append(
            ForcedFailure(
                mode: "strut_nitrogen_leak", target: .machine(SmallFleet.key("haul-1")), onset: .hours(2),
                courseHours: 30)
        )
        var simulator = try SmallFleet.simulator(scenario, machines: [SmallFleet.machine("haul-1")], patience: nil)
        _ = simulator.advance(to: SmallFleet.start + .hours(8))
        #expect(simulator.truth.failures.count { $0.repairedAt == nil } == 2)
        simulator.repair(SmallFleet.key("haul-1"), .code(SPN(110)!), at: SmallFleet.start + .hours(8))
        let frames = simulator.advance(to: SmallFleet.start + .hours(24)).frames(of: "haul-1")
        let after = frames.filter { $0.observedAt > SmallFleet.start + .hours(10) }
        #expect(after.compactMap { $0.value("coolant_temp") }.max()! < 98)
        #expect(after.compactMap { $0.value("strut_side_imbalance") }.max()! > 18)
        let cooling = try #require(simulator.truth.failures.first { $0.mode.id == "cooling_fouling" })
        #expect(cooling.repairedAt == SmallFleet.start + .hours(8))
        #expect(cooling.repairedBy == .center)
        #expect(simulator.truth.failures.first { $0.mode.id == "strut_nitrogen_leak" }?.repairedAt == nil)
    }

    @Test(
        "a mechanic finds the part by mode, code, signal or by looking; a wrong word renews nothing",
        arguments: [
            (RepairTarget.mode("belt_alternator"), true), (.mode("air_filter_clog"), false), (.code(SPN(167)!), true),
            (.code(SPN(110)!), false), (.signal(Signal("battery_voltage_12v")), true),
            (.signal(Signal("coolant_temp")), false), (.worst, true),
        ] as [(RepairTarget, Bool)]
    )
    func targets(target: RepairTarget, isRenewed: Bool) throws {
        var simulator = try SmallFleet.simulator(
            scenario("belt_alternator", "tractor-1"), machines: [SmallFleet.machine("tractor-1")], patience: nil)
        _ = simulator.advance(to: SmallFleet.start + .hours(6))
        simulator.repair(SmallFleet.key("tractor-1"), target, at: SmallFleet.start + .hours(6))
        _ = simulator.advance(to: SmallFleet.start + .hours(7))
        #expect((simulator.truth.failures.first?.repairedAt != nil) == isRenewed)
    }

    @Test(
        "of several wrong parts that fit the words, the one that is furthest gone is repaired",
        arguments: [RepairTarget.signal(Signal("hyd_oil_temp")), .worst])
    func repairsTheWorst(target: RepairTarget) throws {
        let modes = ["cooling_fouling", "hydraulic_pump_wear"]
        for (slow, fast) in [(modes[0], modes[1]), (modes[1], modes[0])] {
            var scenario = scenario(fast, "haul-1")
            scenario.forced = [(slow, 60.0), (fast, 15)].map { mode, hours in
                ForcedFailure(
                    mode: mode, target: .machine(SmallFleet.key("haul-1")), onset: .hours(2), courseHours: hours)
            }
            var simulator = try SmallFleet.simulator(
                scenario, machines: [SmallFleet.machine("haul-1")], patience: nil)
            let at = SmallFleet.start + .hours(8)
            _ = simulator.advance(to: at)
            #expect(simulator.truth.failures.count { $0.repairedAt == nil } == 2)
            simulator.repair(SmallFleet.key("haul-1"), target, at: at)
            _ = simulator.advance(to: at + .hours(1))
            #expect(simulator.truth.failures.first { $0.mode.id == fast }?.repairedAt == at)
            #expect(simulator.truth.failures.first { $0.mode.id == slow }?.repairedAt == nil)
        }
    }

    @Test("a service is written into the truth and changes the filter, not the alternator's belt")
    func services() throws {
        var scenario = scenario("air_filter_clog", "tractor-1")
        scenario.forced.append(
            ForcedFailure(
                mode: "belt_alternator", target: .machine(SmallFleet.key("tractor-1")), onset: .hours(2),
                courseHours: 30)
        )
        var simulator = try SmallFleet.simulator(scenario, machines: [SmallFleet.machine("tractor-1")], patience: nil)
        _ = simulator.advance(to: SmallFleet.start + .hours(6))
        let at = SmallFleet.start + .hours(6)
        simulator.serviced(SmallFleet.key("tractor-1"), code: "TO-1", at: at)
        _ = simulator.advance(to: SmallFleet.start + .hours(7))
        #expect(simulator.truth.contains(.service(SmallFleet.key("tractor-1"), code: "TO-1", at: at)))
        #expect(simulator.truth.failures.first { $0.mode.id == "air_filter_clog" }?.repairedAt == at)
        #expect(simulator.truth.failures.first { $0.mode.id == "belt_alternator" }?.repairedAt == nil)
    }

    @Test("wear comes by itself at the rate the tables say, faster when the scenario says so, never at rate 0")
    func rate() throws {
        func failures(_ rate: Double) throws -> Int {
            var scenario = SmallFleet.calm(interval: .minutes(10))
            scenario.failureRate = rate
            var simulator = try SmallFleet.simulator(scenario)
            _ = simulator.advance(to: SmallFleet.start + .days(20))
            return simulator.truth.failures.count
        }
        #expect(try failures(0) == 0)
        let usual = try failures(1)
        #expect(usual > 3)
        #expect(try failures(8) > usual)
    }

    @Test("the truth file has one line for each, with what was wrong, when and where it showed")
    func truthLine() {
        var episode = FailureEpisode(
            machine: SmallFleet.key("haul-1"), mode: SmallFleet.mode("cooling_fouling"),
            subsystem: "engine_fuel_cooling", onset: SmallFleet.start)
        #expect(
            TruthRecord.failure(episode).json == """
                {"kind":"failure","equipment":"fleet/haul-1","failure_mode":"cooling_fouling",\
                "subsystem":"engine_fuel_cooling","course":"steady","ends":"stop",\
                "onset":"2026-08-03T00:00:00Z","first_fault_code_at":null,"failed_at":null,"repaired_at":null,\
                "repaired_by":null,"spn":110,"fmi":16,"sa":0,"signals":["coolant_temp","hyd_oil_temp"]}
                """)
        episode.repairedAt = SmallFleet.start + .hours(1)
        episode.repairedBy = .center
        #expect(
            TruthRecord.failure(episode).json.contains(#""repaired_at":"2026-08-03T01:00:00Z","repaired_by":"center""#))
        #expect(
            TruthRecord.service(SmallFleet.key("haul-1"), code: "TO-1", at: SmallFleet.start).json
                == #"{"kind":"service","equipment":"fleet/haul-1","service":"TO-1","performed_at":"2026-08-03T00:00:00Z"}"#
        )
    }

    @Test("a scenario that cannot be played says what is wrong")
    func problems() {
        let key = SmallFleet.key("haul-1")
        func problem(_ forced: [ForcedFailure], _ machines: [Machine] = SmallFleet.machines) -> SimulationProblem? {
            do throws(SimulationProblem) {
                _ = try FleetSimulator(
                    scenario: SmallFleet.calm(forced: forced), machines: machines, catalog: SmallFleet.catalog,
                    failures: SmallFleet.failures, seed: 1,
                    start: SmallFleet.start)
                return nil
            } catch { return error }
        }
        #expect(problem([]) == nil)
        #expect(
            problem([ForcedFailure(mode: "belt_slip", target: .machine(key), onset: .zero)])
                == .cannotFail(key, "belt_slip"))
        let absent = ForcedFailure(mode: "belt_slip", target: .nth(1, of: MachineClassID("tractor")!), onset: .zero)
        #expect(problem([absent]) == .noTarget(absent.target, of: "failure belt_slip"))
        #expect(problem([], [SmallFleet.machine("haul-1"), SmallFleet.machine("haul-1")]) == .machineTwice(key))
        let strange = Machine(key: key, model: ModelID("X-1")!)
        #expect(problem([], [strange]) == .unknownModel(ModelID("X-1")!, of: key))
        #expect("\(SimulationProblem.unknownModel(ModelID("X-1")!, of: key))".contains("add it to catalog.yaml"))
    }
}

extension [TruthRecord] {
    var failures: [FailureEpisode] {
        compactMap { if case .failure(let episode) = $0 { episode } else { nil } }
    }
}
