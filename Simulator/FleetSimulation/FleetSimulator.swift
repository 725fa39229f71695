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

    /// Without `operatorPatience` nobody but a service center repairs; with it the machine's own people do, so long
    /// after standstill plus the time the repair takes.
    package init(
        scenario: Scenario, machines: [Machine], catalog: Catalog, seed: UInt64, start: Timestamp,
        operatorPatience: Duration? = .zero
    ) throws(SimulationProblem) {
        self.scenario = scenario
        now = start
        var simulated: [SimulatedMachine] = []
        var places: [MachineKey: Int] = [:]
        let forced = try FleetSimulator.assign(scenario.forced, to: machines, catalog: catalog)
        for machine in machines {
            guard places.updateValue(simulated.count, forKey: machine.key) == nil else {
                throw .machineTwice(machine.key)
            }
            guard let model = catalog.models[machine.model], let machineClass = catalog.classes[model.machineClass]
            else { throw .unknownModel(machine.model, of: machine.key) }
            guard let kind = DutyKind(machineClass) else { throw .noDuty(machineClass.id, of: machine.key) }
            // A machine whose site nobody gave works near Belovo in Kuzbass.
            let site = machine.sitePosition ?? Coordinate(latitude: 54.42, longitude: 86.3)!
            simulated.append(
                SimulatedMachine(
                    machine: machine,
                    traits: MachineTraits(kind: kind, model: model, machineClass: machineClass, site: site),
                    scenario: scenario, seed: seed, start: start, forced: forced[machine.key] ?? [],
                    patience: operatorPatience))
        }
        self.machines = simulated
        self.places = places
        made = [UInt32](repeating: 0, count: simulated.count)
    }

    private static func assign(
        _ failures: [ForcedFailure], to machines: [Machine], catalog: Catalog
    ) throws(SimulationProblem) -> [MachineKey: [ForcedFailure]] {
        var assigned: [MachineKey: [ForcedFailure]] = [:]
        for failure in failures {
            let found: Machine?
            switch failure.target {
            case .machine(let key): found = machines.first { $0.key == key }
            case .nth(let place, let id):
                let ofClass = machines.filter { catalog.models[$0.model]?.machineClass == id }
                found = ofClass.indices.contains(place) ? ofClass[place] : nil
            }
            guard let found else { throw .noTarget(failure) }
            guard let machineClass = catalog.machineClass(of: found.model), let kind = DutyKind(machineClass),
                failure.mode.profile.applies(to: kind, hasElectricDrive: machineClass.isHighVoltage)
            else { throw .cannotFail(found.key, failure.mode) }
            assigned[found.key, default: []].append(failure)
        }
        return assigned
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

    package func meters(of machine: MachineKey) -> [Meter: Double] {
        places[machine].map { machines[$0].meters } ?? [:]
    }

    /// Everything that was wrong or done until now, in the order it began.
    package var truth: [TruthRecord] {
        machines.flatMap { $0.closed + $0.open }
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
    case noTarget(ForcedFailure)
    case cannotFail(MachineKey, FailureMode)

    package var description: String {
        switch self {
        case .unknownModel(let model, let machine):
            "\(machine): the catalog has no model \(model); add it to catalog.yaml or correct the fleet file"
        case .noDuty(let id, let machine):
            "\(machine): the simulator has no duty for class \(id); leave the machine out of the scenario"
        case .machineTwice(let machine): "\(machine) stands twice in the fleet; remove one"
        case .noTarget(let failure):
            switch failure.target {
            case .machine(let key):
                "\(failure.mode.rawValue): there is no machine \(key) in the fleet; correct `equipment`"
            case .nth(let place, let id):
                "\(failure.mode.rawValue): the fleet has no machine number \(place) of class \(id); counting starts at 0"
            }
        case .cannotFail(let machine, let mode):
            "\(machine) has no part that fails by \(mode.rawValue); choose a mode of its class"
        }
    }
}
