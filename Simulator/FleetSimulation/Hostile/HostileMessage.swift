import FleetModel

/// What a hostile message is and how it must be taken, for the truth file.
package struct HostileMessage: Sendable, Hashable {
    /// Who the topic says it is.
    package var machine: MachineKey
    package var attack: Attack
    package var at: Timestamp
    package var expected: Outcome

    package enum Outcome: Sendable, Hashable {
        /// Stored: there is nothing wrong with it by itself.
        case taken
        /// Known already: counted, not stored again.
        case duplicate
        case rejected(Rejection.Reason)

        package var word: String {
            switch self {
            case .taken: "taken"
            case .duplicate: "duplicate"
            case .rejected(let reason): reason.rawValue
            }
        }
    }

    package enum Attack: String, CaseIterable, Sendable, Hashable {
        /// The body names a machine of the fleet, the topic another.
        case identity
        case oversize
        case deepJSON = "deep-json"
        case hugeNumber = "huge-number"
        case nan
        case notUTF8 = "not-utf8"
        case duplicateKey = "duplicate-key"
        case manyMembers = "many-members"
        case unknownKey = "unknown-key"
        case wrongType = "wrong-type"
        case compressed
        case badTopic = "bad-topic"
        case controlCharacter = "control-character"
        case reservedFleet = "reserved-fleet"
        case future
        case past
        /// A good frame, and the same bytes again.
        case duplicate
        /// A good frame, and the same number with another value.
        case replay
        /// Two good frames, the later one first.
        case outOfOrder = "out-of-order"
        /// Ever new signal names, until the machine has too many.
        case signalFlood = "signal-flood"
        case retained
        /// Ever new machines, until the fleet is full.
        case machineFlood = "machine-flood"
    }
}
