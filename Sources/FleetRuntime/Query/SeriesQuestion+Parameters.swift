import FleetModel

/// Why a question could not be understood: which parameter, and what it takes.
package struct QuestionProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package var parameter: String
    package var reason: String

    package init(_ parameter: String, _ reason: String) {
        self.parameter = parameter
        self.reason = reason
    }

    package var description: String { "\(parameter): \(reason)" }
}

extension SeriesQuestion {
    /// What a question can say, and what of it more than once.
    package static let parameters: Set<String> = [
        "equipment", "fleet", "model", "site", "signal", "from", "to", "step", "aggregate", "hold", "last", "where",
        "group_by", "limit",
    ]
    package static let repeatable: Set<String> = ["equipment", "fleet", "model", "site", "signal", "aggregate"]
    /// Those of which one text may name several, with commas between; the name of a site may have a comma.
    private static let listed = repeatable.subtracting(["site"])

    /// Reads a question as the API and the command line put it.
    package init(_ values: [String: [String]], now: Timestamp) throws(QuestionProblem) {
        func all<Value>(_ name: String, _ takes: String, _ read: (String) -> Value?) throws(QuestionProblem) -> [Value]
        {
            var found: [Value] = []
            let texts = values[name] ?? []
            for text in Self.listed.contains(name) ? texts.flatMap(Self.parts) : texts {
                guard let value = read(text) else {
                    throw QuestionProblem(name, "takes \(takes), not \"\(text.prefix(100))\"")
                }
                found.append(value)
            }
            return found
        }
        func one<Value>(_ name: String, _ takes: String, _ read: (String) -> Value?) throws(QuestionProblem) -> Value? {
            let found = try all(name, takes, read)
            guard found.count <= 1 else {
                throw QuestionProblem(name, "is given twice: \(values[name]!.joined(separator: " and ").prefix(100))")
            }
            return found.first
        }
        let id = "1 to 64 of A-Z a-z 0-9 _ . : -"
        var selection = MachineSelection()
        selection.keys = try all("equipment", "fleet/equipment, such as kuzbass-coal/truck-17") { MachineKey($0) }
        selection.fleets = try all("fleet", id) { FleetID($0) }
        selection.models = try all("model", id) { ModelID($0) }
        selection.sites = try all("site", "the name of a site") { $0.isEmpty ? nil : $0 }
        guard !selection.isEmpty else {
            throw QuestionProblem("equipment", "is missing; expected fleet/equipment, or else fleet, model or site")
        }
        let names = try all("signal", "the name of a signal") { $0.isEmpty || $0.hasPrefix("@") ? nil : $0 }
        let moment = "a time such as 2026-03-01T08:00:00Z, or a date"
        let isLast = try one("last", "true or false") { ["": true, "true": true, "false": false][$0] } ?? false
        let to = try one("to", moment) { Timestamp(moment: $0) }
        let from = try one("from", moment) { Timestamp(moment: $0) }
        let span = "a span of time such as 10s, 1m, 1h or 7d"
        let step = try one("step", span) { text in Duration(words: text).flatMap { $0 > .zero ? $0 : nil } }
        let aggregates = try all("aggregate", Aggregate.words) { Aggregate($0) }
        let condition = try one("where", "a condition such as \"mean speed < 1 for 10m\"") { SpanCondition($0) }
        if isLast, step != nil || condition != nil || !aggregates.isEmpty || from != nil {
            throw QuestionProblem("last", "asks for the newest reading, and excludes from, step, aggregate and where")
        }
        if let condition {
            guard names.isEmpty, aggregates.isEmpty else {
                throw QuestionProblem(
                    "where", "names its signal and its aggregate itself; leave signal and aggregate out")
            }
            guard !condition.signal.hasPrefix("@") else { throw QuestionProblem("where", "takes the name of a signal") }
        } else if (step == nil) != aggregates.isEmpty {
            throw QuestionProblem(
                step == nil ? "step" : "aggregate", "is missing: step and aggregate go together (\(Aggregate.words))")
        }
        guard aggregates.count <= Self.aggregatesMax else {
            throw QuestionProblem("aggregate", "is given more than \(Self.aggregatesMax) times; ask twice")
        }
        for (index, aggregate) in aggregates.enumerated() where aggregates[..<index].contains(aggregate) {
            throw QuestionProblem("aggregate", "names \(aggregate) twice")
        }
        let form: Form =
            if let condition {
                .spans(step ?? .minutes(1), condition)
            } else if let step {
                .steps(step, aggregates)
            } else {
                isLast ? .last : .readings
            }
        let end = to ?? (isLast ? .distantFuture : now)
        self.init(
            machines: selection, signals: condition.map { [$0.signal] } ?? names,
            from: from ?? (isLast ? .distantPast : end - .days(1)), to: end, form: form)
        guard self.from < end else {
            throw QuestionProblem("from", "must be before to: \(self.from.iso8601) is not before \(end.iso8601)")
        }
        grouping =
            try one("group_by", "machine, fleet or model") { Grouping(rawValue: $0) } ?? .machine
        if grouping != .machine, form == .readings || form == .last {
            throw QuestionProblem("group_by", "needs a step with an aggregate, or where")
        }
        hold = try one("hold", span) { Duration(words: $0) } ?? Self.usualHold
        limit =
            try one("limit", "a whole number from 1 to \(Self.limitMax)") { text in
                Int(text).flatMap { (1...Self.limitMax).contains($0) ? $0 : nil }
            } ?? Self.usualLimit
    }

    private static func parts(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }
}
