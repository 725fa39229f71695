import FleetModel

/// A fleet that works, wears and breaks by dice that fall the same way every time.
///
/// The same scenario, machines, catalog, seed and start give the same messages to the byte, in however many pieces
/// the time is run. Each machine has its own dice: one more machine changes nothing for the others.
package struct FleetSimulator: Sendable {
    package let scenario: Scenario
    private var machines: [SimulatedMachine]
    private let places: [MachineKey: Int]
    /// Made but not yet due, in no order.
    private var held: [(order: Place, message: SimulatedMessage)] = []
    private var made: [UInt32]
    private var hostile: HostileTraffic?
    private var hostileMade: UInt32 = 0
    /// Every signal in which a failure can show.
    package let telltales: Set<Signal>
    private var scratch: [SimulatedMessage] = []
    /// Everything up to here has been handed out.
    package private(set) var now: Timestamp

    /// Where a message stands among all: by time, then by machine, then in the order it was made.
    private struct Place: Comparable, Sendable {
        var at: Int64
        var machine: UInt32
        var number: UInt32
        static func < (a: Place, b: Place) -> Bool {
            a.at != b.at ? a.at < b.at : a.machine != b.machine ? a.machine < b.machine : a.number < b.number
        }
    }

    /// - Parameters:
    ///   - failures: what can fail; nothing unless given
    ///   - operatorPatience: how long after a failure the machine's own people begin to repair; `nil`: nobody but a
    ///     service center repairs
    package init(
        scenario: Scenario, machines: [Machine], catalog: Catalog, failures: FailureLibrary = .none, seed: UInt64,
        start: Timestamp, operatorPatience: Duration? = .zero
    ) throws(SimulationProblem) {
        self.scenario = scenario
        now = start
        telltales = failures.signals
        var workshop = Workshop(catalog: catalog, failures: failures)
        hostile = scenario.hostile.map {
            HostileTraffic($0, victims: machines.map(\.key), length: scenario.length, seed: seed, start: start)
        }
        var simulated: [SimulatedMachine] = []
        var places: [MachineKey: Int] = [:]
        let forced = try FleetSimulator.assign(
            scenario.forced, to: machines, catalog: catalog, target: \.target,
            name: { "failure \($0.mode)" })
        let disturbances = try FleetSimulator.assign(
            scenario.disturbances, to: machines, catalog: catalog, target: \.target, name: { "\($0.kind)" })
        for machine in machines {
            guard places.updateValue(simulated.count, forKey: machine.key) == nil else {
                throw .machineTwice(machine.key)
            }
            // A machine whose site nobody gave works near Belovo in Kuzbass.
            let site = machine.sitePosition ?? Coordinate(latitude: 54.42, longitude: 86.3)!
            let vehicle = try workshop.vehicle(machine.model, at: site, of: machine.key)
            let failures = forced[machine.key] ?? []
            for failure in failures where !vehicle.parts.contains(where: { $0.mode.id == failure.mode }) {
                throw .cannotFail(machine.key, failure.mode)
            }
            var arranged: [SimulatedMachine.Arranged] = []
            for disturbance in disturbances[machine.key] ?? [] {
                var other: Vehicle?
                if case .trackerMoved(let model) = disturbance.kind {
                    other = try workshop.vehicle(model, at: site, of: machine.key)
                }
                arranged.append(.init(at: start + disturbance.at, disturbance: disturbance, vehicle: other))
            }
            simulated.append(
                SimulatedMachine(
                    machine: machine, vehicle: vehicle, scenario: scenario, seed: seed, start: start,
                    forced: failures, disturbances: arranged, patience: operatorPatience))
        }
        self.machines = simulated
        self.places = places
        made = [UInt32](repeating: 0, count: simulated.count)
    }

    /// What a scenario has in store for which machine.
    private static func assign<Item>(
        _ items: [Item], to machines: [Machine], catalog: Catalog, target: KeyPath<Item, MachineTarget>,
        name: (Item) -> String
    ) throws(SimulationProblem) -> [MachineKey: [Item]] {
        var assigned: [MachineKey: [Item]] = [:]
        for item in items {
            let found: Machine?
            switch item[keyPath: target] {
            case .machine(let key): found = machines.first { $0.key == key }
            case .nth(let place, let id):
                let ofClass = machines.filter { catalog.models[$0.model]?.machineClass == id }
                found = ofClass.indices.contains(place) ? ofClass[place] : nil
            }
            guard let found else { throw .noTarget(item[keyPath: target], of: name(item)) }
            assigned[found.key, default: []].append(item)
        }
        return assigned
    }

    /// Builds vehicles; machines of one class share their parts.
    private struct Workshop {
        let catalog: Catalog
        let failures: FailureLibrary
        var parts: [MachineClassID: [FailurePart]] = [:]

        init(catalog: Catalog, failures: FailureLibrary) {
            self.catalog = catalog
            self.failures = failures
        }

        mutating func vehicle(
            _ id: ModelID, at site: Coordinate, of machine: MachineKey
        ) throws(SimulationProblem) -> Vehicle {
            guard let model = catalog.models[id], let machineClass = catalog.classes[model.machineClass]
            else { throw .unknownModel(id, of: machine) }
            guard let kind = DutyKind(machineClass) else { throw .noDuty(machineClass.id, of: machine) }
            let traits = MachineTraits(kind: kind, model: model, machineClass: machineClass, site: site)
            let parts =
                parts[machineClass.id]
                ?? failures.parts(of: machineClass.id, hasElectricDrive: traits.hasElectricDrive)
            self.parts[machineClass.id] = parts
            return Vehicle(
                model: id, traits: traits, parts: parts,
                table: failures.tables.first { $0.classes.contains(machineClass.id) })
        }
    }

    package var machineCount: Int { machines.count }

    /// Runs to `time` and returns what reaches the broker until then, in the order it does.
    package mutating func advance(to time: Timestamp) -> [SimulatedMessage] {
        precondition(time >= now, "the simulated fleet does not go back in time")
        for index in machines.indices {
            while machines[index].nextReport <= time {
                machines[index].report(into: &scratch)
                for message in scratch {
                    let place = Place(
                        at: message.publishAt.microseconds, machine: UInt32(index), number: made[index])
                    made[index] += 1
                    held.append((place, message))
                }
                scratch.removeAll(keepingCapacity: true)
            }
        }
        hostile?.advance(to: time, into: &scratch)
        for message in scratch {
            held.append((Place(at: message.publishAt.microseconds, machine: .max, number: hostileMade), message))
            hostileMade += 1
        }
        scratch.removeAll(keepingCapacity: true)
        now = time
        let end = held.partition { $0.order.at <= time.microseconds }
        let due = held[end...].sorted { $0.order < $1.order }
        held.removeSubrange(end...)
        return due.map(\.message)
    }

    /// A mechanic puts right what `target` means; everything else about the machine stays as it is.
    package mutating func repair(_ machine: MachineKey, _ target: RepairTarget, at time: Timestamp) {
        guard let place = places[machine] else { return }
        machines[place].repair(target, at: time)
    }

    /// A service of the plan was done.
    package mutating func serviced(_ machine: MachineKey, code: String, at time: Timestamp) {
        guard let place = places[machine] else { return }
        machines[place].serviced(code, at: time)
    }

    /// Mechanics work on it and it stands: at `place` when it was brought there.
    package mutating func stand(_ machine: MachineKey, from: Timestamp, until: Timestamp, at place: Coordinate? = nil) {
        guard let index = places[machine] else { return }
        machines[index].stand(from: from, until: until, at: place)
    }

    package func meters(of machine: MachineKey) -> [Meter: Double] {
        places[machine].map { machines[$0].meters } ?? [:]
    }

    /// Everything that was wrong or done until now, in the order it began.
    package var truth: [TruthRecord] {
        (machines.flatMap { $0.closed + $0.open } + (hostile?.truth ?? []))
            .map { ($0.at, $0.json, $0) }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
            .map(\.2)
    }
}

/// Why a scenario cannot be run with these machines.
package enum SimulationProblem: Error, Sendable, Hashable, CustomStringConvertible {
    case unknownModel(ModelID, of: MachineKey)
    case noDuty(MachineClassID, of: MachineKey)
    case machineTwice(MachineKey)
    /// `of` says what has no target.
    case noTarget(MachineTarget, of: String)
    case cannotFail(MachineKey, String)

    package var description: String {
        switch self {
        case .unknownModel(let model, let machine):
            "\(machine): the catalog has no model \(model); add it to catalog.yaml or correct the fleet file"
        case .noDuty(let id, let machine):
            "\(machine): the simulator has no duty for class \(id); leave the machine out of the scenario"
        case .machineTwice(let machine): "\(machine) stands twice in the fleet; remove one"
        case .noTarget(let target, let what):
            "\(what): the fleet has no machine \(target); correct `equipment`, or `class` and `number`, which counts from 0"
        case .cannotFail(let machine, let mode):
            "\(machine) has no part that fails by \(mode); choose a mode of its class from failure-modes.yaml"
        }
    }
}
