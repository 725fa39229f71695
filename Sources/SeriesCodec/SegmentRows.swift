/// When the rows of a segment were measured, and what the machine called them. The arrays have one length, and are in
/// the order of time.
package struct SegmentRows: Hashable, Sendable {
    /// Microseconds of the machine's clock, never falling.
    package var observedAt: [Int64]
    /// A number the machine changes when `seq` starts again.
    package var boot: [UInt32]
    package var seq: [UInt64]

    package init(observedAt: [Int64], boot: [UInt32], seq: [UInt64]) {
        self.observedAt = observedAt
        self.boot = boot
        self.seq = seq
    }
}
