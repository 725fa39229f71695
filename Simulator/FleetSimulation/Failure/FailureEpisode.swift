import FleetModel

/// What was really wrong with a machine, and when: what a forecast is scored against.
package struct FailureEpisode: Sendable, Hashable {
    package var machine: MachineKey
    package var mode: FailureMode
    package var subsystem: String
    package var onset: Timestamp
    package var firstFaultCodeAt: Timestamp?
    package var failedAt: Timestamp?
    package var repairedAt: Timestamp?
    package var repairedBy: Repairer?

    package init(machine: MachineKey, mode: FailureMode, subsystem: String, onset: Timestamp) {
        self.machine = machine
        self.mode = mode
        self.subsystem = subsystem
        self.onset = onset
    }

    package enum Repairer: String, Sendable, Hashable {
        /// The machine's own people, after standstill.
        case `operator`
        case center
    }
}
