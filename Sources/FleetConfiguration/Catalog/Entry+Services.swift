import FleetModel

extension Entry {
    func serviceInterval(sources: Set<String>?) -> ServiceInterval? {
        fields { fields in
            let code = fields.required("code")?.serviceCode()
            let title = fields.required("title")?.text()
            let triggersEntry = fields.required("triggers")
            let triggers = triggersEntry?.list { $0.serviceTrigger(sources: sources) }
            if triggersEntry?.node.sequence?.isEmpty == true {
                triggersEntry?.report(
                    "without a trigger it would never be due", "give at least one, such as {engine_hours: 250, …}")
            }
            let schedule = fields.optional("schedule")?.serviceSchedule() ?? .sliding
            let isOnce = fields.optional("once")?.flag() ?? false
            let dueSoonShare = fields.optional("due_soon")?.number(in: 0...0.9) ?? 0.1
            let performer = fields.optional("performed_by")?.servicePerformer() ?? .center
            let includes = fields.optional("includes")?.list { $0.text() } ?? []
            let tasks = fields.required("tasks")?.markedItems(sources: sources)
            let parts = fields.required("parts")?.markedItems(sources: sources)
            let duration = fields.required("duration_hours")?.markedNumber(sources: sources, in: 0.05...1_000)
            let labour = fields.required("labour_person_hours")?.markedNumber(sources: sources, in: 0.05...10_000)
            let requirement = fields.required("requires")?.jobRequirement()
            _ = fields.optional("note")?.text()
            guard let code, let title, let triggers, let tasks, let parts, let duration, let labour,
                let requirement
            else { return nil }
            return ServiceInterval(
                code: code, title: title, triggers: triggers, schedule: schedule, isOnce: isOnce,
                dueSoonShare: dueSoonShare, performer: performer, includes: includes, tasks: tasks, parts: parts,
                durationHours: duration, labourPersonHours: labour, requirement: requirement)
        }
    }

    /// A code stands in ids such as `service/TO-2/3`, so it has their alphabet.
    private func serviceCode() -> String? {
        guard let text = text() else { return nil }
        guard isTopicSegment(text.utf8) else {
            report("\"\(text)\" cannot be a service's code", "use 1 to 64 of A-Z a-z 0-9 _ . : -")
            return nil
        }
        return text
    }

    private func serviceSchedule() -> ServiceInterval.Schedule? {
        choice([("fixed", ServiceInterval.Schedule.fixed), ("sliding", .sliding)])
    }

    private func servicePerformer() -> ServiceInterval.Performer? {
        choice([("operator", ServiceInterval.Performer.operator), ("center", .center)])
    }

    private func choice<Value>(_ allowed: [(String, Value)]) -> Value? {
        guard let text = text() else { return nil }
        guard let found = allowed.first(where: { $0.0 == text }) else {
            report("\"\(text)\" is not allowed here", suggestion(for: text, among: allowed.map(\.0)))
            return nil
        }
        return found.1
    }

    /// `{engine_hours: 250, mark: assumed}`, `{days: 8, …}`, `{dates: [04-15, 10-15], …}`
    func serviceTrigger(sources: Set<String>?) -> ServiceTrigger? {
        fields { fields in
            let given = fields.exactlyOne(of: Meter.allCases.map(\.rawValue) + ["days", "dates"])
            let mark = fields.required("mark")?.mark(sources: sources)
            _ = fields.optional("note")?.text()
            guard let given else { return nil }
            switch given.name {
            case "days":
                let days = given.value.integer(in: 1...36_500)
                guard let days, let mark else { return nil }
                return .days(Marked(days, mark))
            case "dates":
                let dates = given.value.list { $0.seasonDate() }
                guard let dates, let mark else { return nil }
                guard !dates.isEmpty else {
                    given.value.report("no date is given", "write them as [04-15, 10-15]")
                    return nil
                }
                return .dates(dates, mark)
            default:
                let every = given.value.number(in: 0.1...10_000_000)
                guard let meter = Meter(rawValue: given.name), let every, let mark else { return nil }
                return .meter(meter, every: Marked(every, mark))
            }
        }
    }

    /// `04-15`: a day that every year has.
    private func seasonDate() -> SeasonDate? {
        guard let text = text() else { return nil }
        let parts = text.split(separator: "-")
        guard parts.count == 2, let month = Int(parts[0]), let day = Int(parts[1]),
            let date = SeasonDate(month: month, day: day)
        else {
            report("\"\(text)\" is not a day of every year", "write month and day: 04-15")
            return nil
        }
        return date
    }

    /// `{job: major-service, high_voltage: true, lift_tonnes: 30, workshop: true}`
    func jobRequirement() -> JobRequirement? {
        fields { fields in fields.jobRequirement() }
    }
}

extension Fields {
    /// The keys that say what a job takes of a center.
    func jobRequirement() -> JobRequirement? {
        let job = required("job")?.word(JobType.self)
        let highVoltage = optional("high_voltage")?.flag() ?? false
        let lift = optional("lift_tonnes")?.number(in: 0...1_000) ?? 0
        let workshop = optional("workshop")?.flag() ?? false
        guard let job else { return nil }
        return JobRequirement(
            job: job, needsHighVoltagePermit: highVoltage, liftTonnes: lift, needsWorkshop: workshop)
    }
}
