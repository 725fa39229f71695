/// How fast a benchmark publishes.
enum BenchPace: Sendable {
    /// As fast as the chain carries it: never more than so many messages are published and not yet consumed.
    ///
    /// Without this end a publisher faster than the consumer would fill the broker's queue, and the broker would be busy
    /// with that queue instead of with what is measured.
    case saturating(unconsumedMax: Int)
    /// So many messages a second, evenly, whatever becomes of them.
    case fixed(perSecond: Double)
}
