import FleetModel

/// Something that is no failure of a part, but that a forecast or an operator could take for one, or must know of.
package struct Happening: Sendable, Hashable {
    package var kind: Kind
    package var machine: MachineKey
    package var began: Timestamp
    package var ended: Timestamp?
    /// What else is known, in this order.
    package var facts: [Fact]

    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case sensorFault = "sensor_fault"
        case lookalike
        case unitSwapped = "unit_swapped"
        case hoursReset = "hours_reset"
        case bootBack = "boot_back"
        case trackerMoved = "tracker_moved"
        case autonomyStop = "autonomy_stop"
        /// Stands with mechanics at work on it.
        case standsForWork = "stands_for_work"
    }

    package struct Fact: Sendable, Hashable {
        package var name: String
        package var value: Value

        package enum Value: Sendable, Hashable {
            case text(String)
            case number(Double)
        }

        package init(_ name: String, _ value: Value) {
            self.name = name
            self.value = value
        }
    }

    package init(
        _ kind: Kind, _ machine: MachineKey, began: Timestamp, ended: Timestamp? = nil, facts: [Fact] = []
    ) {
        self.kind = kind
        self.machine = machine
        self.began = began
        self.ended = ended
        self.facts = facts
    }
}
