/// How long to wait before the next try: longer each time, and a different time for each client.
///
/// Full jitter: after a restart of a broker or a disk all that wait would otherwise come back in the same second.
package struct Backoff: Sendable {
    package let first: Duration
    package let longest: Duration
    /// A number from 0 to below 1.
    private let chance: @Sendable () -> Double
    private var failures = 0

    package init(
        first: Duration = .seconds(1), longest: Duration = .seconds(30),
        chance: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.first = first
        self.longest = longest
        self.chance = chance
    }

    /// The pause after one more failure.
    package mutating func pause() -> Duration {
        let doublings = min(failures, 20)
        failures += 1
        let ceiling = min(first * (1 << doublings), longest)
        return ceiling * chance()
    }

    package mutating func reset() { failures = 0 }
}
