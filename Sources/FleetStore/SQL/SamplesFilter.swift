/// Which samples are asked for: what all conditions that were handed down allow together.
struct SamplesFilter {
    /// `nil`: all.
    var equipment: Set<String>?
    var fleets: Set<String>?
    var signals: Set<String>?
    /// Microseconds: from `start` up to but without `end`.
    var start = Int64.min
    var end = Int64.max
    /// Bounds of the values, both included; a column that lies beyond them is left out, SQLite looks at each value.
    var minimum = -Double.infinity
    var maximum = Double.infinity
    /// Something was compared with NULL, which nothing equals.
    var isNothing = false

    var isEmpty: Bool { isNothing || start >= end }

    mutating func allow(_ texts: Set<String>, in set: WritableKeyPath<SamplesFilter, Set<String>?>) {
        self[keyPath: set] = self[keyPath: set]?.intersection(texts) ?? texts
    }

    mutating func allow(time: Int64, _ argument: SamplesPlan.Argument) {
        // One microsecond later, or the end of time.
        let next = time == .max ? time : time + 1
        switch argument {
        case .at: (start, end) = (max(start, time), min(end, next))
        case .after: start = max(start, next)
        case .from: start = max(start, time)
        case .before: end = min(end, time)
        case .until: end = min(end, next)
        default: break
        }
    }

    mutating func allow(value: Double, _ argument: SamplesPlan.Argument) {
        switch argument {
        case .valueIs: (minimum, maximum) = (max(minimum, value), min(maximum, value))
        case .valueAbove, .valueFrom: minimum = max(minimum, value)
        case .valueBelow, .valueUpTo: maximum = min(maximum, value)
        default: break
        }
    }

    /// Whether a column may have a value that is asked for, by its statistics.
    func mayHold(_ statistics: ColumnSummary) -> Bool {
        // NaN when no value is a number: SQL sees them as NULL.
        !(statistics.minimum > maximum) && !(statistics.maximum < minimum)
    }
}
