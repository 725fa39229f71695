import FleetModel
import Glibc

/// A mining truck on its round: queue, spot, load, haul up the ramp, dump, return; crewed or driven by itself.
struct HaulTruck: Sendable {
    enum Phase: Int, Sendable {
        case queue, spot, loading, hauling, dumpSpot, dumping, returning, refuelling, stopped
    }

    private let traits: MachineTraits
    private let isAutonomous: Bool
    /// One way, kilometres; the ramp is 45 % of it.
    private let route: Double
    private let rampGrade: Double
    private let rolling: Double
    private let headingDegrees: Double
    private let originNorth: Double
    private let originEast: Double
    private(set) var phase = Phase.queue
    private var remaining = 60.0
    /// What `remaining` was when the phase began.
    private var planned = 60.0
    /// Along the route from the shovel, 0 to 1.
    private(set) var place = 0.0
    private(set) var payload = 0.0
    private var aimedPayload = 0.0
    private(set) var speed = 0.0
    private(set) var engine: DieselEngine
    private var resumed = Phase.queue
    private var hoursToStop: Double
    // First-order temperatures.
    private var hydraulicOil = 55.0
    private var brakeOil = 65.0
    private var transmissionOil = 82.0
    private var motorWinding = 80.0
    private var alternatorWinding = 78.0
    private var inverter = 45.0
    private var grid = 60.0
    private var tyre = 35.0
    private var fuel: Double
    private var retarding = 0.0
    private var ambient = 10.0
    private var humidity = 0.5

    init(traits: MachineTraits, ambient: Double, chance: inout RandomStream) {
        self.traits = traits
        isAutonomous = traits.kind == .autonomousHaul
        route = isAutonomous ? 1.35 * chance.between(0.95, 1.6) : chance.triangular(1.2, 2.8, 6)
        rampGrade = chance.triangular(0.06, 0.07, 0.10)
        rolling = chance.triangular(0.015, 0.02, 0.035)
        headingDegrees = chance.between(0, 360)
        originNorth = chance.between(-0.6, 0.6)
        originEast = chance.between(-0.6, 0.6)
        fuel = chance.between(0.4, 0.95)
        hoursToStop = chance.exponential(mean: 12)
        engine = DieselEngine(
            powerKilowatts: traits.powerKilowatts, idle: 700, rated: 1_900, oilPressureRated: 430, ambient: ambient)
        remaining = chance.between(10, 240)
        planned = remaining
    }

    var mode: OperatingMode {
        guard isAutonomous else { return .manual }
        return phase == .stopped ? .safeStop : .autonomous
    }

    // MARK: Motion

    /// Shift change and lunch: everything on site stands for a quarter of an hour.
    static func isBreak(_ around: Surroundings) -> Bool {
        around.isBetween(8, 8.3) || around.isBetween(20, 20.3) || around.isBetween(2, 2.6) || around.isBetween(14, 14.6)
    }

    mutating func work(
        over seconds: Double, around: Surroundings, wear: Wear, chance: inout RandomStream
    ) -> Usage {
        ambient = around.ambientCelsius
        humidity = around.humidity
        if isAutonomous { considerStop(seconds, dirt: wear[.lidarSoiling], chance: &chance) }
        let mass = traits.emptyTonnes + payload
        let isTravelling = phase == .hauling || phase == .returning
        let grade = isTravelling ? self.grade : 0
        let aimed = isTravelling ? aimedSpeed(mass: mass, grade: grade, chance: &chance) : phase == .spot ? 6 : 0
        settle(&speed, to: aimed, timeConstant: 8, over: seconds)
        if speed < 0.3 { speed = 0 }

        // Tractive power: tonnes times metres a second squared is kilonewtons.
        let pull = mass * 9.81 * (speed / 3.6) * (grade + rolling)
        retarding = max(0, -pull)
        let load: Double
        let rpm: Double
        switch phase {
        case .hauling, .returning:
            load = pull > 0 ? (pull / 0.8 / traits.powerKilowatts + 0.06) : 0.05
            rpm = engine.idle + (engine.rated - engine.idle) * min(1, 0.35 + 0.65 * max(0, load).squareRoot())
        case .dumping: (load, rpm) = (0.25, 1_500)
        case .spot, .dumpSpot: (load, rpm) = (0.15, 1_000)
        case .queue, .loading, .refuelling, .stopped: (load, rpm) = (0.08, engine.idle)
        }
        var usage = engine.run(
            rpm: rpm + chance.noise(12), load: load + chance.noise(0.02), ambient: ambient,
            fouling: wear[.coolingFouling], over: seconds)
        usage.kilometres = speed * seconds / 3_600
        fuel = max(0.02, fuel - usage.litres / traits.tankLitres)
        warm(over: seconds, wear: wear)
        advance(usage.kilometres, over: seconds, isBreak: !isAutonomous && HaulTruck.isBreak(around), chance: &chance)
        return usage
    }

    mutating func stand(over seconds: Double, around: Surroundings) {
        ambient = around.ambientCelsius
        humidity = around.humidity
        speed = 0
        retarding = 0
        engine.stop(ambient: ambient, over: seconds)
        settle(&hydraulicOil, to: ambient, timeConstant: 9_000, over: seconds)
        settle(&brakeOil, to: ambient, timeConstant: 5_000, over: seconds)
        settle(&transmissionOil, to: ambient, timeConstant: 8_000, over: seconds)
        settle(&motorWinding, to: ambient, timeConstant: 5_000, over: seconds)
        settle(&alternatorWinding, to: ambient, timeConstant: 5_000, over: seconds)
        settle(&inverter, to: ambient, timeConstant: 2_000, over: seconds)
        settle(&grid, to: ambient, timeConstant: 600, over: seconds)
        settle(&tyre, to: ambient, timeConstant: 9_000, over: seconds)
    }

    private var grade: Double {
        guard (0.25...0.70).contains(place) else { return 0.005 }
        return phase == .returning ? -rampGrade : rampGrade
    }

    private func aimedSpeed(mass: Double, grade: Double, chance: inout RandomStream) -> Double {
        // What the engine can push up the hill, and no faster than the road lets it.
        let climbing = 0.8 * traits.powerKilowatts / (mass * 9.81 * max(0.005, grade + rolling)) * 3.6
        let road = payload > 0 ? (grade > 0.01 ? 24.0 : 30) : (grade < 0 ? 27 : grade > 0.01 ? 24 : 38)
        return min(climbing * 0.98, road) * (isAutonomous ? 0.92 : 1) * (1 + chance.noise(0.05))
    }

    private mutating func considerStop(_ seconds: Double, dirt: Double, chance: inout RandomStream) {
        guard phase != .stopped else { return }
        // A dirty lidar sees obstacles that are not there.
        hoursToStop -= seconds / 3_600 * (1 + 12 * dirt)
        guard hoursToStop <= 0 else { return }
        hoursToStop = chance.exponential(mean: 12)
        resumed = phase
        let left = remaining
        enter(.stopped, for: chance.between(120, 600))
        remainingAfterStop = left
    }
    private var remainingAfterStop = 0.0

    private mutating func enter(_ next: Phase, for seconds: Double) {
        phase = next
        remaining = seconds
        planned = max(1, seconds)
    }

    private mutating func advance(
        _ kilometres: Double, over seconds: Double, isBreak: Bool, chance: inout RandomStream
    ) {
        switch phase {
        case .hauling:
            place += kilometres / route
            if place >= 1 { place = 1; enter(.dumpSpot, for: chance.between(36, 72)) }
            return
        case .returning:
            place -= kilometres / route
            if place <= 0 { place = 0; enter(.queue, for: chance.exponential(mean: isAutonomous ? 107 : 150)) }
            return
        default: break
        }
        remaining -= seconds
        if phase == .loading {
            // Bucket by bucket: four of them.
            payload = aimedPayload * min(1, ((1 - max(0, remaining) / planned) * 4).rounded(.up) / 4)
        }
        if phase == .dumping { payload = aimedPayload * max(0, remaining / planned) }
        guard remaining <= 0 else { return }
        switch phase {
        case .queue:
            if isBreak { enter(.queue, for: 60) } else { enter(.spot, for: chance.between(36, 72)) }
        case .spot:
            aimedPayload = traits.payloadTonnes * max(0.6, chance.normal(mean: 0.97, deviation: 0.07))
            enter(.loading, for: 60 * chance.triangular(2.5, 3.5, 5))
        case .loading:
            payload = aimedPayload
            phase = .hauling
        case .dumpSpot: enter(.dumping, for: 60 * chance.between(0.8, 1.5))
        case .dumping:
            payload = 0
            if fuel < 0.2 { enter(.refuelling, for: 900) } else { phase = .returning }
        case .refuelling:
            fuel = 0.97
            phase = .returning
        case .stopped:
            phase = resumed
            remaining = remainingAfterStop
        case .hauling, .returning: break
        }
    }

    private mutating func warm(over seconds: Double, wear: Wear) {
        let load = engine.load
        let effort = max(load, min(1, retarding / traits.powerKilowatts))
        settle(
            &hydraulicOil,
            to: 48 + 0.3 * ambient + 10 * load + 26 * wear[.hydraulicPumpWear] + 16 * wear[.coolingFouling],
            timeConstant: 1_800, over: seconds)
        settle(&transmissionOil, to: 72 + 0.15 * ambient + 22 * effort, timeConstant: 700, over: seconds)
        // Downhill the hydromechanical truck brakes in oil, the electric one in its resistor grids.
        let inOil = traits.hasElectricDrive ? 0.1 : 0.55
        settle(
            &brakeOil, to: 58 + 0.2 * ambient + 60 * inOil * min(1, retarding / traits.powerKilowatts),
            timeConstant: 150, over: seconds)
        settle(
            &motorWinding, to: 42 + 0.5 * ambient + 90 * effort + 40 * wear[.tractionMotorInsulation],
            timeConstant: 900, over: seconds)
        settle(&alternatorWinding, to: 42 + 0.5 * ambient + 75 * load, timeConstant: 900, over: seconds)
        settle(&inverter, to: 26 + 0.4 * ambient + 26 * effort, timeConstant: 120, over: seconds)
        settle(
            &grid, to: ambient + 30 + 330 * min(1, retarding / traits.powerKilowatts), timeConstant: 40, over: seconds)
        let strain = (traits.emptyTonnes + payload) / (traits.emptyTonnes + traits.payloadTonnes) * speed / 25
        settle(&tyre, to: ambient + 42 * strain, timeConstant: 9_000, over: seconds)
    }

    // MARK: What it sends

    func position(site: Coordinate) -> (latitude: Double, longitude: Double, altitude: Double, heading: Double) {
        let angle = headingDegrees * .pi / 180
        let bend = 0.12 * route * sin(place * .pi * 2)
        let along = place * route
        let north = originNorth + along * cos(angle) - bend * sin(angle)
        let east = originEast + along * sin(angle) + bend * cos(angle)
        let climbed = min(0.45, max(0, place - 0.25)) * route * 1_000 * rampGrade
        let going = phase == .returning ? headingDegrees + 180 : headingDegrees
        return (
            site.latitude + north / 111.2, site.longitude + east / (111.2 * cos(site.latitude * .pi / 180)),
            180 + climbed, going.truncatingRemainder(dividingBy: 360)
        )
    }

    func append(to readings: inout [Reading], wear: Wear, chance: inout RandomStream) {
        func add(_ signal: Signal, _ value: Double, _ places: Double = 10) {
            readings.append(Reading(signal, rounded(value, places: places)))
        }
        let loaded = payload / max(1, traits.payloadTonnes)
        add(.speed, speed)
        add(Signals.engineRPM, engine.rpm, 1)
        add(Signals.engineLoad, engine.load * 100, 1)
        add(Signals.engineOilPressure, engine.oilPressure(wear: wear[.engineOilPumpBearingWear]) + chance.noise(4), 1)
        add(Signals.engineOilTemp, engine.oil)
        add(Signals.coolantTemp, engine.coolant + chance.noise(0.3))
        add(Signals.boostPressure, engine.boost + chance.noise(1.5), 1)
        add(Signals.exhaustTempLeft, engine.exhaust + chance.noise(4), 1)
        add(Signals.exhaustTempRight, engine.exhaust + 8 + chance.noise(4), 1)
        add(Signals.fuelRate, engine.litresPerHour)
        add(Signals.fuelLevel, fuel * 100)
        add(Signals.batteryVoltage, 27.8 + chance.noise(0.2))
        add(Signals.startAirPressure, 0.71 + chance.noise(0.02), 100)
        add(
            Signals.hydSystemPressure,
            (15.4 + (phase == .dumping ? 1.2 : 0)) * (1 - 0.58 * wear[.hydraulicPumpWear]) + chance.noise(0.15), 100)
        add(Signals.hydOilTemp, hydraulicOil)
        add(Signals.hoistCycleTime, 25 + 26 * wear[.hydraulicPumpWear])
        add(Signals.steeringAccPressure, 15 + chance.noise(0.4), 100)
        add(Signals.brakeAccPressure, 15.2 + chance.noise(0.4), 100)
        add(Signals.brakeOilTemp, brakeOil)
        add(Signals.payload, payload)
        add(Signals.bodyUp, phase == .dumping ? 1 : 0, 1)
        // The front axle carries a third of the load, the rear struts two thirds.
        let shaking = speed > 1 ? 0.15 : 0.03
        let left = 2.1 + 5.2 * loaded + chance.noise(shaking)
        let right = (2.1 + 5.2 * loaded) * (1 - 0.45 * wear[.strutNitrogenLeak]) + chance.noise(shaking)
        add(Signals.strutFL, 3.7 + 1.9 * loaded + chance.noise(shaking), 100)
        add(Signals.strutFR, 3.7 + 1.9 * loaded + chance.noise(shaking), 100)
        add(Signals.strutRL, left, 100)
        add(Signals.strutRR, right, 100)
        add(Signals.strutSideImbalance, 5 + 40 * wear[.strutNitrogenLeak] + chance.noise(1.5))
        add(Signals.strutEmptyDrift, -27 * wear[.strutNitrogenLeak] + chance.noise(0.5))
        add(Signals.tyreTemp, tyre)
        add(Signals.tyrePressure, 650 * (tyre + 273) / (293 + 15), 1)
        add(Signals.ambientTemp, ambient)
        if traits.hasElectricDrive {
            appendElectricDrive(to: &readings, wear: wear, chance: &chance)
        } else {
            add(Signals.transOilTemp, transmissionOil)
            add(Signals.transMainPressure, 1.2 + chance.noise(0.05), 100)
            add(Signals.gear, speed == 0 ? 0 : min(6, 1 + (speed / 9).rounded(.down)), 1)
        }
        if isAutonomous { appendAutonomy(to: &readings, wear: wear, chance: &chance) }
    }

    private func appendElectricDrive(to readings: inout [Reading], wear: Wear, chance: inout RandomStream) {
        func add(_ signal: Signal, _ value: Double, _ places: Double = 10) {
            readings.append(Reading(signal, rounded(value, places: places)))
        }
        let voltage = 850 + 450 * engine.load + (retarding > 0 ? 250 : 0)
        let power = retarding > 0 ? -retarding * 0.9 : engine.load * traits.powerKilowatts * 0.85
        add(Signals.dcLinkVoltage, voltage + chance.noise(10), 1)
        add(Signals.dcLinkCurrent, speed > 0 ? power * 1_000 / voltage : 0, 1)
        add(Signals.tmLeftWindingTemp, motorWinding)
        add(Signals.tmRightWindingTemp, motorWinding - 40 * 0.8 * wear[.tractionMotorInsulation] + chance.noise(1))
        add(Signals.alternatorWindingTemp, alternatorWinding)
        add(Signals.inverterTemp, inverter)
        add(Signals.resistorGridTemp, grid, 1)
        // A wet morning lowers it too, and passes by itself.
        let dryness = 1 - 0.3 * humidity
        add(
            Signals.insulationResistance,
            5_000 * dryness * exp2(-7.2 * wear[.tractionMotorInsulation]) * (1 + chance.noise(0.03)), 1)
    }

    private func appendAutonomy(to readings: inout [Reading], wear: Wear, chance: inout RandomStream) {
        func add(_ signal: Signal, _ value: Double, _ places: Double = 100) {
            readings.append(Reading(signal, rounded(value, places: places)))
        }
        let dirt = wear[.lidarSoiling]
        add(Signals.asamState, Double(phase.rawValue), 1)
        add(Signals.poseSigmaXY, 0.03 + chance.noise(0.015), 1_000)
        add(Signals.rtkCorrectionAge, 1.2 + chance.noise(0.8))
        add(Signals.crossTrackError, abs(chance.noise(0.25)))
        add(Signals.speedError, speed > 0 ? chance.noise(1.5) : 0)
        add(Signals.lidarWindowDirt, 8 + 86 * dirt + chance.noise(1.5), 10)
        add(Signals.lidarHealth, 98 - 45 * dirt + chance.noise(0.8), 10)
        add(Signals.radarHealth, 97 + chance.noise(1.5), 10)
        add(Signals.perceptionLatency, 70 + chance.noise(30), 1)
        add(Signals.linkLatency, 42 + chance.noise(20), 1)
        add(Signals.linkLoss, abs(chance.noise(0.8)))
        add(Signals.heartbeatGap, 0.4 + chance.noise(0.3))
        add(Signals.steerActuatorError, abs(chance.noise(0.6)))
    }
}
