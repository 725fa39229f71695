import ArgumentParser
import FleetModel

/// How much faster than real time runs: `7200`, `60x`, `max`.
package enum Speed: ExpressibleByArgument, Sendable, Hashable {
    case rate(Double)
    case max

    package var defaultValueDescription: String {
        switch self {
        case .rate(let rate): shortest(rate)
        case .max: "max"
        }
    }

    package init?(argument: String) {
        let text = argument.hasSuffix("x") || argument.hasSuffix("×") ? String(argument.dropLast()) : argument
        if argument == "max" || text == "0" {
            self = .max
        } else if let rate = Double(text), rate > 0, rate.isFinite {
            self = .rate(rate)
        } else {
            return nil
        }
    }
}

/// `RFC 3339` on the command line.
package struct Instant: ExpressibleByArgument, Sendable, Hashable {
    package let time: Timestamp

    package init?(argument: String) {
        guard let time = Timestamp(iso8601: argument) else { return nil }
        self.time = time
    }
}
