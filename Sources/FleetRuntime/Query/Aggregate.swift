import FleetModel

/// What becomes of the readings of one step. docs/QUERIES.md says exactly what each means.
package enum Aggregate: Hashable, Sendable, CustomStringConvertible {
    case mean, min, max, sum, count, first, last
    /// How much a counter grows in a second; a counter that falls has begun again at 0.
    case rate
    /// The mean over time, where each reading holds until the next.
    case timeWeightedMean
    /// Of the values in order, with what lies between two of them in proportion; 0 to 100.
    case percentile(Double)

    private static let names: [(name: String, aggregate: Aggregate)] = [
        ("mean", .mean), ("min", .min), ("max", .max), ("sum", .sum), ("count", .count), ("first", .first),
        ("last", .last), ("rate", .rate), ("time_weighted_mean", .timeWeightedMean),
    ]

    package static let words = names.map(\.name).joined(separator: ", ") + " or a percentile such as p95 or p99.9"

    package init?(_ text: some StringProtocol) {
        if let known = Aggregate.names.first(where: { $0.name == text }) {
            self = known.aggregate
        } else if text.hasPrefix("p"), let part = decimal(text.dropFirst()), part <= 100 {
            self = .percentile(part)
        } else {
            return nil
        }
    }

    package var description: String {
        if case .percentile(let part) = self { return "p" + shortest(part) }
        return Aggregate.names.first { $0.aggregate == self }!.name
    }

    /// Whether it can be told from count, smallest, largest, sum, first and last value.
    package var needsSummaryOnly: Bool {
        switch self {
        case .mean, .min, .max, .sum, .count, .first, .last: true
        case .rate, .timeWeightedMean, .percentile: false
        }
    }

    /// Whether what came before the step counts too.
    package var looksBack: Bool { self == .rate || self == .timeWeightedMean }
}

/// A number without sign, exponent or words: `99.9`.
private func decimal(_ text: some StringProtocol) -> Double? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }) else {
        return nil
    }
    return Double(text)
}
