import FleetModel
import Yams

/// One value of a configuration file, which knows where it stands.
///
/// Each reading function returns the value, or records what is wrong and returns `nil`: reading goes on, so that
/// all problems are found at once.
struct Entry {
    let node: Node
    /// `machines[3].model`
    let path: String
    let file: String
    let log: ReadingLog

    var problemHere: ConfigurationProblem {
        ConfigurationProblem(
            file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1, key: path, message: "")
    }

    func report(_ message: String, _ suggestion: String? = nil) {
        var problem = problemHere
        problem.message = message
        problem.suggestion = suggestion
        log.report(problem)
    }

    func warn(_ message: String) {
        var problem = problemHere
        problem.message = message
        log.warn(problem)
    }

    func child(_ node: Node, _ name: String) -> Entry {
        Entry(node: node, path: path.isEmpty ? name : "\(path).\(name)", file: file, log: log)
    }

    /// As much of a text as a message should hold, without what a terminal would obey.
    private func excerpt(_ text: String) -> String {
        let printable = text.unicodeScalars.prefix(81).map { $0.properties.generalCategory == .control ? "·" : "\($0)" }
        return printable.prefix(80).joined() + (printable.count > 80 ? "…" : "")
    }

    /// What stands here, for a message: `a list`, `"twelve"`.
    private var found: String {
        switch node {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "\"\(excerpt(scalar.string))\""
        case .alias: "an alias"
        }
    }

    func expected(_ what: String, _ suggestion: String? = nil) {
        report("expected \(what), found \(found)", suggestion)
    }

    // MARK: Shapes

    /// A mapping with known keys: `read` asks for each of them; any key it did not ask for is refused.
    func fields<Value>(_ read: (Fields) -> Value?) -> Value? {
        guard case .mapping(let mapping) = node else {
            expected("a mapping")
            return nil
        }
        let fields = Fields(
            of: self,
            pairs: mapping.compactMap { key, value in key.scalar.map { ($0.string, child(key, $0.string), value) } })
        let value = read(fields)
        fields.refuseOthers()
        return value
    }

    /// A mapping whose keys are names that the writer chooses, in the file's order.
    ///
    /// A duplicate that was reported already is left out.
    func named<Value>(_ read: (_ name: String, _ key: Entry, _ value: Entry) -> Value?) -> [Value]? {
        guard case .mapping(let mapping) = node else {
            expected("a mapping")
            return nil
        }
        return mapping.compactMap { key, value in
            guard let name = key.scalar?.string else {
                child(key, "?").expected("a name")
                return nil
            }
            guard !isDisguised(name) else { return nil }
            return read(name, child(key, name), child(value, name))
        }
    }

    func list<Value>(_ read: (Entry) -> Value?) -> [Value]? {
        guard case .sequence(let sequence) = node else {
            expected("a list", "write it as [a, b] or one a line with a dash")
            return nil
        }
        return sequence.enumerated().compactMap { index, item in
            read(Entry(node: item, path: "\(path)[\(index)]", file: file, log: log))
        }
    }

    // MARK: Values

    func text() -> String? {
        guard case .scalar(let scalar) = node, !scalar.string.isEmpty else {
            expected("text")
            return nil
        }
        return scalar.string
    }

    /// Text that may be empty, such as a unit that is none.
    func textOrEmpty() -> String? {
        guard case .scalar(let scalar) = node else {
            expected("text")
            return nil
        }
        return scalar.string
    }

    func number(in range: ClosedRange<Double> = -1e12...1e12) -> Double? {
        guard case .scalar(let scalar) = node, let value = Double(scalar.string), value.isFinite else {
            expected("a number")
            return nil
        }
        guard range.contains(value) else {
            report("\(shortest(value)) is out of range", Entry.allowed(range))
            return nil
        }
        return value
    }

    func integer(in range: ClosedRange<Int>) -> Int? {
        guard case .scalar(let scalar) = node, let value = Int(scalar.string) else {
            expected("a whole number")
            return nil
        }
        guard range.contains(value) else {
            report("\(value) is out of range", "allowed: \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    func flag() -> Bool? {
        switch node.scalar?.string {
        case "true": return true
        case "false": return false
        default:
            expected("true or false")
            return nil
        }
    }

    /// One of the words of an enumeration.
    func word<Value: RawRepresentable & CaseIterable>(_: Value.Type) -> Value? where Value.RawValue == String {
        guard let text = text() else { return nil }
        guard let value = Value(rawValue: text) else {
            report(
                "\"\(text)\" is not allowed here", suggestion(for: text, among: Value.allCases.map(\.rawValue)))
            return nil
        }
        return value
    }

    /// An id: 1 to 64 letters, digits and a few signs.
    func id<ID: TopicSegment>(_: ID.Type) -> ID? {
        guard let text = text() else { return nil }
        guard let id = ID(text) else {
            report("\"\(text)\" cannot be an id", "use 1 to 64 of A-Z a-z 0-9 _ . : -")
            return nil
        }
        return id
    }

    /// A span of time with its unit: `30s`, `5m`, `12h`, `7d`.
    func duration(in range: ClosedRange<Duration> = .zero...(.days(3_650))) -> Duration? {
        let form = "write a number with its unit: 30s, 5m, 12h, 7d"
        guard let text = text() else { return nil }
        let secondsByUnit: [Character: Double] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last, let scale = secondsByUnit[unit], let count = Double(text.dropLast()),
            count.isFinite
        else {
            expected("a span of time", form)
            return nil
        }
        // Beyond any range, and well before a Duration overflows.
        let duration = Duration.seconds(min(max(count * scale, -1e12), 1e12))
        guard range.contains(duration) else {
            report(
                "\(text) is out of range",
                "allowed: \(Entry.span(range.lowerBound)) to \(Entry.span(range.upperBound))")
            return nil
        }
        return duration
    }

    func time() -> Timestamp? {
        guard let text = text() else { return nil }
        guard let time = Timestamp(iso8601: text) else {
            expected("a time", "write it as 2026-03-01T08:00:00Z")
            return nil
        }
        return time
    }

    func date() -> CivilDate? {
        guard let text = text() else { return nil }
        guard let date = CivilDate(text) else {
            expected("a date", "write it as YYYY-MM-DD")
            return nil
        }
        return date
    }

    /// A name that must be among the declared ones; `declared` is `nil` when their file could not be read.
    func reference<ID: TopicSegment>(_: ID.Type, to kind: String, in declared: Set<String>?) -> ID? {
        guard let id = id(ID.self) else { return nil }
        guard let declared, !declared.contains(id.text) else { return id }
        report("unknown \(kind) \"\(id)\"", suggestion(for: id.text, among: declared))
        return nil
    }

    static func allowed(_ range: ClosedRange<Double>) -> String {
        range.upperBound >= 1e12
            ? "it must be at least \(shortest(range.lowerBound))"
            : "allowed: \(shortest(range.lowerBound)) to \(shortest(range.upperBound))"
    }

    private static func span(_ duration: Duration) -> String {
        let seconds = duration.inSeconds
        for (unit, scale) in [("d", 86_400.0), ("h", 3_600), ("m", 60)] where seconds >= scale {
            if seconds.truncatingRemainder(dividingBy: scale) == 0 { return shortest(seconds / scale) + unit }
        }
        return shortest(seconds) + "s"
    }
}

func isDisguised(_ key: String) -> Bool {
    key.unicodeScalars.first.map(duplicateDisguises.contains) ?? false
}
