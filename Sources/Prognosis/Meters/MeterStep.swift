import FleetModel

/// A jump of a meter that no work explains: it was reset, or its control unit was exchanged.
package struct MeterStep: Sendable, Hashable, Codable {
    package var at: Timestamp
    package var from: Double
    package var to: Double
    /// Added to what the meter shows from here on, it gives what the machine has really run.
    package var offset: Double

    package init(at: Timestamp, from: Double, to: Double, offset: Double) {
        self.at = at
        self.from = from
        self.to = to
        self.offset = offset
    }

    /// The offset that held before the jump.
    var offsetBefore: Double { offset + to - from }
}
