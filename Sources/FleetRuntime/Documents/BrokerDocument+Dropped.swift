import FleetModel

extension BrokerDocument {
    /// A loss is a trouble for this long after we saw it; what is missing for good is told by the gaps.
    private static var lossStands: Duration { .hours(1) }

    /// Takes the broker's count of what it has dropped.
    ///
    /// The first one counts as moved when it is above zero: what was dropped while we were away, or before us. One
    /// lower than the last is that of a broker that was started anew, and all of it is new.
    package mutating func noteDropped(_ total: Int64, at now: Timestamp) {
        if total > 0, total != droppedMessages { droppedAt = now }
        droppedMessages = total
    }

    /// Whether the broker has lost something lately.
    package func hasLost(at now: Timestamp) -> Bool {
        droppedAt.map { now - $0 < Self.lossStands } ?? false
    }
}
