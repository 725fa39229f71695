import FleetModel
import FleetSimulation
import Testing

@Suite("what looks like a failure and is none")
struct DisturbanceTests {
    private func run(
        _ kinds: [Disturbance.Kind], on equipment: String = "haul-1", at: Duration = .hours(2),
        length: Duration = .hours(3), hours: Double = 8
    ) throws -> (frames: [Frame], truth: [TruthRecord], meters: [Meter: Double]) {
        let key = SmallFleet.key(equipment)
        var scenario = SmallFleet.calm()
        scenario.disturbances = kinds.map {
            Disturbance(kind: $0, target: .machine(key), at: at, length: length)
        }
        var simulator = try SmallFleet.simulator(scenario, machines: [SmallFleet.machine(equipment)])
        let frames = simulator.advance(to: SmallFleet.start + .hours(hours)).frames(of: equipment)
        return (frames, simulator.truth, simulator.meters(of: key))
    }

    private let coolant = Signal("coolant_temp")

    private func readings(_ frames: [Frame], from: Double, to: Double) -> [Double?] {
        frames.filter {
            $0.faults == nil && $0.observedAt >= SmallFleet.start + .hours(from)
                && $0.observedAt < SmallFleet.start + .hours(to)
        }.map { $0[coolant] }
    }

    struct Case: Sendable {
        let fault: SensorFault
        /// What is true of the readings while the sensor lies, and not before or after.
        let isShown: @Sendable ([Double?]) -> Bool
    }

    static let faults: [Case] = [
        Case(fault: .stuck) { Set($0).count == 1 },
        Case(fault: .drift(perHour: 20)) { ($0.compactMap { $0 }.max() ?? 0) > 130 },
        Case(fault: .spikes(80)) { values in
            let far = values.count { ($0 ?? 0) > 140 }
            return far > 5 && far < values.count / 2
        },
        Case(fault: .dropout) { $0.allSatisfy { $0 == nil } },
        Case(fault: .outOfRange(215)) { $0.allSatisfy { $0 == 215 } },
    ]

    @Test(
        "a lying sensor lies for its time and no longer, in its signal alone, and is no failure",
        arguments: 0..<faults.count)
    func sensors(index: Int) throws {
        let (fault, isShown) = (DisturbanceTests.faults[index].fault, DisturbanceTests.faults[index].isShown)
        let (frames, truth, _) = try run([.sensor(coolant, fault)])
        #expect(isShown(readings(frames, from: 2.05, to: 5)))
        #expect(!isShown(readings(frames, from: 0, to: 2)))
        #expect(!isShown(readings(frames, from: 5.02, to: 8)))
        #expect(truth.failures.isEmpty)
        let happening = try #require(truth.happenings.first { $0.kind == .sensorFault })
        #expect(happening.began == SmallFleet.start + .hours(2))
        #expect(happening.ended == SmallFleet.start + .hours(5))
        #expect(happening.facts == [.init("signal", .text("coolant_temp")), .init("fault", .text(fault.name))])
        // All other signals are those of an untouched machine.
        let untouched = try run([]).frames
        #expect(
            zip(frames, untouched).allSatisfy { pair in
                pair.0.readings.filter { $0.signal != coolant } == pair.1.readings.filter { $0.signal != coolant }
            })
    }

    @Test("a new control unit has another boot number, frames from 0 and meters from 0; the truth says what they were")
    func unitSwapped() throws {
        let (frames, truth, meters) = try run([.unitSwapped])
        let boots = frames.map(\.boot)
        #expect(Set(boots).count == 2)
        let change = try #require(frames.firstIndex { $0.boot != boots[0] })
        #expect(frames[change].seq == 0)
        #expect(frames[change...].map(\.seq) == Array(0..<UInt64(frames.count - change)))
        #expect(frames[change - 1][.engineHours]! >= 1_000)
        #expect(frames[change][.engineHours]! < 0.2)
        #expect(frames[change][.odometer]! < 2)
        #expect(abs(meters[.engineHours]! - frames.last![.engineHours]!) < 0.1)
        let happening = try #require(truth.happenings.first { $0.kind == .unitSwapped })
        #expect(happening.facts.map(\.name) == ["engine_hours_before", "engine_hours_after"])
        #expect(happening.facts.last == .init("engine_hours_after", .number(0)))
    }

    @Test("reset hours begin at 0, the odometer and the numbers go on")
    func hoursReset() throws {
        let frames = try run([.hoursReset]).frames
        #expect(Set(frames.map(\.boot)).count == 1)
        #expect(frames.map(\.seq) == Array(0..<UInt64(frames.count)))
        #expect(frames.last![.engineHours]! < 7)
        #expect(frames.last![.odometer]! > 20_000)
    }

    @Test("a unit that forgets its numbers sends old ones again")
    func bootBack() throws {
        let (frames, truth, _) = try run([.bootBack])
        #expect(Set(frames.map(\.boot)).count == 1)
        #expect(Set(frames.map(\.seq)).count < frames.count)
        #expect(frames.count { $0.seq == 0 } == 2)
        #expect(truth.happenings.contains { $0.kind == .bootBack })
    }

    @Test("a tracker that was moved speaks of another machine under the old name")
    func trackerMoved() throws {
        let (frames, truth, meters) = try run([.trackerMoved(ModelID("BELARUS-1221")!)])
        let (before, after) = (
            frames.filter { $0.observedAt < SmallFleet.start + .hours(2) },
            frames.filter { $0.observedAt > SmallFleet.start + .hours(2.1) }
        )
        #expect(before.contains { $0.value("payload") != nil })
        #expect(after.allSatisfy { $0.value("payload") == nil })
        #expect(after.contains { $0.value("hitch_position") != nil })
        #expect(abs(after.last![.engineHours]! - before.last![.engineHours]!) > 10)
        #expect(abs(meters[.engineHours]! - after.last![.engineHours]!) < 0.1)
        let happening = try #require(truth.happenings.first { $0.kind == .trackerMoved })
        #expect(happening.facts.first == .init("model", .text("BELARUS-1221")))
    }

    @Test(
        "frost makes oil thick and heat makes a climb hot: told as look-alikes, never as failures",
        arguments: [
            (
                equipment: "tractor-1", warmerBy: -25.0, month: 1, looks: "cold_start", signal: "engine_oil_pressure",
                limit: 600.0
            ),
            ("truck-1", -25, 1, "cold_start", "engine_oil_pressure", 600),
            ("haul-1", 22, 7, "hot_climb", "coolant_temp", 96),
        ])
    func lookalikes(
        equipment: String, warmerBy: Double, month: Int, looks: String, signal: String, limit: Double
    ) throws {
        func run(warmerBy: Double, month: Int) throws -> ([Frame], [TruthRecord]) {
            var scenario = SmallFleet.calm()
            (scenario.warmerBy, scenario.month) = (warmerBy, month)
            var simulator = try SmallFleet.simulator(scenario, machines: [SmallFleet.machine(equipment)])
            let frames = simulator.advance(to: SmallFleet.start + .days(2)).frames(of: equipment)
            return (frames, simulator.truth)
        }
        let (frames, truth) = try run(warmerBy: warmerBy, month: month)
        #expect(truth.failures.isEmpty)
        let found = truth.happenings.filter { $0.kind == .lookalike }
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { $0.facts.first == .init("looks", .text(looks)) })
        #expect(frames.contains { ($0.value(signal) ?? 0) > limit })
        // In mild weather there is nothing to be taken for anything.
        let (usual, nothing) = try run(warmerBy: 0, month: 6)
        #expect(nothing.happenings.isEmpty)
        #expect(usual.allSatisfy { ($0.value(signal) ?? 0) <= limit })
    }

    @Test("hot coolant whose cooling is really going is no look-alike")
    func realHeat() throws {
        var scenario = SmallFleet.calm(forced: [
            ForcedFailure(
                mode: "cooling_fouling", target: .machine(SmallFleet.key("haul-1")), onset: .hours(1), courseHours: 10)
        ])
        scenario.month = 6
        var simulator = try SmallFleet.simulator(scenario, machines: [SmallFleet.machine("haul-1")], patience: nil)
        let frames = simulator.advance(to: SmallFleet.start + .hours(12)).frames(of: "haul-1")
        #expect(frames.contains { ($0[coolant] ?? 0) > 98 })
        #expect(simulator.truth.happenings.isEmpty)
    }
}

@Suite("driverless trucks stop and are let go on")
struct AutonomyStopTests {
    private func run(_ change: (inout Scenario) -> Void = { _ in }, days: Double = 2) throws -> (
        [SimulatedMessage], [TruthRecord]
    ) {
        var scenario = SmallFleet.calm(interval: .seconds(30))
        change(&scenario)
        var second = SmallFleet.machine("robot-1")
        second.key = SmallFleet.key("robot-2")
        var simulator = try SmallFleet.simulator(scenario, machines: [SmallFleet.machine("robot-1"), second])
        return (simulator.advance(to: SmallFleet.start + .days(days)), simulator.truth)
    }

    private func modes(_ messages: [SimulatedMessage], _ equipment: String) -> [(at: Timestamp, mode: OperatingMode)] {
        messages.frames(of: equipment).compactMap { frame in
            frame[.operatingMode].flatMap { OperatingMode(code: $0) }.map { (frame.observedAt, $0) }
        }
    }

    @Test("each stop is in the truth with its cause, and the truck says safe_stop just then; people drive it off again")
    func stops() throws {
        let (messages, truth) = try run()
        let stops = truth.happenings.filter { $0.kind == .autonomyStop && $0.machine == SmallFleet.key("robot-1") }
        #expect(stops.count >= 2)
        let told = modes(messages, "robot-1")
        for (at, mode) in told where mode == .safeStop {
            #expect(stops.contains { $0.began <= at && ($0.ended ?? .distantFuture) >= at }, "\(at.iso8601)")
        }
        #expect(told.contains { $0.mode == .remote })
        #expect(messages.frames(of: "robot-1").contains { $0.value("intervention") == 1 })
        #expect(truth.failures.isEmpty)
    }

    @Test("the stop of the site holds all trucks at once; after release each is looked at before it goes on")
    func allStop() throws {
        let (messages, _) = try run({ $0.autonomy = AutonomyBehaviour(allStopsPerDay: 6, allStopMinutes: 10...20) })
        let (first, second) = (modes(messages, "robot-1"), modes(messages, "robot-2"))
        let held = first.filter { $0.mode == .allStop }
        #expect(held.count > 10)
        for (at, _) in held.dropFirst() {
            let near = second.filter { abs(($0.at - at).inSeconds) < 31 }
            #expect(near.contains { $0.mode == .allStop }, "\(at.iso8601)")
        }
        for (now, next) in zip(first, first.dropFirst()) where now.mode == .allStop && next.mode != .allStop {
            #expect(next.mode == .safeStop)
        }
        #expect(messages.frames(of: "robot-1").contains { $0.value("estop") == 1 })
    }

    @Test(
        "a fault of the kit stops the truck for its cause until it is cleared, and shows",
        arguments: [
            (mode: "rtk_loss", cause: "localisation", signal: "pose_sigma_xy", limit: 0.3),
            ("link_coverage_hole", "communication", "heartbeat_gap", 3),
            ("lidar_soiling", "obstacle", "lidar_window_dirt", 70),
            ("steer_valve_drift", "actuator", "steer_actuator_error", 3),
        ])
    func kitFaults(mode: String, cause: String, signal: String, limit: Double) throws {
        let key = SmallFleet.key("robot-1")
        let (messages, truth) = try run(
            {
                $0.forced = [ForcedFailure(mode: mode, target: .machine(key), onset: .hours(1), courseHours: 1)]
            }, days: 0.5)
        let episode = try #require(truth.failures.first)
        let (failed, repaired) = (try #require(episode.failedAt), try #require(episode.repairedAt))
        let stop = try #require(
            truth.happenings.first {
                $0.machine == key && $0.began <= failed && ($0.ended ?? .distantFuture) >= repaired
                    && $0.facts == [.init("cause", .text(cause))]
            })
        #expect(stop.kind == .autonomyStop)
        let during = messages.frames(of: "robot-1").filter { $0.observedAt > episode.onset && $0.observedAt <= failed }
        #expect(during.contains { ($0.value(signal) ?? 0) > limit })
        #expect(modes(messages, "robot-1").contains { $0.at > failed && $0.at < repaired && $0.mode == .safeStop })
        #expect(
            modes(messages, "robot-1").contains {
                $0.at >= repaired && $0.at < repaired + .minutes(2) && $0.mode == .remote
            })
    }

    @Test("an event is told as 1 in one frame and as 0 in the next")
    func events() throws {
        let frames = try run().0.frames(of: "robot-1").filter { $0.faults == nil }
        let signal = "obstacle_stop"
        let ones = frames.indices.filter { frames[$0].value(signal) == 1 }
        #expect(!ones.isEmpty)
        for index in ones where index + 1 < frames.count { #expect(frames[index + 1].value(signal) != nil) }
        #expect(frames.count { $0.value(signal) != nil } <= 2 * ones.count)
    }
}

@Suite("a machine under repair stands")
struct StandingTests {
    @Test("where it is, or where the center is, for as long as the work takes", arguments: [true, false])
    func stands(isVisit: Bool) throws {
        let key = SmallFleet.key("haul-1")
        let place = Coordinate(latitude: 55.1, longitude: 82.9)!
        var simulator = try SmallFleet.simulator(
            SmallFleet.calm(), machines: [SmallFleet.machine("haul-1")], patience: nil)
        var messages = simulator.advance(to: SmallFleet.start + .hours(3))
        simulator.stand(
            key, from: SmallFleet.start + .hours(3), until: SmallFleet.start + .hours(7), at: isVisit ? place : nil)
        messages += simulator.advance(to: SmallFleet.start + .hours(10))
        let frames = messages.frames(of: "haul-1").filter { $0.position != nil }
        let during = frames.filter {
            $0.observedAt > SmallFleet.start + .hours(3.05) && $0.observedAt < SmallFleet.start + .hours(6.95)
        }
        #expect(during.count > 20)
        #expect(during.allSatisfy { $0[.speed] == 0 && $0.value("engine_rpm") == 0 })
        #expect(during.first![.engineHours] == during.last![.engineHours])
        #expect(during.allSatisfy { ($0.position == place) == isVisit })
        let after = frames.filter { $0.observedAt > SmallFleet.start + .hours(7.1) }
        #expect(after.contains { $0[.speed]! > 5 })
        #expect(after.allSatisfy { $0.position != place })
        #expect(simulator.truth.happenings.map(\.kind) == [.standsForWork])
    }
}

extension [TruthRecord] {
    var happenings: [Happening] {
        compactMap { if case .happening(let happening) = $0 { happening } else { nil } }
    }
}
