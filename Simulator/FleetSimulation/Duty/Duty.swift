import FleetModel

/// What one machine is busy with, whichever kind it is.
enum Duty: Sendable {
    case haul(HaulTruck)
    case field(FieldMachine)
    case road(RoadVehicle)
    case electric(ElectricBus)
    case towed(TowedTrailer)

    init(traits: MachineTraits, ambient: Double, chance: inout RandomStream) {
        switch traits.kind {
        case .haul, .autonomousHaul: self = .haul(HaulTruck(traits: traits, ambient: ambient, chance: &chance))
        case .tractor, .harvester: self = .field(FieldMachine(traits: traits, ambient: ambient, chance: &chance))
        case .roadTruck, .cityBus: self = .road(RoadVehicle(traits: traits, ambient: ambient, chance: &chance))
        case .electricBus: self = .electric(ElectricBus(traits: traits, ambient: ambient, chance: &chance))
        case .trailer: self = .towed(TowedTrailer(ambient: ambient, chance: &chance))
        }
    }

    /// Whether it should be working at this hour.
    func isOnDuty(_ around: Surroundings) -> Bool {
        switch self {
        case .haul: true
        case .field(let machine): machine.isOnDuty(around)
        case .road(let vehicle): vehicle.isOnDuty(around)
        case .electric(let bus): bus.isOnDuty(around)
        case .towed(let trailer): trailer.isOnDuty(around)
        }
    }

    mutating func work(
        over seconds: Double, around: Surroundings, condition: Condition, chance: inout RandomStream
    ) -> Usage {
        switch self {
        case .haul(var machine):
            defer { self = .haul(machine) }
            return machine.work(over: seconds, around: around, condition: condition, chance: &chance)
        case .field(var machine):
            defer { self = .field(machine) }
            return machine.work(over: seconds, around: around, condition: condition, chance: &chance)
        case .road(var machine):
            defer { self = .road(machine) }
            return machine.work(over: seconds, around: around, condition: condition, chance: &chance)
        case .electric(var machine):
            defer { self = .electric(machine) }
            return machine.work(over: seconds, around: around, condition: condition, chance: &chance)
        case .towed(var trailer):
            defer { self = .towed(trailer) }
            return trailer.work(over: seconds, around: around, condition: condition, chance: &chance)
        }
    }

    /// `isHelpless`: it cannot even be charged.
    mutating func stand(
        over seconds: Double, around: Surroundings, isHelpless: Bool, chance: inout RandomStream
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
            if isHelpless {
                machine.lieStill(over: seconds, around: around)
            } else {
                machine.stand(over: seconds, around: around)
            }
            self = .electric(machine)
        case .towed(var trailer):
            trailer.stand(over: seconds, around: around)
            self = .towed(trailer)
        }
    }

    func position(site: Coordinate) -> (latitude: Double, longitude: Double, altitude: Double, heading: Double) {
        switch self {
        case .haul(let machine): machine.position(site: site)
        case .field(let machine): machine.position(site: site)
        case .road(let machine): machine.position(site: site)
        case .electric(let machine): machine.position(site: site)
        case .towed(let trailer): trailer.position(site: site)
        }
    }

    /// How hard it works; its warmth is not in it.
    var exertion: Exertion {
        switch self {
        case .haul(let machine): machine.exertion
        case .field(let machine): machine.exertion
        case .road(let machine): machine.exertion
        case .electric(let machine): machine.exertion
        case .towed(let trailer): trailer.exertion
        }
    }

    /// The engine that burns fuel, where there is one.
    var engine: DieselEngine? {
        switch self {
        case .haul(let machine): machine.engine
        case .field(let machine): machine.engine
        case .road(let machine): machine.engine
        case .electric, .towed: nil
        }
    }

    func append(to readings: inout [Reading], chance: inout RandomStream) {
        switch self {
        case .haul(let machine): machine.append(to: &readings, chance: &chance)
        case .field(let machine): machine.append(to: &readings, chance: &chance)
        case .road(let machine): machine.append(to: &readings, chance: &chance)
        case .electric(let machine): machine.append(to: &readings, chance: &chance)
        case .towed(let trailer): trailer.append(to: &readings, chance: &chance)
        }
    }

    /// With the engine off there is nothing to measure; an electric bus on its charger still tells of its battery, and
    /// a trailer's sensors have no engine to wait for.
    func appendParked(to readings: inout [Reading], chance: inout RandomStream) {
        switch self {
        case .electric, .towed: append(to: &readings, chance: &chance)
        case .haul, .field, .road:
            readings.append(Reading(.speed, 0))
            readings.append(Reading(Signals.engineRPM, 0))
        }
    }

    /// A repair put in what these signals measure the wear of.
    mutating func renewed(_ signals: [Signal]) {
        switch self {
        case .haul(var truck) where signals.contains(Signals.brakeWear):
            truck.renewBrakes()
            self = .haul(truck)
        case .road(var vehicle) where signals.contains(Signals.brakePadWear):
            vehicle.renewBrakes()
            self = .road(vehicle)
        default: break
        }
    }
}
