/// Why a message was not taken: it goes to quarantine with this, is counted, and is acknowledged.
package struct Rejection: Error, Hashable, Sendable, CustomStringConvertible {
    package var reason: Reason
    /// What exactly, for a person: names the key and the value, never more than a line.
    package var detail: String

    package init(_ reason: Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }

    package var description: String { "\(reason.rawValue): \(detail)" }

    /// Stable words: they are counted, stored and listed under these names.
    package enum Reason: String, CaseIterable, Sendable, Codable {
        case badTopic = "bad-topic"
        case reservedFleet = "reserved-fleet"
        case retained
        case oversize
        case notJSON = "not-json"
        case duplicateKey = "duplicate-key"
        case unknownKey = "unknown-key"
        case missingKey = "missing-key"
        case wrongType = "wrong-type"
        case outOfRange = "out-of-range"
        case identityMismatch = "identity-mismatch"
        case tooManySignals = "too-many-signals"
        case tooManyMachines = "too-many-machines"
        case futureTime = "future-time"
        case tooOld = "too-old"
        /// The machine of this name has gone on under another.
        case retired
        case missingIdentity = "missing-identity"
    }
}
