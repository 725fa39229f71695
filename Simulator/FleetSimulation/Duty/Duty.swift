import FleetModel

/// What one machine is busy with, whichever kind it is.
enum Duty: Sendable {
    case haul(HaulTruck)
    case field(FieldMachine)
    case road(RoadVehicle)
    case electric(ElectricBus)

    init(traits: MachineTraits, ambient: Double, chance: inout RandomStream) {
        switch traits.kind {
        case .haul, .autonomousHaul: self = .haul(HaulTruck(traits: traits, ambient: ambient, chance: &chance))
        case .tractor, .harvester: self = .field(FieldMachine(traits: traits, ambient: ambient, chance: &chance))
        case .roadTruck, .cityBus: self = .road(RoadVehicle(traits: traits, ambient: ambient, chance: &chance))
        case .electricBus: self = .electric(ElectricBus(traits: traits, ambient: ambient, chance: &chance))
        }
    }

    /// Whether it should be working at this hour.
    func isOnDuty(_ around: Surroundings) -> Bool {
        switch self {
        case .haul: true
        case .field(let machine): machine.isOnDuty(around)
        case .road(let vehicle): vehicle.isOnDuty(around)
        case .electric(let bus): bus.isOnDuty(around)
        }
    }

    mutating func work(
        over seconds: Double, around: Surroundings, wear: Wear, chance: inout RandomStream
    ) -> Usage {
        switch self {
        case .haul(var machine):
            defer { self = .haul(machine) }
            return machine.work(over: seconds, around: around, wear: wear, chance: &chance)
        case .field(var machine):
            defer { self = .field(machine) }
            return machine.work(over: seconds, around: around, wear: wear, chance: &chance)
        case .road(var machine):
            defer { self = .road(machine) }
            return machine.work(over: seconds, around: around, wear: wear, chance: &chance)
        case .electric(var machine):
            defer { self = .electric(machine) }
            return machine.work(over: seconds, around: around, wear: wear, chance: &chance)
        }
    }

    mutating func stand(
        over seconds: Double, around: Surroundings, wear: Wear, isBroken: Bool, chance: inout RandomStream
    ) {
        switch self {
        case .haul(var machine):
            machine.stand(over: seconds, around: around)
            self = .haul(machine)
        case .field(var machine):
            machine.stand(over: seconds, around: around, chance: &chance)
            self = .field(machine)
        case .road(var machine):
            machine.stand(over: seconds, around: around)
            self = .road(machine)
        case .electric(var machine):
            if isBroken {
                machine.lieStill(over: seconds, around: around)
            } else {
                machine.stand(over: seconds, around: around, wear: wear)
            }
            self = .electric(machine)
        }
    }

    func position(site: Coordinate) -> (latitude: Double, longitude: Double, altitude: Double, heading: Double) {
        switch self {
        case .haul(let machine): machine.position(site: site)
        case .field(let machine): machine.position(site: site)
        case .road(let machine): machine.position(site: site)
        case .electric(let machine): machine.position(site: site)
        }
    }

    func append(to readings: inout [Reading], wear: Wear, chance: inout RandomStream) {
        switch self {
        case .haul(let machine): machine.append(to: &readings, wear: wear, chance: &chance)
        case .field(let machine): machine.append(to: &readings, wear: wear, chance: &chance)
        case .road(let machine): machine.append(to: &readings, wear: wear, chance: &chance)
        case .electric(let machine): machine.append(to: &readings, wear: wear, chance: &chance)
        }
    }

    /// With the engine off there is nothing to measure; an electric bus on its charger still tells of its battery.
    func appendParked(to readings: inout [Reading], wear: Wear, chance: inout RandomStream) {
        if case .electric(let bus) = self {
            bus.append(to: &readings, wear: wear, chance: &chance)
        } else {
            readings.append(Reading(.speed, 0))
            readings.append(Reading(Signals.engineRPM, 0))
        }
    }

    mutating func renewed(_ mode: FailureMode) {
        guard mode == .brakeWear, case .road(var vehicle) = self else { return }
        vehicle.renewBrakes()
        self = .road(vehicle)
    }
}
