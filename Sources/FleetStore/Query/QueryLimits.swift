/// What one question may take of the daemon.
struct QueryLimits: Sendable {
    /// So many readings are looked at one by one, some 5 ns each.
    var readings = 50_000_000
    /// So many values are kept for the percentiles of groups, 8 bytes each.
    var keptValues = 4_000_000
    /// The bytes of so many columns are in memory at once.
    var bytesAtOnce = 16 << 20
    /// So many bytes of segments that were asked about are kept for the questions that follow.
    var catalogueBytes = 32 << 20
    /// From so many readings on all cores work; to wake one takes about as long as looking at half of them.
    var readingsOfOneCore = 100_000
}
