/// An instant, as whole microseconds since 1970-01-01T00:00:00Z.
///
/// Whole numbers, because a time that is compared, stored and sent back must come back as itself.
package struct Timestamp: Hashable, Comparable, Sendable, Codable {
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }
    package init(milliseconds: Int64) { self.microseconds = milliseconds * 1_000 }
    package init(seconds: Int64) { self.microseconds = seconds * 1_000_000 }

    package static let epoch = Timestamp(microseconds: 0)
    package static let distantPast = Timestamp(microseconds: .min / 4)
    package static let distantFuture = Timestamp(microseconds: .max / 4)

    package static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }
    package static func - (a: Timestamp, b: Timestamp) -> Duration {
        .microseconds(a.microseconds - b.microseconds)
    }
    package static func + (a: Timestamp, b: Duration) -> Timestamp {
        Timestamp(microseconds: a.microseconds + b.microseconds)
    }
    package static func - (a: Timestamp, b: Duration) -> Timestamp {
        Timestamp(microseconds: a.microseconds - b.microseconds)
    }
    package static func += (a: inout Timestamp, b: Duration) { a = a + b }

    /// Whole milliseconds since 1970, rounded down.
    package var milliseconds: Int64 { microseconds.flooredDivision(by: 1_000) }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let parsed = Timestamp(iso8601: text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not an RFC 3339 time: \(text)"))
        }
        self = parsed
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        // What was computed may lie beyond what can be read again; a document must never hold what nobody can read.
        try container.encode(min(max(self, .earliestWritten), .latestWritten).iso8601)
    }
}

extension Duration {
    package static func minutes(_ minutes: Double) -> Duration { .seconds(minutes * 60) }
    package static func hours(_ hours: Double) -> Duration { .seconds(hours * 3_600) }
    package static func days(_ days: Double) -> Duration { .seconds(days * 86_400) }

    /// How long it is, forwards or back.
    package var magnitude: Duration { self < .zero ? .zero - self : self }

    /// Whole microseconds, rounded towards zero; saturates far beyond any fleet's life.
    package var microseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? (seconds < 0 ? .min / 4 : .max / 4) : product + attoseconds / 1_000_000_000_000
    }
    package var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
    package var inHours: Double { inSeconds / 3_600 }
    package var inDays: Double { inSeconds / 86_400 }
}

extension FixedWidthInteger {
    /// Division that rounds towards minus infinity, so that times before 1970 fall in the right bucket.
    // Inlinable, because unspecialized it costs a hundred times as much, and answers have many times.
    @inlinable
    package func flooredDivision(by divisor: Self) -> Self {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder != 0 && (remainder < 0) != (divisor < 0) ? quotient - 1 : quotient
    }
}
