/// How much of what was rejected is kept; the oldest goes first.
struct QuarantineBounds: Sendable, Hashable {
    var messages: Int64 = 100_000
    var bytes: Int64 = 256 << 20
}
