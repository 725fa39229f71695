import FleetModel

/// A duration as people write it: `90s`, `10m`, `6h`, `2d`.
package struct Span: Decodable, Sendable, Hashable {
    package let duration: Duration

    package init?(_ text: String) {
        guard let unit = text.last, let number = Double(text.dropLast()), (0...1e6).contains(number) else {
            return nil
        }
        switch unit {
        case "s": duration = .seconds(number)
        case "m": duration = .minutes(number)
        case "h": duration = .hours(number)
        case "d": duration = .days(number)
        default: return nil
        }
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let span = Span(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "\(text) is no duration; write it as 90s, 10m, 6h or 2d"))
        }
        self = span
    }
}
