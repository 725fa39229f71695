import FleetModel
import Glibc

/// A tractor or a harvester in the field: pass after pass with a turn at each end, from morning to evening.
struct FieldMachine: Sendable {
    enum Phase: Int, Sendable { case transport, working, turning, unloading }

    private let traits: MachineTraits
    private let isHarvester: Bool
    private let startsAt: Double
    private let passMetres: Double
    private let fieldNorth: Double
    private let fieldEast: Double
    private(set) var phase = Phase.transport
    private var remaining = 600.0
    private var alongMetres = 0.0
    private var passes = 0
    private var isOutbound = true
    private(set) var speed = 0.0
    private(set) var engine: DieselEngine
    private var wobble = 0.0
    private var slip = 0.0
    private var transmissionOil = 60.0
    private var hydraulicOil = 50.0
    private var bearing = 30.0
    private var dust = 15.0
    private var hopper = 0.2
    private var fuel: Double
    private var ambient = 10.0

    init(traits: MachineTraits, ambient: Double, chance: inout RandomStream) {
        self.traits = traits
        isHarvester = traits.kind == .harvester
        startsAt = (isHarvester ? 9 : 6.5) + chance.between(0, 1)
        passMetres = chance.between(300, 900)
        fieldNorth = chance.between(-3, 3)
        fieldEast = chance.between(-3, 3)
        fuel = chance.between(0.4, 1)
        engine = DieselEngine(
            powerKilowatts: traits.powerKilowatts, idle: 800, rated: 2_100, oilPressureRated: 370, ambient: ambient)
        hopper = chance.share()
        dust = chance.between(8, 25)
    }

    /// Share of full load that the season's work takes; `nil`: none to do.
    private func taskLoad(month: Int) -> Double? {
        if isHarvester { return (7...9).contains(month) ? 0.78 : nil }
        switch month {
        case 4, 5: return 0.75
        case 6, 7: return 0.55
        case 8, 9: return 0.45
        case 10: return 0.85
        default: return 0.35
        }
    }

    func isOnDuty(_ around: Surroundings) -> Bool {
        guard taskLoad(month: around.month) != nil else { return false }
        let hours = isHarvester ? 11.5 : (4...10).contains(around.month) ? 12.5 : 8
        return around.isBetween(startsAt, startsAt + hours) && !around.isBetween(12.5, 13.2)
    }

    mutating func work(
        over seconds: Double, around: Surroundings, condition: Condition, chance: inout RandomStream
    ) -> Usage {
        ambient = around.ambientCelsius
        let task = taskLoad(month: around.month) ?? 0.35
        remaining -= seconds
        // A slow wander: the soil and the crop change along the field.
        wobble += (chance.noise(1) - wobble) * min(1, seconds / 90)
        let aimed: Double
        let load: Double
        let rpm: Double
        switch phase {
        case .transport: (aimed, load, rpm) = (isHarvester ? 16 : 24, 0.4, 1_900)
        case .working: (aimed, load, rpm) = (isHarvester ? 5.5 : 9 - 2 * task, task * (1 + 0.25 * wobble), 2_050)
        case .turning: (aimed, load, rpm) = (5, 0.3, 1_700)
        case .unloading: (aimed, load, rpm) = (0, 0.35, 1_900)
        }
        settle(&speed, to: aimed * condition.power * (1 + 0.08 * wobble), timeConstant: 5, over: seconds)
        slip = phase == .working && !isHarvester ? 4 + 11 * load : 2
        var usage = engine.run(
            rpm: rpm + chance.noise(20), load: min(condition.power, load), ambient: ambient, over: seconds)
        usage.kilometres = speed * seconds / 3_600
        fuel -= usage.litres / traits.tankLitres
        if fuel < 0.12 { fuel = 0.98 }
        alongMetres += usage.kilometres * 1_000
        settle(&transmissionOil, to: 45 + 0.5 * ambient + 22 * load, timeConstant: 1_200, over: seconds)
        settle(&hydraulicOil, to: 36 + 0.5 * ambient + 18 * load, timeConstant: 1_500, over: seconds)
        settle(&bearing, to: ambient + 22 + 18 * load, timeConstant: 600, over: seconds)
        dust = isHarvester ? min(58, dust + 4 * seconds / 3_600) : 0
        advance(over: seconds, chance: &chance)
        return usage
    }

    private mutating func advance(over seconds: Double, chance: inout RandomStream) {
        if isHarvester, phase == .working { hopper += seconds / 2_400 }
        switch phase {
        case .transport:
            guard remaining <= 0 else { return }
            phase = .working
            alongMetres = 0
        case .working:
            guard alongMetres >= passMetres else { return }
            alongMetres = 0
            passes += 1
            isOutbound.toggle()
            phase = isHarvester && hopper >= 1 ? .unloading : .turning
            remaining = phase == .unloading ? chance.between(120, 240) : chance.between(20, 50)
        case .turning, .unloading:
            guard remaining <= 0 else { return }
            if phase == .unloading { hopper = 0.02 }
            phase = .working
            alongMetres = 0
        }
    }

    mutating func stand(over seconds: Double, around: Surroundings, chance: inout RandomStream) {
        ambient = around.ambientCelsius
        if engine.isRunning {
            // Cleaned every evening, and the way back to the field comes first tomorrow.
            dust = chance.between(8, 14)
            phase = .transport
            remaining = 600
        }
        speed = 0
        engine.stop(ambient: ambient, over: seconds)
        settle(&transmissionOil, to: ambient, timeConstant: 8_000, over: seconds)
        settle(&hydraulicOil, to: ambient, timeConstant: 8_000, over: seconds)
        settle(&bearing, to: ambient, timeConstant: 1_800, over: seconds)
    }

    func position(site: Coordinate) -> (latitude: Double, longitude: Double, altitude: Double, heading: Double) {
        let along = phase == .transport ? 0 : isOutbound ? alongMetres : passMetres - alongMetres
        let north = fieldNorth + along / 1_000
        let east = fieldEast + Double(passes % 120) * 0.006
        return (
            site.latitude + north / 111.2, site.longitude + east / (111.2 * cos(site.latitude * .pi / 180)), 210,
            isOutbound ? 0 : 180
        )
    }

    var exertion: Exertion {
        Exertion(load: engine.load, isMoving: speed > 1, payload: min(1, hopper))
    }

    func append(to readings: inout [Reading], chance: inout RandomStream) {
        func add(_ signal: Signal, _ value: Double, _ places: Double = 10) {
            readings.append(Reading(signal, rounded(value, places: places)))
        }
        let isWorking = phase == .working
        add(.speed, speed)
        add(Signals.engineRPM, engine.rpm, 1)
        add(Signals.engineLoad, engine.load * 100, 1)
        add(Signals.engineOilPressure, engine.oilPressure + chance.noise(4), 1)
        add(Signals.coolantTemp, engine.coolant + chance.noise(0.3))
        add(Signals.batteryVoltage12, 14.2 + chance.noise(0.06), 100)
        add(
            Signals.airFilterRestriction,
            1.4 + 1.3 * engine.load + chance.noise(0.1), 100)
        add(Signals.fuelRate, engine.litresPerHour)
        add(Signals.fuelLevel, fuel * 100)
        add(Signals.transOilPressure, 1.25 + chance.noise(0.05), 100)
        add(Signals.transOilTemp, transmissionOil)
        add(Signals.hydOilTemp, hydraulicOil)
        add(Signals.ambientTemp, ambient)
        add(Signals.tyrePressure, 150 + chance.noise(3), 1)
        if isHarvester {
            let slipping = 1.4
            let feed = isWorking ? max(0, 10 * engine.load + chance.noise(0.6)) : 0
            add(Signals.threshingDrumRPM, 780 * (1 - slipping / 100) + chance.noise(6), 1)
            add(Signals.fanRPM, 820 + chance.noise(10), 1)
            add(Signals.walkerRPM, 205 + chance.noise(2), 1)
            add(Signals.driveSlip, slipping + chance.noise(0.3), 100)
            add(Signals.throughput, feed, 10)
            add(Signals.grainLossCleaning, isWorking ? 0.25 + 0.03 * feed + chance.noise(0.05) : 0, 100)
            add(Signals.grainLossWalkers, isWorking ? 0.25 + 0.035 * feed + chance.noise(0.05) : 0, 100)
            add(Signals.hopperLevel, min(1, hopper) * 100, 1)
            add(Signals.moisture, 14.5 + chance.noise(0.8), 10)
            add(Signals.bearingTemp, bearing + chance.noise(0.5))
            add(Signals.hydrostaticPressure, 12 + 16 * engine.load + chance.noise(0.5))
            add(Signals.hydrostaticOilTemp, hydraulicOil + 6)
            add(Signals.headerTorque, isWorking ? 70 * engine.load + chance.noise(4) : 5, 1)
            add(Signals.radiatorDust, dust)
        } else {
            add(Signals.hydPressure, isWorking ? 14 + chance.noise(1.5) : 17 + chance.noise(0.5))
            add(Signals.wheelSlip, slip + chance.noise(1))
            add(Signals.ptoRPM, isWorking ? 540 + chance.noise(6) : 0, 1)
            add(Signals.hitchPosition, isWorking ? 22 + chance.noise(3) : 88, 1)
            if traits.isLoader {
                add(Signals.boomPressure, isWorking ? 9 + 6 * engine.load + chance.noise(1) : 3)
                add(Signals.bucketPayload, isWorking ? max(0, 3.2 + chance.noise(0.6)) : 0, 100)
            }
        }
    }
}
