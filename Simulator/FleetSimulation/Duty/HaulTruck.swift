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
    private var remainingAfterStop = 0.0
    private var hoursToStop: Double
    /// Why a driverless truck stands; `nil` while it does not.
    private(set) var stop: StopCause?
    /// The stop of the whole site is pressed.
    private var isAllStop = false
    /// Seconds that the remote operator still drives it, after a stop.
    private var supervised = 0.0
    /// Happened since they were last taken.
    private(set) var events: [Signal] = []
    // First-order temperatures.
    private var hydraulicOil = 55.0
    private var brakeOil = 65.0
    private var transmissionOil = 82.0
    private var motorWinding = 80.0
    private var alternatorWinding = 78.0
    private var inverter = 45.0
    private var grid = 60.0
    private var tyre = 35.0
    private var wheelGear = 50.0
    private var brakeWear: Double
    /// What is left in the grease reservoir, percent.
    private var grease: Double
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
        brakeWear = chance.between(8, 50)
        grease = chance.between(40, 95)
        hoursToStop = chance.exponential(mean: 12)
        engine = DieselEngine(
            powerKilowatts: traits.powerKilowatts, idle: 700, rated: 1_900, oilPressureRated: 430, ambient: ambient)
        remaining = chance.between(10, 240)
        planned = remaining
    }

    var mode: OperatingMode {
        guard isAutonomous else { return .manual }
        guard phase != .stopped else { return isAllStop ? .allStop : .safeStop }
        return supervised > 0 ? .remote : .autonomous
    }

    // MARK: Motion

    /// Shift change and lunch: everything on site stands for a quarter of an hour.
    static func isBreak(_ around: Surroundings) -> Bool {
        around.isBetween(8, 8.3) || around.isBetween(20, 20.3) || around.isBetween(2, 2.6) || around.isBetween(14, 14.6)
    }

    mutating func work(
        over seconds: Double, around: Surroundings, condition: Condition, chance: inout RandomStream
    ) -> Usage {
        ambient = around.ambientCelsius
        humidity = around.humidity
        if isAutonomous { considerStop(seconds, condition, chance: &chance) }
        let mass = traits.emptyTonnes + payload
        let isTravelling = phase == .hauling || phase == .returning
        let grade = isTravelling ? self.grade : 0
        let aimed =
            isTravelling
            ? aimedSpeed(mass: mass, grade: grade, power: condition.power, chance: &chance) : phase == .spot ? 6 : 0
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
            rpm: rpm + chance.noise(12), load: min(condition.power, load) + chance.noise(0.02), ambient: ambient,
            over: seconds)
        usage.kilometres = speed * seconds / 3_600
        brakeWear = min(60, brakeWear + usage.kilometres * 0.0004)
        grease -= seconds / 3_600 * 0.6
        if grease < 30 { grease = 98 }
        fuel = max(0.02, fuel - usage.litres / traits.tankLitres)
        warm(over: seconds)
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
        settle(&wheelGear, to: ambient, timeConstant: 9_000, over: seconds)
    }

    private var grade: Double {
        guard (0.25...0.70).contains(place) else { return 0.005 }
        return phase == .returning ? -rampGrade : rampGrade
    }

    private func aimedSpeed(
        mass: Double, grade: Double, power: Double, chance: inout RandomStream
    ) -> Double {
        // What the engine can push up the hill, and no faster than the road lets it.
        let climbing = 0.8 * power * traits.powerKilowatts / (mass * 9.81 * max(0.005, grade + rolling)) * 3.6
        let road = payload > 0 ? (grade > 0.01 ? 24.0 : 30) : (grade < 0 ? 27 : grade > 0.01 ? 24 : 38)
        // Whoever drives by camera drives slowly.
        let limit = supervised > 0 ? 12 : road * (power < 1 ? 0.7 : 1)
        return min(climbing * 0.98, limit) * (isAutonomous ? 0.92 : 1) * (1 + chance.noise(0.05))
    }

    private mutating func considerStop(_ seconds: Double, _ condition: Condition, chance: inout RandomStream) {
        supervised = max(0, supervised - seconds)
        if condition.isAllStop != isAllStop {
            isAllStop = condition.isAllStop
            if isAllStop {
                halt(for: .allStop, seconds: 60)
            } else {
                // Released by the controller: each truck is looked at before it may go on.
                remaining = chance.between(60, 240)
            }
        }
        if isAllStop { remaining = max(remaining, 60) }
        guard phase != .stopped else { return }
        hoursToStop -= seconds / 3_600 * (1 + 12 * condition.stopsPerHour)
        guard hoursToStop <= 0 else { return }
        hoursToStop = chance.exponential(mean: 12)
        let drawn = chance.share()
        // Most stops are for something in the way, or for what looked like it.
        let usual: StopCause =
            drawn < 0.6 ? .obstacle : drawn < 0.75 ? .localisation : drawn < 0.9 ? .communication : .traction
        halt(for: condition.stopCause ?? usual, seconds: chance.between(120, 600))
    }

    private mutating func halt(for cause: StopCause, seconds: Double) {
        if phase != .stopped {
            resumed = phase
            remainingAfterStop = remaining
        }
        stop = cause
        if cause == .obstacle { events.append(Signals.obstacleStop) }
        if cause == .allStop { events.append(Signals.estop) }
        enter(.stopped, for: seconds)
    }

    /// What stopped it was put right: it goes on at once, unless the whole site is stopped.
    mutating func clear() {
        guard isAutonomous else { return }
        if phase == .stopped, !isAllStop {
            phase = resumed
            remaining = remainingAfterStop
            stop = nil
        }
        resumeSupervised(seconds: 120)
    }

    /// The remote operator drives it the first metres.
    private mutating func resumeSupervised(seconds: Double) {
        supervised = seconds
        events.append(Signals.intervention)
    }

    mutating func takeEvents() -> [Signal] {
        guard !events.isEmpty else { return [] }
        defer { events = [] }
        return events
    }

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
            stop = nil
            // An obstacle that has gone needs nobody; what the truck could not judge by itself does.
            if chance.happens(0.5) { resumeSupervised(seconds: chance.between(60, 240)) }
        case .hauling, .returning: break
        }
    }

    private mutating func warm(over seconds: Double) {
        let load = engine.load
        let effort = max(load, min(1, retarding / traits.powerKilowatts))
        settle(
            &hydraulicOil,
            to: 48 + 0.3 * ambient + 10 * load, timeConstant: 1_800, over: seconds)
        settle(&transmissionOil, to: 72 + 0.15 * ambient + 22 * effort, timeConstant: 700, over: seconds)
        // Downhill the hydromechanical truck brakes in oil, the electric one in its resistor grids.
        let inOil = traits.hasElectricDrive ? 0.1 : 0.55
        settle(
            &brakeOil, to: 58 + 0.2 * ambient + 60 * inOil * min(1, retarding / traits.powerKilowatts),
            timeConstant: 150, over: seconds)
        settle(
            &motorWinding, to: 42 + 0.5 * ambient + 90 * effort, timeConstant: 900, over: seconds)
        settle(&alternatorWinding, to: 42 + 0.5 * ambient + 75 * load, timeConstant: 900, over: seconds)
        settle(&inverter, to: 26 + 0.4 * ambient + 26 * effort, timeConstant: 120, over: seconds)
        settle(
            &grid, to: ambient + 30 + 330 * min(1, retarding / traits.powerKilowatts), timeConstant: 40, over: seconds)
        let strain = (traits.emptyTonnes + payload) / (traits.emptyTonnes + traits.payloadTonnes) * speed / 25
        settle(&tyre, to: ambient + 42 * strain, timeConstant: 9_000, over: seconds)
        settle(&wheelGear, to: 34 + 0.4 * ambient + 18 * strain, timeConstant: 5_000, over: seconds)
    }

    /// New discs.
    mutating func renewBrakes() { brakeWear = 2 }

    var exertion: Exertion {
        Exertion(load: engine.load, isMoving: speed > 1, payload: payload / max(1, traits.payloadTonnes))
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

    func append(to readings: inout [Reading], chance: inout RandomStream) {
        func add(_ signal: Signal, _ value: Double, _ places: Double = 10) {
            readings.append(Reading(signal, rounded(value, places: places)))
        }
        let loaded = payload / max(1, traits.payloadTonnes)
        add(.speed, speed)
        add(Signals.engineRPM, engine.rpm, 1)
        add(Signals.engineLoad, engine.load * 100, 1)
        add(Signals.engineOilPressure, engine.oilPressure + chance.noise(4), 1)
        add(Signals.engineOilTemp, engine.oil)
        add(Signals.coolantTemp, engine.coolant + chance.noise(0.3))
        add(Signals.boostPressure, engine.boost + chance.noise(1.5), 1)
        add(Signals.exhaustTempLeft, engine.exhaust + chance.noise(4), 1)
        add(Signals.exhaustTempRight, engine.exhaust + 8 + chance.noise(4), 1)
        add(Signals.exhaustBankDelta, 8 + chance.noise(4), 1)
        add(Signals.coolantLevel, 86 + chance.noise(1.5), 1)
        add(Signals.fuelPressure, 560 - 60 * engine.load + chance.noise(12), 1)
        add(Signals.fuelRate, engine.litresPerHour)
        add(Signals.fuelLevel, fuel * 100)
        add(Signals.batteryVoltage, 27.8 + chance.noise(0.2))
        add(Signals.startAirPressure, 0.71 + chance.noise(0.02), 100)
        add(
            Signals.hydSystemPressure,
            15.4 + (phase == .dumping ? 1.2 : 0) + chance.noise(0.15), 100)
        add(Signals.hydOilTemp, hydraulicOil)
        add(Signals.hoistCycleTime, 25)
        add(Signals.hydFilterDP, 60 + 50 * engine.load + chance.noise(6), 1)
        add(Signals.steeringAccPressure, 15 + chance.noise(0.4), 100)
        add(Signals.brakeAccPressure, 15.2 + chance.noise(0.4), 100)
        add(Signals.brakeOilTemp, brakeOil)
        add(Signals.brakeWear, brakeWear)
        add(Signals.lubeReservoirLevel, grease)
        add(Signals.lubeCycleOK, 1, 1)
        add(Signals.fireSystemOK, 1, 1)
        add(Signals.rack, speed > 1 ? abs(90 + 40 * loaded + chance.noise(70)) : 15, 1)
        add(Signals.payload, payload)
        add(Signals.bodyUp, phase == .dumping ? 1 : 0, 1)
        // The front axle carries a third of the load, the rear struts two thirds.
        let shaking = speed > 1 ? 0.15 : 0.03
        let left = 2.1 + 5.2 * loaded + chance.noise(shaking)
        let right = 2.1 + 5.2 * loaded + chance.noise(shaking)
        add(Signals.strutFL, 3.7 + 1.9 * loaded + chance.noise(shaking), 100)
        add(Signals.strutFR, 3.7 + 1.9 * loaded + chance.noise(shaking), 100)
        add(Signals.strutRL, left, 100)
        add(Signals.strutRR, right, 100)
        add(Signals.strutSideImbalance, 5 + chance.noise(1.5))
        add(Signals.strutEmptyDrift, chance.noise(0.5))
        add(Signals.tyreTemp, tyre)
        add(Signals.tyrePressure, 650 * (tyre + 273) / (293 + 15), 1)
        add(Signals.ambientTemp, ambient)
        if traits.hasElectricDrive {
            appendElectricDrive(to: &readings, chance: &chance)
        } else {
            add(Signals.transOilTemp, transmissionOil)
            add(Signals.transMainPressure, 1.2 + chance.noise(0.05), 100)
            add(Signals.transFilterDP, 55 + 40 * engine.load + chance.noise(5), 1)
            add(Signals.diffOilTemp, wheelGear + 4)
            add(Signals.gear, speed == 0 ? 0 : min(6, 1 + (speed / 9).rounded(.down)), 1)
        }
        if isAutonomous { appendAutonomy(to: &readings, chance: &chance) }
    }

    private func appendElectricDrive(to readings: inout [Reading], chance: inout RandomStream) {
        func add(_ signal: Signal, _ value: Double, _ places: Double = 10) {
            readings.append(Reading(signal, rounded(value, places: places)))
        }
        let voltage = 850 + 450 * engine.load + (retarding > 0 ? 250 : 0)
        let power = retarding > 0 ? -retarding * 0.9 : engine.load * traits.powerKilowatts * 0.85
        add(Signals.dcLinkVoltage, voltage + chance.noise(10), 1)
        add(Signals.dcLinkCurrent, speed > 0 ? power * 1_000 / voltage : 0, 1)
        add(Signals.tmLeftWindingTemp, motorWinding)
        let right = motorWinding + chance.noise(1)
        add(Signals.tmRightWindingTemp, right)
        add(Signals.tmDelta, abs(motorWinding - right))
        add(Signals.blowerFlowOK, 1, 1)
        add(Signals.wheelGearTempLeft, wheelGear + 1.5)
        add(Signals.wheelGearTempRight, wheelGear)
        add(Signals.wheelGearVibration, speed > 1 ? 1.6 + 0.03 * speed + chance.noise(0.3) : 0.2, 100)
        add(Signals.alternatorWindingTemp, alternatorWinding)
        add(Signals.inverterTemp, inverter)
        add(Signals.resistorGridTemp, grid, 1)
        // A wet morning lowers it too, and passes by itself.
        let dryness = 1 - 0.3 * humidity
        add(
            Signals.insulationResistance,
            5_000 * dryness * (1 + chance.noise(0.03)), 1)
    }

    private func appendAutonomy(to readings: inout [Reading], chance: inout RandomStream) {
        func add(_ signal: Signal, _ value: Double, _ places: Double = 100) {
            readings.append(Reading(signal, rounded(value, places: places)))
        }
        let (isLost, isDeaf) = (stop == .localisation, stop == .communication)
        add(Signals.asamState, Double(phase.rawValue), 1)
        add(Signals.poseSigmaXY, (isLost ? 0.36 : 0.03) + chance.noise(0.015), 1_000)
        add(Signals.rtkCorrectionAge, (isLost ? 32 : 1.2) + chance.noise(0.8))
        add(Signals.gnssFix, isLost ? 2 : 4, 1)
        add(Signals.localizationAgreement, (isLost ? 0.8 : 0.05) + chance.noise(0.04))
        add(Signals.crossTrackError, abs(chance.noise(0.25)))
        add(Signals.speedError, speed > 0 ? chance.noise(1.5) : 0)
        add(Signals.lidarWindowDirt, 8 + chance.noise(1.5), 10)
        add(Signals.lidarHealth, 98 + chance.noise(0.8), 10)
        add(Signals.cameraHealth, 97 + chance.noise(1.5), 10)
        add(Signals.radarHealth, 97 + chance.noise(1.5), 10)
        add(Signals.perceptionLatency, 70 + chance.noise(30), 1)
        add(Signals.linkLatency, (isDeaf ? 620 : 42) + chance.noise(20), 1)
        add(Signals.linkLoss, (isDeaf ? 6 : 0) + abs(chance.noise(0.8)))
        add(Signals.heartbeatGap, (isDeaf ? 3.4 : 0.4) + chance.noise(0.3))
        add(Signals.steerActuatorError, abs(chance.noise(0.6)))
        add(Signals.brakeActuatorError, 1 + chance.noise(0.8))
        add(Signals.redundantChannelOK, 1, 1)
    }
}
