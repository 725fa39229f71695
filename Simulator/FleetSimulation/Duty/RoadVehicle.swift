import FleetModel
import Glibc

/// A road truck on its trips or a diesel bus on its line: drive, brake, stand, again.
struct RoadVehicle: Sendable {
    enum Phase: Int, Sendable { case driving, standing, loading }

    private let traits: MachineTraits
    private let isBus: Bool
    private let startsAt: Double
    private let loopKilometres: Double
    private let bearingDegrees: Double
    private(set) var phase = Phase.standing
    private var remaining: Double
    private var aimed = 0.0
    private var along = 0.0
    private var load = 0.5
    private(set) var speed = 0.0
    private(set) var engine: DieselEngine
    private var retarder = 70.0
    private var gearboxOil = 78.0
    private var soot: Double
    private var adBlue: Double
    private var fuel: Double
    private var padWear: Double
    private var oilLeft: Double
    private var air = 0.78
    private var doors = 0.0
    private var stops = 0
    private var ambient = 10.0

    init(traits: MachineTraits, ambient: Double, chance: inout RandomStream) {
        self.traits = traits
        isBus = traits.kind == .cityBus
        startsAt = isBus ? 5 + chance.between(0, 1) : 6 + chance.between(0, 1.5)
        loopKilometres = isBus ? chance.between(14, 24) : chance.between(60, 160)
        bearingDegrees = chance.between(0, 360)
        remaining = chance.between(5, 120)
        soot = chance.between(15, 38)
        adBlue = chance.between(0.4, 1)
        fuel = chance.between(0.4, 1)
        padWear = chance.between(20, 45)
        oilLeft = chance.between(40, 100)
        doors = chance.between(100_000, 400_000).rounded()
        engine = DieselEngine(
            powerKilowatts: traits.powerKilowatts, idle: 600, rated: 1_800, oilPressureRated: 430, ambient: ambient)
    }

    func isOnDuty(_ around: Surroundings) -> Bool {
        isBus ? around.isBetween(startsAt, startsAt + 16) : around.isBetween(startsAt, startsAt + 11)
    }

    mutating func work(
        over seconds: Double, around: Surroundings, condition: Condition, chance: inout RandomStream
    ) -> Usage {
        ambient = around.ambientCelsius
        remaining -= seconds
        let before = speed
        settle(&speed, to: phase == .driving ? aimed * condition.power : 0, timeConstant: isBus ? 7 : 12, over: seconds)
        if speed < 0.5 { speed = 0 }
        let mass = traits.emptyTonnes + traits.payloadTonnes * load
        let rolling = mass * 9.81 * 0.012 * speed / 3.6
        let drag = 0.0035 * speed * speed * speed / 46.7
        // Half the change of kinetic energy counts: gear changes and gentle driving take the rest.
        let kinetic = 0.5 * mass * (speed * speed - before * before) / 12.96 / max(1, seconds)
        let power = (rolling + drag + max(0, kinetic)) / 0.85 + (isBus ? 14 : 6)
        let braking = max(0, -kinetic)
        var usage = engine.run(
            rpm: speed > 0 ? 1_150 + 5 * speed + chance.noise(40) : engine.idle + chance.noise(8),
            load: power / traits.powerKilowatts, ambient: ambient, over: seconds)
        usage.kilometres = speed * seconds / 3_600
        along = (along + usage.kilometres / loopKilometres).truncatingRemainder(dividingBy: 1)
        fuel -= usage.litres / traits.tankLitres
        if fuel < 0.15 { fuel = 0.98 }
        adBlue -= usage.litres * 0.05 / 40
        if adBlue < 0.18 { adBlue = 0.97 }
        settle(
            &retarder, to: 62 + 0.2 * ambient + min(60, braking * 1.2) + (isBus ? 14 : 4), timeConstant: 120,
            over: seconds)
        settle(&gearboxOil, to: 74 + 0.15 * ambient + 20 * engine.load, timeConstant: 700, over: seconds)
        soot += usage.hours * (speed > 0 ? 1.6 : 4)
        if soot > 43 { soot = 12 }
        padWear = min(68, padWear + usage.kilometres * 0.0006)
        oilLeft -= usage.kilometres * 0.008
        if oilLeft < 20 { oilLeft = 100 }
        air = 0.78 + chance.noise(0.03)
        advance(chance: &chance)
        return usage
    }

    private mutating func advance(chance: inout RandomStream) {
        guard remaining <= 0 else { return }
        switch phase {
        case .driving:
            stops += 1
            if isBus {
                phase = .standing
                remaining = stops % 40 == 0 ? chance.between(240, 600) : chance.between(12, 30)
                doors += 1
                load = max(0.05, min(1, load + chance.noise(0.35)))
            } else if stops % 14 == 0 {
                phase = .loading
                remaining = chance.between(900, 2_100)
            } else {
                phase = .standing
                remaining = chance.between(10, 180)
            }
        case .loading:
            load = load > 0.5 ? 0 : chance.between(0.8, 1)
            leave(chance: &chance)
        case .standing: leave(chance: &chance)
        }
    }

    private mutating func leave(chance: inout RandomStream) {
        phase = .driving
        aimed = isBus ? chance.between(25, 45) : chance.between(45, 80)
        remaining = isBus ? chance.between(45, 110) : chance.between(240, 1_200)
    }

    mutating func stand(over seconds: Double, around: Surroundings) {
        ambient = around.ambientCelsius
        speed = 0
        phase = .standing
        remaining = 30
        engine.stop(ambient: ambient, over: seconds)
        settle(&retarder, to: ambient, timeConstant: 3_000, over: seconds)
        settle(&gearboxOil, to: ambient, timeConstant: 7_000, over: seconds)
    }

    /// New linings: the brake service does it.
    mutating func renewBrakes() { padWear = 2 }

    func position(site: Coordinate) -> (latitude: Double, longitude: Double, altitude: Double, heading: Double) {
        loopPosition(site: site, along: along, kilometres: loopKilometres, bearing: bearingDegrees)
    }

    var exertion: Exertion { Exertion(load: engine.load, isMoving: speed > 1, payload: load) }

    func append(to readings: inout [Reading], chance: inout RandomStream) {
        func add(_ signal: Signal, _ value: Double, _ places: Double = 10) {
            readings.append(Reading(signal, rounded(value, places: places)))
        }
        add(.speed, speed)
        if traits.isCar {
            add(Signals.oilLeft, oilLeft)
            add(Signals.codeCount, 0, 1)
            return
        }
        add(Signals.engineRPM, engine.rpm, 1)
        add(Signals.engineLoad, engine.load * 100, 1)
        add(Signals.engineOilPressure, engine.oilPressure + chance.noise(4), 1)
        add(Signals.coolantTemp, engine.coolant + chance.noise(0.3))
        add(Signals.transOilTemp, gearboxOil)
        add(Signals.retarderTemp, retarder, 1)
        add(Signals.airSystemPressure, air, 1_000)
        add(Signals.airDryerCycles, 8 + chance.noise(1.5), 1)
        add(Signals.brakePadWear, padWear)
        add(Signals.dpfSoot, soot)
        add(Signals.dpfDP, 2 + soot * 0.16 * (0.3 + engine.load))
        add(Signals.adBlueLevel, adBlue * 100)
        add(Signals.noxConversion, 93 + chance.noise(2))
        add(Signals.batteryVoltage, 28 + chance.noise(0.2))
        add(Signals.fuelRate, engine.litresPerHour)
        add(Signals.fuelLevel, fuel * 100)
        add(Signals.ambientTemp, ambient)
        add(Signals.tyrePressure, 830 + chance.noise(4), 1)
        if isBus {
            add(Signals.doorCycles, doors, 1)
        } else {
            add(Signals.axleLoad, 4_500 + (traits.payloadTonnes * 0.36 * load) * 1_000, 0.1)
        }
    }
}

/// A closed line around a site, as a flattened circle; driven round and round.
func loopPosition(
    site: Coordinate, along: Double, kilometres: Double, bearing: Double
) -> (latitude: Double, longitude: Double, altitude: Double, heading: Double) {
    let radius = kilometres / (2 * .pi)
    let turn = along * 2 * .pi
    let angle = bearing * .pi / 180
    // Starts and ends at the site itself.
    let x = radius * (cos(turn) - 1)
    let y = radius * 0.8 * sin(turn)
    let north = x * cos(angle) - y * sin(angle)
    let east = x * sin(angle) + y * cos(angle)
    let going = (bearing + 90 + along * 360).truncatingRemainder(dividingBy: 360)
    return (
        site.latitude + north / 111.2, site.longitude + east / (111.2 * cos(site.latitude * .pi / 180)), 160, going
    )
}
