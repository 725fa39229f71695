/// What one question may take of the daemon.
struct QueryLimits: Sendable {
    /// So many readings are looked at one by one, some 5 ns each.
    var readings = 100_000_000
    /// So many values are kept for the percentiles of groups, or of one step of a machine, 8 bytes each.
    var keptValues = 4_000_000
    /// So many steps of single machines are kept until they are grouped, some 150 bytes each.
    var keptSteps = 2_000_000
    /// So many values are exported at once, 16 bytes each and as much again until they are written.
    var exportedValues = 1 << 20
    /// The bytes of so many columns are in memory at once.
    var bytesAtOnce = 16 << 20
    /// So many bytes of segments that were asked about are kept for the questions that follow.
    var catalogueBytes = 32 << 20
    /// From so many readings on all cores work; to wake one takes about as long as looking at half of them.
    var readingsOfOneCore = 100_000
    /// For so long a question is worked at on the thread it came on. Most are answered by then, where two changes of
    /// threads would take as long as they do; more would keep other connections of that thread waiting.
    var atOnce = Duration.milliseconds(2)
}
