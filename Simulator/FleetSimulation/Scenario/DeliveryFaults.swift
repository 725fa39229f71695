import FleetModel

/// What happens to messages between a machine and the broker.
package struct DeliveryFaults: Sendable, Hashable {
    /// How many times a day a machine drives out of coverage.
    package var deadZonesPerDay: Double
    package var deadZoneMinutes: ClosedRange<Double>
    /// Frames of one message after a dead zone.
    package var backfillFrames: Int
    /// Back-filled frames travel as columns where they can.
    package var isBackfillColumnar: Bool
    /// Share of messages sent twice.
    package var duplicates: Double
    /// Share of messages that are overtaken by later ones.
    package var reordered: Double
    /// Share of frames that never leave the machine: a gap.
    package var lost: Double
    /// Share of machines whose clock is wrong, and by how much at most.
    package var wrongClocks: Double
    package var clockOffset: Duration
    /// How many times a day the control unit starts anew.
    package var restartsPerDay: Double

    package init(
        deadZonesPerDay: Double = 0, deadZoneMinutes: ClosedRange<Double> = 5...40, backfillFrames: Int = 40,
        isBackfillColumnar: Bool = false, duplicates: Double = 0, reordered: Double = 0, lost: Double = 0,
        wrongClocks: Double = 0, clockOffset: Duration = .zero, restartsPerDay: Double = 0
    ) {
        self.deadZonesPerDay = deadZonesPerDay
        self.deadZoneMinutes = deadZoneMinutes
        self.backfillFrames = backfillFrames
        self.isBackfillColumnar = isBackfillColumnar
        self.duplicates = duplicates
        self.reordered = reordered
        self.lost = lost
        self.wrongClocks = wrongClocks
        self.clockOffset = clockOffset
        self.restartsPerDay = restartsPerDay
    }
}
