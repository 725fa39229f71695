import FleetModel
import Glibc

/// An electric bus or trolleybus on its line: stops, charging at the terminal, under the wires or overnight.
struct ElectricBus: Sendable {
    enum Phase: Int, Sendable { case driving, standing, charging }

    private let traits: MachineTraits
    private let startsAt: Double
    private let lineKilometres: Double
    private let bearingDegrees: Double
    private let consumption: Double
    private(set) var phase = Phase.standing
    private var remaining: Double
    private var aimed = 0.0
    private var along = 0.0
    private var riders = 0.4
    private(set) var speed = 0.0
    /// Charge in the storage, 0 to 1.
    private(set) var charge: Double
    /// Positive out of the storage.
    private(set) var amperes = 0.0
    private var chargeKilowatts = 0.0
    private var isOnCharger = false
    private var heatingKilowatts = 0.0
    private var cells = 26.0
    private var loop = 26.0
    private var motor = 50.0
    private var inverter = 35.0
    private var doors: Double
    private var ambient = 10.0
    private var humidity = 0.5
    private var tripKilometres = 0.0
    private var tripKilowattHours = 0.0
    private var perKilometre = 1.2
    private var offwire = 20.0
    private let soh: Double
    private let collectorWear: Double

    init(traits: MachineTraits, ambient: Double, chance: inout RandomStream) {
        self.traits = traits
        startsAt = 5 + chance.between(0, 1)
        lineKilometres = chance.between(16, 22)
        bearingDegrees = chance.between(0, 360)
        consumption = chance.between(0.9, 1.3)
        remaining = chance.between(5, 90)
        charge = chance.between(0.65, 0.9)
        soh = chance.between(88, 99)
        collectorWear = chance.between(10, 55)
        doors = chance.between(50_000, 300_000).rounded()
    }

    func isOnDuty(_ around: Surroundings) -> Bool { around.isBetween(startsAt, startsAt + 17) }

    /// Along half its line a trolleybus has wires above it.
    private var isUnderWires: Bool { traits.isTrolleybus && along < 0.55 }

    mutating func work(
        over seconds: Double, around: Surroundings, condition: Condition, chance: inout RandomStream
    ) -> Usage {
        climate(around)
        remaining -= seconds
        let before = speed
        settle(&speed, to: phase == .driving ? aimed * condition.power : 0, timeConstant: 7, over: seconds)
        if speed < 0.5 { speed = 0 }
        let kilometres = speed * seconds / 3_600
        let mass = traits.emptyTonnes + traits.payloadTonnes * riders
        // Rolling and climbing take the steady part; braking gives back two thirds of what speeding up took.
        let kinetic = 0.5 * mass * (speed * speed - before * before) / 12.96 / max(1, seconds)
        let traction = consumption * 0.8 * speed + (kinetic > 0 ? kinetic / 0.9 : kinetic * 0.65)
        let used = traction + heatingKilowatts + 3
        chargeKilowatts = 0
        isOnCharger = phase == .charging
        if isOnCharger {
            chargeKilowatts = traits.isSupercapacitor ? 280 : 120
        } else if isUnderWires {
            // The line carries the bus and fills the storage as far as it has room.
            chargeKilowatts = used + (charge < 0.93 ? 45 : 0)
        }
        flow(kilowatts: used - chargeKilowatts, over: seconds)
        offwire = isUnderWires ? min(20, offwire + seconds / 60) : max(0, offwire - kilometres)
        tripKilometres += kilometres
        tripKilowattHours += used * seconds / 3_600
        if tripKilometres >= 3 {
            perKilometre = tripKilowattHours / tripKilometres
            (tripKilometres, tripKilowattHours) = (0, 0)
        }
        along = (along + kilometres / lineKilometres).truncatingRemainder(dividingBy: 1)
        warm(over: seconds)
        advance(chance: &chance)
        return Usage(hours: seconds / 3_600, kilometres: kilometres, litres: 0)
    }

    private mutating func climate(_ around: Surroundings) {
        ambient = around.ambientCelsius
        humidity = around.humidity
        heatingKilowatts = min(20, ambient < 15 ? (15 - ambient) * 0.45 : max(0, ambient - 22) * 0.8)
    }

    private var voltage: Double {
        // Supercapacitors: voltage is charge. A battery is nearly flat in between.
        traits.isSupercapacitor ? 480 + 230 * charge : 590 + 90 * charge
    }

    private mutating func flow(kilowatts: Double, over seconds: Double) {
        amperes = kilowatts * 1_000 / voltage
        charge -= kilowatts * seconds / 3_600 / traits.storageKilowattHours
        charge = min(0.98, max(0.02, charge))
    }

    private mutating func warm(over seconds: Double) {
        let effort = min(1, abs(amperes) / 400)
        let conditioned = min(33, max(19, 25 + 0.2 * ambient))
        settle(
            &cells, to: min(76, conditioned + 3 * effort), timeConstant: 900, over: seconds)
        settle(
            &loop, to: min(78, 24 + 0.2 * ambient + 4 * effort), timeConstant: 600,
            over: seconds)
        settle(&motor, to: 38 + 0.5 * ambient + 65 * effort, timeConstant: 600, over: seconds)
        settle(&inverter, to: 24 + 0.4 * ambient + 25 * effort, timeConstant: 200, over: seconds)
    }

    private mutating func advance(chance: inout RandomStream) {
        switch phase {
        case .driving:
            guard remaining <= 0 else { return }
            // The terminal is where the line closes; supercapacitors need it every round and sometimes halfway.
            let needs = traits.isSupercapacitor ? charge < 0.62 : !traits.isTrolleybus && charge < 0.3
            if needs {
                phase = .charging
            } else {
                phase = .standing
                remaining = chance.between(12, 30)
                doors += 1
                riders = max(0.05, min(1, riders + chance.noise(0.35)))
            }
        case .charging:
            if charge >= (traits.isSupercapacitor ? 0.95 : 0.8) { leave(chance: &chance) }
        case .standing:
            if remaining <= 0 { leave(chance: &chance) }
        }
    }

    private mutating func leave(chance: inout RandomStream) {
        phase = .driving
        aimed = chance.between(24, 42)
        remaining = chance.between(45, 110)
    }

    /// In the depot: on the charger until it is full.
    mutating func stand(over seconds: Double, around: Surroundings) {
        climate(around)
        heatingKilowatts = 0
        speed = 0
        chargeKilowatts = charge < 0.9 ? min(80, traits.storageKilowattHours) : 0
        isOnCharger = chargeKilowatts > 0
        phase = isOnCharger ? .charging : .standing
        remaining = 20
        flow(kilowatts: -chargeKilowatts, over: seconds)
        warm(over: seconds)
    }

    /// Broken down: nothing flows.
    mutating func lieStill(over seconds: Double, around: Surroundings) {
        climate(around)
        heatingKilowatts = 0
        chargeKilowatts = 0
        isOnCharger = false
        amperes = 0
        speed = 0
        phase = .standing
        remaining = 20
        settle(&cells, to: max(ambient, 10), timeConstant: 20_000, over: seconds)
        settle(&loop, to: max(ambient, 10), timeConstant: 9_000, over: seconds)
    }

    func position(site: Coordinate) -> (latitude: Double, longitude: Double, altitude: Double, heading: Double) {
        loopPosition(site: site, along: along, kilometres: lineKilometres, bearing: bearingDegrees)
    }

    var exertion: Exertion {
        Exertion(load: min(1, abs(amperes) / 400), isMoving: speed > 1, payload: riders)
    }

    func append(to readings: inout [Reading], chance: inout RandomStream) {
        func add(_ signal: Signal, _ value: Double, _ places: Double = 10) {
            readings.append(Reading(signal, rounded(value, places: places)))
        }
        let spread = 12 + chance.noise(2)
        let cell =
            traits.isSupercapacitor
            ? 1.7 + 0.9 * charge : traits.isTrolleybus ? 2.0 + 0.5 * charge : 3.15 + 0.3 * charge
        add(.speed, speed)
        add(Signals.soc, charge * 100)
        add(Signals.soh, soh)
        add(Signals.packVoltage, voltage - 0.03 * amperes)
        add(Signals.packCurrent, amperes)
        add(Signals.cellVMax, cell + spread / 2_000, 1_000)
        add(Signals.cellVMin, cell - spread / 2_000, 1_000)
        add(Signals.cellVDelta, spread, 1)
        add(Signals.cellTempMax, cells + 2 + chance.noise(0.3))
        add(Signals.cellTempMin, cells - 2 + chance.noise(0.3))
        add(Signals.coolantLoopTemp, loop + chance.noise(0.3))
        add(Signals.tmWindingTemp, motor)
        add(Signals.inverterTemp, inverter)
        add(Signals.insulationResistance, 3_000 * (1 - 0.3 * humidity) * (1 + chance.noise(0.04)), 1)
        add(Signals.energyPerKilometre, perKilometre, 100)
        add(Signals.chargePower, chargeKilowatts)
        add(Signals.chargerConnected, isOnCharger ? 1 : 0, 1)
        add(Signals.hvacPower, heatingKilowatts)
        add(Signals.airSystemPressure, 0.76 + chance.noise(0.04), 1_000)
        add(Signals.doorCycles, doors, 1)
        add(Signals.ambientTemp, ambient)
        if traits.isTrolleybus {
            add(Signals.lineVoltage, isUnderWires ? 585 + chance.noise(50) : 0, 1)
            add(Signals.offwireDistance, offwire)
            add(Signals.leakageCurrent, 0.6 + chance.noise(0.3), 100)
            add(Signals.currentCollectorWear, collectorWear)
        } else {
            add(Signals.pantographContactForce, 260 + chance.noise(25), 1)
        }
    }
}
