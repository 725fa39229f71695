import FleetModel

extension Entry {
    /// A signal's name as a key, or `nil` when machines could not send it.
    func signalName(_ name: String) -> String? {
        guard isTopicSegment(name.utf8) else {
            report("\"\(name)\" cannot be the name of a signal", "use 1 to 64 of A-Z a-z 0-9 _ . : -")
            return nil
        }
        return name
    }

    func signalSpecification(_ signal: Signal, declared: CatalogFile.Declared) -> SignalSpecification? {
        fields { fields in
            let title = fields.required("title")?.text()
            let unit = fields.required("unit")?.textOrEmpty()
            let spn = fields.optional("spn").flatMap { entry in
                entry.integer(in: 0...0x7_FFFF).flatMap { SPN(UInt32($0)) }
            }
            let range = fields.optional("range")?.rangeOfNumbers()
            let normal = fields.optional("normal")?.normalRange(sources: declared.sources)
            let limits =
                fields.optional("limits")?.list { $0.limit(within: range, declared: declared) } ?? []
            // Limits against a machine's own baseline or setting: said in words until something can judge them.
            _ = fields.optional("relative")?.list { $0.text() }
            _ = fields.optional("note")?.text()
            guard let title, let unit else { return nil }
            return SignalSpecification(
                signal: signal, title: title, unit: unit, spn: spn, range: range, normal: normal, limits: limits)
        }
    }

    /// `[-40, 210]`
    fileprivate func rangeOfNumbers() -> ClosedRange<Double>? {
        guard let bounds = list({ $0.number() }) else { return nil }
        guard bounds.count == 2, bounds[0] <= bounds[1] else {
            report("a range takes two numbers, the lower one first", "write it as [-40, 210]")
            return nil
        }
        return bounds[0]...bounds[1]
    }

    /// `{from: 80, to: 95, mark: assumed}`
    fileprivate func normalRange(sources: Set<String>) -> Marked<ClosedRange<Double>>? {
        fields { fields in
            let from = fields.required("from")?.number()
            let to = fields.required("to")?.number()
            let mark = fields.required("mark")?.mark(sources: sources)
            _ = fields.optional("note")?.text()
            guard let from, let to, let mark else { return nil }
            guard from <= to else {
                report("from is above to", "write the lower number under from")
                return nil
            }
            return Marked(from...to, mark)
        }
    }

    /// `{severity: critical, above: 103, for: 10s, when: [engine_load > 30], mark: assumed}`
    fileprivate func limit(within range: ClosedRange<Double>?, declared: CatalogFile.Declared) -> Limit? {
        fields { fields in
            let severity = fields.required("severity")?.word(Severity.self)
            let comparison = fields.comparison()
            let value = comparison?.value.number()
            let hold = fields.optional("for")?.duration()
            let when = fields.optional("when")?.guards(signals: declared.signals)
            let mark = fields.required("mark")?.mark(sources: declared.sources)
            _ = fields.optional("note")?.text()
            guard let severity, let comparison, let value, let mark else { return nil }
            if let range, !range.contains(value) {
                comparison.value.report(
                    "a limit of \(shortest(value)) can never be crossed: the signal's range is "
                        + "\(shortest(range.lowerBound)) to \(shortest(range.upperBound))",
                    "widen the range or correct the limit")
            }
            return Limit(
                severity: severity, comparison: comparison.comparison, value: value, hold: hold ?? .zero,
                when: when ?? [], mark: mark)
        }
    }
}
