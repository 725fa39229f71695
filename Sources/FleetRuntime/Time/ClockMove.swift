import FleetModel

/// Our clock was moved.
package struct ClockMove: Sendable, Hashable {
    /// What it showed before and after.
    package var from: Timestamp
    package var to: Timestamp
    /// The last message that had been turned away.
    package var last: Int64

    package init(from: Timestamp, to: Timestamp, last: Int64) {
        self.from = from
        self.to = to
        self.last = last
    }

    package var step: Duration { to - from }

    /// Whether the move came after a message was turned away: also after one that was judged and not stored yet when the
    /// clock was moved, which its time of receipt tells, being nearer to what the clock showed before.
    func came(after id: Int64, _ receivedAt: Timestamp) -> Bool {
        id <= last || (receivedAt - from).magnitude < (receivedAt - to).magnitude
    }
}
