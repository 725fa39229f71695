/// How long to wait before the next try: doubling up to a ceiling, with full jitter so that many do not come at once.
package struct Backoff: Sendable {
    package let first: Duration
    package let ceiling: Duration
    private var tries = 0

    package init(first: Duration = .seconds(1), ceiling: Duration = .seconds(30)) {
        self.first = first
        self.ceiling = ceiling
    }

    /// It worked: the next failure starts from the beginning.
    package mutating func reset() { tries = 0 }

    /// A wait between nothing and the present bound, which doubles with each call.
    package mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
        let bound = min(ceiling, first * (1 << min(tries, 16)))
        tries += 1
        return bound * Double.random(in: 0...1, using: &random)
    }
}
