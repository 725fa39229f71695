import FleetModel

/// The part of an address behind the question mark; each name at most once, unless it is one that may be repeated.
struct Query: Sendable {
    private var values: [String: String]
    /// In the order in which they are given.
    private(set) var all: [String: [String]] = [:]

    init(_ text: String?, allowed: Set<String>, repeatable: Set<String> = []) throws {
        values = [:]
        for pair in (text ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Query.decoded(parts[0]), let value = Query.decoded(parts.count > 1 ? parts[1] : "") else {
                throw APIFailure.badParameter(String(parts[0]), "is not UTF-8 in percent form")
            }
            guard allowed.contains(name) else {
                let known = allowed.isEmpty ? "none" : allowed.sorted().joined(separator: ", ")
                throw APIFailure.badParameter(name, "is not known here; this address takes: \(known)")
            }
            all[name, default: []].append(value)
            guard values.updateValue(value, forKey: name) == nil || repeatable.contains(name) else {
                throw APIFailure.badParameter(name, "is given twice")
            }
        }
    }

    subscript(name: String) -> String? { values[name] }

    func required(_ name: String, _ expected: String) throws -> String {
        guard let value = values[name], !value.isEmpty else {
            throw APIFailure.badParameter(name, "is missing; expected \(expected)")
        }
        return value
    }

    func flag(_ name: String) throws -> Bool {
        switch values[name] {
        case nil, "false": false
        case "true", "": true
        case .some(let text): throw APIFailure.badParameter(name, "takes true or false, not \"\(text.prefix(100))\"")
        }
    }

    func integer(_ name: String, within range: ClosedRange<Int>, else fallback: Int) throws -> Int {
        guard let text = values[name] else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw APIFailure.badParameter(
                name,
                "takes a whole number from \(range.lowerBound) to \(range.upperBound), not \"\(text.prefix(100))\"")
        }
        return number
    }

    func time(_ name: String) throws -> Timestamp? {
        guard let text = values[name] else { return nil }
        guard let time = Timestamp(moment: text) else {
            throw APIFailure.badParameter(
                name, "takes a time such as 2026-03-01T08:00:00Z, or a date, not \"\(text.prefix(100))\"")
        }
        return time
    }

    /// `%2F` to `/`; `nil` when the bytes are not UTF-8 or a percent sign has no two digits.
    static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
