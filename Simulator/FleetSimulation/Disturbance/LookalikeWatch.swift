import FleetModel

/// Notes when load and weather make a sound machine look like a faulty one.
struct LookalikeWatch: Sendable {
    /// Since when, by kind; `nil` while it is not so.
    private var began: [Timestamp?] = [nil, nil]

    private enum Kind: Int, CaseIterable {
        /// Oil thick from frost: the pressure is far above normal until it is warm.
        case coldStart
        /// A long climb in heat uses up the radiator's reserve.
        case hotClimb

        var name: String { self == .coldStart ? "cold_start" : "hot_climb" }
        var signal: Signal { self == .coldStart ? Signals.engineOilPressure : Signals.coolantTemp }
    }

    /// `isHotForCause`: a part of the cooling is really going.
    mutating func look(
        at engine: DieselEngine, isHotForCause: Bool, now: Timestamp, machine: MachineKey,
        into truth: inout [TruthRecord]
    ) {
        for kind in Kind.allCases {
            let isSo =
                switch kind {
                case .coldStart: engine.isRunning && engine.oil < (began[0] == nil ? -5 : 10)
                case .hotClimb: !isHotForCause && engine.coolant > (began[1] == nil ? 96 : 93)
                }
            if isSo, began[kind.rawValue] == nil { began[kind.rawValue] = now }
            if !isSo, let since = began[kind.rawValue] {
                truth.append(record(kind, since, until: now, machine))
                began[kind.rawValue] = nil
            }
        }
    }

    /// What is so now.
    func open(of machine: MachineKey) -> [TruthRecord] {
        Kind.allCases.compactMap { kind in began[kind.rawValue].map { record(kind, $0, until: nil, machine) } }
    }

    private func record(_ kind: Kind, _ since: Timestamp, until: Timestamp?, _ machine: MachineKey) -> TruthRecord {
        .happening(
            Happening(
                .lookalike, machine, began: since, ended: until,
                facts: [.init("looks", .text(kind.name)), .init("signal", .text(kind.signal.name))]))
    }
}
