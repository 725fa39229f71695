import FleetModel
import FleetSimulation
import Testing

@Suite("a machine's signals agree with one another")
struct ConsistencyTests {
    private func day(of equipment: String, interval: Duration = .seconds(30)) throws -> [Frame] {
        var simulator = try SmallFleet.simulator(
            SmallFleet.calm(interval: interval), machines: [SmallFleet.machine(equipment)])
        return simulator.advance(to: SmallFleet.start + .hours(24)).frames(of: equipment)
    }

    @Test(
        "every machine sends finite values, in every frame its meters, and 20 to 80 signals when it works",
        arguments: SmallFleet.machines.map(\.key.equipment.text))
    func shape(equipment: String) throws {
        let frames = try day(of: equipment)
        #expect(frames.count > 300)
        #expect(frames.allSatisfy { $0.readings.allSatisfy(\.value.isFinite) })
        #expect(frames.allSatisfy { $0[.engineHours] != nil && $0[.odometer] != nil })
        let telemetry = frames.filter { $0.faults == nil }
        #expect(telemetry.allSatisfy { $0.position != nil })
        for frame in telemetry {
            #expect(Set(frame.readings.map(\.signal)).count == frame.readings.count)
        }
        let most = telemetry.map(\.readings.count).max() ?? 0
        #expect((20...80).contains(most))
    }

    @Test(
        "meters never go back, and gain what the machine did", arguments: SmallFleet.machines.map(\.key.equipment.text))
    func meters(equipment: String) throws {
        let frames = try day(of: equipment)
        for signal in [Signal.engineHours, .odometer, .fuelUsedTotal] {
            let values = frames.compactMap { $0[signal] }
            #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 }, "\(signal)")
        }
        let hours = frames.last![.engineHours]! - frames.first![.engineHours]!
        let kilometres = frames.last![.odometer]! - frames.first![.odometer]!
        #expect((7...24.1).contains(hours))
        #expect((15...700).contains(kilometres))
    }

    @Test("frames count by one")
    func numbers() throws {
        let frames = try day(of: "haul-1")
        #expect(frames.map(\.seq) == Array(0..<UInt64(frames.count)))
        #expect(Set(frames.map(\.boot)).count == 1)
    }

    @Test("a haul truck carries only between shovel and dump, and climbs slower loaded than it returns")
    func payload() throws {
        let frames = try day(of: "haul-1").filter { $0.value("payload") != nil }
        let loadedFast = frames.filter { $0.value("payload")! > 100 && $0[.speed]! > 3 }
        let emptyFast = frames.filter { $0.value("payload")! == 0 && $0[.speed]! > 3 }
        #expect(loadedFast.count > 200)
        #expect(emptyFast.count > 200)
        func mean(_ frames: [Frame], _ name: String) -> Double {
            frames.reduce(0) { $0 + $1.value(name)! } / Double(frames.count)
        }
        #expect(mean(loadedFast, "speed") < mean(emptyFast, "speed"))
        #expect(mean(loadedFast, "engine_load") > mean(emptyFast, "engine_load") + 20)
        #expect(mean(loadedFast, "strut_rl") > mean(emptyFast, "strut_rl") + 3)
        #expect(mean(loadedFast, "exhaust_temp_left") > mean(emptyFast, "exhaust_temp_left"))
        // The body is up at the dump, where nothing moves.
        #expect(frames.contains { $0.value("body_up") == 1 })
        #expect(frames.allSatisfy { $0.value("body_up") == 0 || $0[.speed]! < 15 })
        #expect(frames.allSatisfy { $0.value("payload")! < 130 * 1.25 })
    }

    @Test("a round takes as long as in a real pit: 20 to 80 loads a day")
    func rounds() throws {
        let loads = try day(of: "haul-1").compactMap { $0.value("payload") }
        let dumped = zip(loads, loads.dropFirst()).count { $0 > 60 && $1 < $0 * 0.7 }
        #expect((20...80).contains(dumped))
    }

    @Test("oil pressure rises with engine speed and stays above the limit of a sound engine")
    func oilPressure() throws {
        let frames = try day(of: "haul-1").filter {
            $0.value("engine_rpm") ?? 0 > 0 && $0.value("engine_oil_temp") != nil
        }
        let idle = frames.filter { $0.value("engine_rpm")! < 800 }
        let fast = frames.filter { $0.value("engine_rpm")! > 1_500 }
        #expect(!idle.isEmpty && !fast.isEmpty)
        #expect(
            idle.map { $0.value("engine_oil_pressure")! }.max()! < fast.map { $0.value("engine_oil_pressure")! }.min()!)
        #expect(fast.allSatisfy { $0.value("engine_oil_pressure")! > 250 })
        #expect(idle.allSatisfy { $0.value("engine_oil_pressure")! > 138 })
    }

    @Test(
        "a sound machine crosses none of its limits",
        arguments: [
            ("haul-1", "coolant_temp", 98.0), ("haul-1", "engine_oil_temp", 116), ("haul-1", "hyd_oil_temp", 88),
            ("haul-1", "brake_oil_temp", 115), ("haul-1", "tm_left_winding_temp", 175), ("haul-1", "tyre_temp", 85),
            ("haul-1", "inverter_temp", 85), ("haul-1", "resistor_grid_temp", 560),
            ("haul-1", "exhaust_temp_left", 650),
            ("haul-1", "strut_side_imbalance", 18), ("haul-2", "trans_oil_temp", 117),
            ("robot-1", "lidar_window_dirt", 40),
            ("tractor-1", "coolant_temp", 100), ("tractor-1", "air_filter_restriction", 6.5),
            ("tractor-1", "battery_voltage_12v", 15.2), ("harvester-1", "bearing_temp", 90),
            ("harvester-1", "drive_slip", 6), ("harvester-1", "grain_loss_walkers", 1),
            ("truck-1", "retarder_temp", 149),
            ("truck-1", "dpf_soot", 45), ("bus-1", "brake_pad_wear", 80), ("ebus-1", "cell_temp_max", 45),
            ("ebus-2", "cell_v_delta", 50), ("ebus-2", "cell_v_max", 4.15), ("trolley-1", "coolant_loop_temp", 55),
            ("ebus-1", "cell_v_max", 2.75),
        ]
    )
    func soundAbove(equipment: String, signal: String, limit: Double) throws {
        let values = try day(of: equipment, interval: .minutes(2)).compactMap { $0.value(signal) }
        #expect(!values.isEmpty)
        #expect(values.max()! <= limit)
    }

    @Test(
        "a sound machine stays above its lower limits",
        arguments: [
            ("haul-1", "hyd_system_pressure", 11.0), ("haul-1", "insulation_resistance", 500),
            ("haul-1", "battery_voltage", 25), ("haul-1", "fuel_level", 7), ("haul-1", "steering_acc_pressure", 11.5),
            ("robot-1", "lidar_health", 80), ("tractor-1", "battery_voltage_12v", 13.2),
            ("bus-1", "air_system_pressure", 0.6), ("bus-1", "adblue_level", 10), ("ebus-1", "soc", 20),
            ("ebus-2", "soc", 20), ("trolley-1", "soc", 20), ("ebus-1", "cell_v_min", 1.7),
            ("ebus-2", "cell_v_min", 2.8), ("trolley-1", "offwire_distance", 2),
            ("ebus-2", "insulation_resistance", 300),
        ]
    )
    func soundBelow(equipment: String, signal: String, limit: Double) throws {
        let values = try day(of: equipment, interval: .minutes(2)).compactMap { $0.value(signal) }
        #expect(!values.isEmpty)
        #expect(values.min()! >= limit)
    }

    @Test("a battery bus loses charge while it drives and gains it on the charger")
    func charge() throws {
        let frames = try day(of: "ebus-2").filter { $0.value("soc") != nil }
        var driven = 0.0
        var charged = 0.0
        for (before, after) in zip(frames, frames.dropFirst()) {
            let change = after.value("soc")! - before.value("soc")!
            if after.value("charger_connected") == 1 { charged += change } else { driven += change }
        }
        #expect(driven < -10)
        #expect(charged > 10)
        #expect(frames.allSatisfy { $0.value("charger_connected") == 0 || $0.value("pack_current")! <= 0 })
    }

    @Test("the driverless truck says who drives, and is stopped by its own safety now and then")
    func autonomy() throws {
        var simulator = try SmallFleet.simulator(
            SmallFleet.calm(interval: .minutes(1)), machines: [SmallFleet.machine("robot-1")])
        let frames = simulator.advance(to: SmallFleet.start + .days(4)).frames(of: "robot-1")
        let modes = frames.compactMap { $0[.operatingMode].flatMap { OperatingMode(code: $0) } }
        #expect(modes.count { $0 == .autonomous } > modes.count / 2)
        #expect(modes.contains(.safeStop))
        let crewed = try day(of: "haul-1")
        #expect(crewed.allSatisfy { $0[.operatingMode] == nil })
    }

    @Test("in the night the tractor is parked and says little; a harvester stays parked outside the harvest")
    func parking() throws {
        let frames = try day(of: "tractor-1").filter { $0.faults == nil }
        let parked = frames.filter { $0.value("engine_rpm") == 0 }
        #expect(!parked.isEmpty)
        #expect(parked.allSatisfy { $0.value("coolant_temp") == nil && $0[.speed] == 0 })
        var winter = SmallFleet.calm()
        winter.month = 1
        var simulator = try SmallFleet.simulator(winter, machines: [SmallFleet.machine("harvester-1")])
        let idle = simulator.advance(to: SmallFleet.start + .days(1)).frames(of: "harvester-1")
        #expect(idle.first![.engineHours] == idle.last![.engineHours])
    }
}
