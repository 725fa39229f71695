import FleetModel

/// What a meter showed, and when.
package struct MeterReading: Sendable, Hashable, Codable {
    package var shown: Double
    package var at: Timestamp

    package init(shown: Double, at: Timestamp) {
        self.shown = shown
        self.at = at
    }
}
