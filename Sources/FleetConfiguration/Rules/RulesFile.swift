import FleetModel

/// What `rules.yaml` says: when a reading, a fault code or silence is a finding.
///
/// A rule that refers to a limit of the catalog becomes one rule for every different limit that the classes have:
/// its id is the written one with the signal group's name behind it.
///
/// A file may start from another one by `base`: it takes over its rules and puts its own in place of those of the
/// same id.
struct RulesFile {
    /// By the id as written, in the files' order.
    var written: [(name: String, rules: [Rule])] = []

    var rules: [Rule] { written.flatMap(\.rules) }

    /// `folder` is where relative paths are meant from; `nil` in a base, which has no base of its own.
    static func read(_ root: Entry, catalog: CatalogFile?, folder: String?) -> RulesFile? {
        root.fields { fields in
            var file = RulesFile()
            if let folder, let base = fields.optional("base")?.text(),
                let document = document(at: filePath(base, from: folder), log: root.log)
            {
                file = read(document, catalog: catalog, folder: nil) ?? file
            }
            guard let entry = fields.required("rules") else { return nil }
            let own = entry.named { name, key, value -> (name: String, rules: [Rule])? in
                guard let id = RuleID(name) else {
                    key.report("\"\(name)\" cannot be an id", "use 1 to 64 of A-Z a-z 0-9 _ . : -")
                    return nil
                }
                return (name, RuleReader(id: id, catalog: catalog, entry: value).rules() ?? [])
            }
            guard let own else { return nil }
            let replaced = Set(own.map(\.name))
            file.written = file.written.filter { !replaced.contains($0.name) } + own
            file.refuseRepeatedConditions(entry)
            return file
        }
    }

    /// Two rules with one condition would raise two findings, and order two repairs, for one thing.
    private func refuseRepeatedConditions(_ entry: Entry) {
        let rules = rules
        for (index, rule) in rules.enumerated() {
            for earlier in rules[..<index] where earlier.condition == rule.condition {
                let overlap =
                    earlier.classes.isEmpty || rule.classes.isEmpty || !earlier.classes.isDisjoint(with: rule.classes)
                if overlap {
                    entry.report(
                        "\(rule.id) repeats the condition of \(earlier.id) for the same classes", "remove one of them")
                }
            }
        }
    }
}

/// Reads one rule.
private struct RuleReader {
    let id: RuleID
    let catalog: CatalogFile?
    let entry: Entry

    /// What the kinds of rules have in common.
    private struct Common {
        var title: String?
        var severity: Severity?
        var raiseAfter: Duration?
        var clearAfter: Duration
        var advice: String
        var repair: RepairJob?
        var classes: Set<MachineClassID>
        var when: [Rule.Guard]
    }

    func rules() -> [Rule]? {
        entry.fields { fields in
            let common = common(fields)
            guard let kind = fields.exactlyOne(of: ["signal", "fault_codes", "silence"]) else {
                fields.tolerateOthers()
                return nil
            }
            switch kind.name {
            case "signal": return thresholds(kind.value, fields, common)
            case "fault_codes": return faultCode(kind.value, fields, common)
            default: return silence(kind.value, fields, common)
            }
        }
    }

    private func common(_ fields: Fields) -> Common {
        Common(
            title: fields.required("title")?.text(), severity: fields.optional("severity")?.word(Severity.self),
            raiseAfter: fields.optional("raise_after")?.duration(),
            clearAfter: fields.optional("clear_after")?.duration() ?? .seconds(60),
            advice: fields.optional("advice")?.text() ?? "",
            repair: fields.optional("repair").flatMap { $0.repairJob() }, classes: classes(fields),
            when: fields.optional("when")?.guards(signals: catalog?.declared.signals) ?? [])
    }

    /// The classes named by `classes`, and those of the families named by `families`.
    private func classes(_ fields: Fields) -> Set<MachineClassID> {
        var classes: Set<MachineClassID> = []
        let named = fields.optional("classes")?.list { item in
            item.reference(MachineClassID.self, to: "class of machines", in: catalog?.declared.classes)
        }
        classes.formUnion(named ?? [])
        for item in fields.optional("families")?.list({ $0 }) ?? [] {
            guard let family = item.text(), let catalog else { continue }
            guard catalog.declared.families.contains(family) else {
                item.report(
                    "unknown family \"\(family)\"", suggestion(for: family, among: catalog.declared.families))
                continue
            }
            classes.formUnion(catalog.classes.values.filter { $0.family == family }.map(\.id))
        }
        return classes
    }

    private func rule(
        _ common: Common, id: RuleID? = nil, condition: Rule.Condition, classes: Set<MachineClassID>,
        severity: Severity, raiseAfter: Duration, mark: Mark
    ) -> Rule? {
        common.title.map {
            Rule(
                id: id ?? self.id, title: $0, condition: condition, classes: classes, severity: severity,
                raiseAfter: raiseAfter, clearAfter: common.clearAfter, repair: common.repair, mark: mark,
                advice: common.advice)
        }
    }

    // MARK: Thresholds

    private func thresholds(_ name: Entry, _ fields: Fields, _ common: Common) -> [Rule]? {
        let signal = name.text().flatMap { text -> Signal? in
            guard let catalog, !catalog.declared.signals.contains(text) else { return Signal(text) }
            name.report("unknown signal \"\(text)\"", suggestion(for: text, among: catalog.declared.signals))
            return nil
        }
        guard let limit = fields.optional("limit") else { return explicitThreshold(signal, fields, common) }
        if fields.hasComparison {
            limit.report(
                "a rule takes its threshold from the catalog's limit or states its own, not both",
                "remove limit, or above/below/equal")
            return nil
        }
        let margin = fields.optional("margin")?.number(in: 0...1_000_000) ?? 0
        guard let signal, let wanted = limit.limitChoice(), let catalog else { return nil }
        let severity = common.severity ?? wanted.severity
        let variants = catalog.variants(of: signal, wanted, classes: common.classes)
        guard !variants.isEmpty else {
            limit.report(
                "no class\(common.classes.isEmpty ? "" : " named here") has a \(limit.text() ?? "") limit of \(signal)",
                "give the catalog such a limit, or state a threshold here with above, below or equal")
            return nil
        }
        return variants.compactMap { variant in
            let found = variant.limit
            let reset =
                switch found.comparison {
                case .above: found.value - margin
                case .below: found.value + margin
                case .equal: found.value
                }
            return rule(
                common, id: variants.count == 1 ? id : RuleID("\(id).\(variant.name)") ?? id,
                condition: .threshold(
                    signal, found.comparison, threshold: found.value, reset: reset, when: found.when + common.when),
                classes: variant.classes, severity: severity, raiseAfter: common.raiseAfter ?? found.hold,
                mark: found.mark)
        }
    }

    private func explicitThreshold(_ signal: Signal?, _ fields: Fields, _ common: Common) -> [Rule]? {
        let comparison = fields.comparison()
        let threshold = comparison?.value.number()
        let resetEntry = fields.optional("reset")
        let reset = resetEntry?.number()
        let mark = fields.required("mark")?.mark(sources: catalog?.declared.sources)
        guard let severity = severity(common), let signal, let comparison, let threshold, let mark else { return nil }
        let line = reset ?? threshold
        let isSane =
            switch comparison.comparison {
            case .above: line <= threshold
            case .below: line >= threshold
            case .equal: line == threshold
            }
        guard isSane else {
            resetEntry?.report(
                "the reset lies on the wrong side of the threshold \(shortest(threshold))",
                "it must be where the machine is well again")
            return nil
        }
        return rule(
            common,
            condition: .threshold(
                signal, comparison.comparison, threshold: threshold, reset: line, when: common.when),
            classes: common.classes, severity: severity, raiseAfter: common.raiseAfter ?? .zero, mark: mark
        ).map { [$0] }
    }

    private func severity(_ common: Common) -> Severity? {
        if common.severity == nil { entry.report("the key \"severity\" is missing") }
        return common.severity
    }

    // MARK: Fault codes and silence

    private func faultCode(_ codes: Entry, _ fields: Fields, _ common: Common) -> [Rule]? {
        let sets = codes.fields { fields in
            let spns = fields.optional("spns")?.list { $0.integer(in: 0...0x7_FFFF).map(UInt32.init) } ?? []
            let fmis = fields.optional("fmis")?.list { $0.integer(in: 0...31).map(UInt8.init) } ?? []
            return (Set(spns), Set(fmis))
        }
        let mark = fields.required("mark")?.mark(sources: catalog?.declared.sources)
        guard let severity = severity(common), let sets, let mark else { return nil }
        return rule(
            common, condition: .faultCode(spns: sets.0, fmis: sets.1), classes: common.classes, severity: severity,
            raiseAfter: common.raiseAfter ?? .zero, mark: mark
        ).map { [$0] }
    }

    private func silence(_ span: Entry, _ fields: Fields, _ common: Common) -> [Rule]? {
        let span = span.duration(in: .seconds(1)...(.days(365)))
        let mark = fields.required("mark")?.mark(sources: catalog?.declared.sources)
        guard let severity = severity(common), let span, let mark else { return nil }
        return rule(
            common, condition: .silence(span), classes: common.classes, severity: severity,
            raiseAfter: common.raiseAfter ?? .zero, mark: mark
        ).map { [$0] }
    }
}
