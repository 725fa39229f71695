import FleetModel

/// Which of a signal's limits a rule means: `critical`, or `critical below` where both directions have one.
struct LimitChoice {
    var severity: Severity
    var comparison: Comparison?
}

/// One limit and the classes that have it.
struct LimitVariant {
    /// The signal group that the limit stands in, with a number when it has several that fit.
    var name: String
    var limit: Limit
    var classes: Set<MachineClassID>
}

extension CatalogFile {
    /// The different limits that fit, each with its classes, in the order of the groups' names.
    func variants(of signal: Signal, _ choice: LimitChoice, classes wanted: Set<MachineClassID>) -> [LimitVariant] {
        var classesByGroup: [String: Set<MachineClassID>] = [:]
        for (id, signals) in origins where wanted.isEmpty || wanted.contains(id) {
            if let group = signals[signal] { classesByGroup[group, default: []].insert(id) }
        }
        return classesByGroup.sorted { $0.key < $1.key }.flatMap { group, classes in
            let limits = (groups[group]?[signal]?.limits ?? []).filter {
                $0.severity == choice.severity && (choice.comparison == nil || $0.comparison == choice.comparison)
            }
            return limits.enumerated().map { index, limit in
                LimitVariant(
                    name: limits.count == 1 ? group : "\(group).\(index + 1)", limit: limit, classes: classes)
            }
        }
    }
}

extension Entry {
    func limitChoice() -> LimitChoice? {
        let directions: [String: Comparison] = ["above": .above, "below": .below, "equal": .equal]
        guard let text = text() else { return nil }
        let words = text.split(separator: " ").map(String.init)
        guard let severity = words.first.flatMap(Severity.init(rawValue:)), words.count <= 2,
            words.count == 1 || directions[words[1]] != nil
        else {
            report(
                "\"\(text)\" does not name a limit",
                "write its severity (\(Severity.allCases.map(\.rawValue).joined(separator: ", "))), "
                    + "with above, below or equal behind it if need be")
            return nil
        }
        return LimitChoice(severity: severity, comparison: words.count == 2 ? directions[words[1]] : nil)
    }

    func repairJob() -> RepairJob? {
        fields { fields in
            let title = fields.required("title")?.text()
            let requirement = fields.jobRequirement()
            let parts = fields.optional("parts")?.list { $0.text() } ?? []
            let duration = fields.required("duration_hours")?.number(in: 0.05...10_000)
            let labour = fields.required("labour_person_hours")?.number(in: 0.05...10_000)
            let stops = fields.optional("stops_machine")?.flag() ?? false
            guard let title, let requirement, let duration, let labour else { return nil }
            return RepairJob(
                title: title, requirement: requirement, parts: parts, durationHours: duration,
                labourPersonHours: labour, stopsMachine: stops)
        }
    }
}
