import FleetModel

/// The newest value of a signal, and when the machine saw it.
package struct LatestValue: Sendable, Hashable, Codable {
    package var value: Double
    package var observedAt: Timestamp

    package init(value: Double, observedAt: Timestamp) {
        self.value = value
        self.observedAt = observedAt
    }
}
