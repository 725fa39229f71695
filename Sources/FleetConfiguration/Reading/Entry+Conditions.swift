import FleetModel

/// The keys under which a comparison is written.
private let comparisonKeys: [(name: String, comparison: Comparison)] = [
    ("above", .above), ("below", .below), ("equal", .equal),
]

extension Fields {
    /// `above: 103`, `below: 60` or `equal: 1`.
    func comparison() -> (comparison: Comparison, value: Entry)? {
        guard let given = exactlyOne(of: comparisonKeys.map(\.name)),
            let found = comparisonKeys.first(where: { $0.name == given.name })
        else { return nil }
        return (found.comparison, given.value)
    }

    /// Whether a comparison is written here, asked without insisting.
    var hasComparison: Bool { comparisonKeys.filter { optional($0.name) != nil }.count > 0 }
}

extension Entry {
    /// `[engine_rpm > 1500, speed < 1]`: all must hold.
    func guards(signals: Set<String>?) -> [Rule.Guard]? {
        list { item in
            guard let text = item.text() else { return nil }
            let words = text.split(separator: " ").map(String.init)
            guard words.count == 3, let comparison = Comparison(rawValue: words[1]), let value = Double(words[2]),
                value.isFinite
            else {
                item.report("\"\(text)\" is not a condition", "write signal, sign and number: engine_rpm > 1500")
                return nil
            }
            if let signals, !signals.contains(words[0]) {
                item.report("unknown signal \"\(words[0])\"", suggestion(for: words[0], among: signals))
                return nil
            }
            return Rule.Guard(Signal(words[0]), comparison, value)
        }
    }
}
