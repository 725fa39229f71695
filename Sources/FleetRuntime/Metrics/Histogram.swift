/// How often a value fell where, in buckets that grow: cheap enough for every commit.
package struct Histogram: Sendable, Hashable {
    /// Upper ends, themselves included, ascending. What is above the last is counted apart.
    package let bounds: [Double]
    private var counts: [Int64]
    package private(set) var sum = 0.0

    package init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    package mutating func observe(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }

    package var count: Int64 { counts.reduce(0, +) }

    /// How many values were at most each bound, and last how many there were.
    package var cumulativeCounts: [Int64] {
        var total: Int64 = 0
        return counts.map { count in
            total += count
            return total
        }
    }

    /// Half a millisecond, a fast disk's sync, to ten seconds, where something is broken.
    package static var seconds: Histogram {
        Histogram(bounds: [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10])
    }

    /// One message to the largest batch that the configuration usually allows.
    package static var messages: Histogram {
        Histogram(bounds: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000])
    }
}
