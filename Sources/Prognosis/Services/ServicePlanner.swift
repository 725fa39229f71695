import FleetModel

/// What a machine is due for by its plan.
///
/// A service nobody told us of counts from new: the plan's multiples that lie before the first known reading are
/// taken as done, the next one is due. A service that is done once and whose reading was passed before we knew the
/// machine is taken as done. Services of the operator's own people are not reported to anybody, so they are taken
/// as done on time: the next one is shown, none is ever due.
package struct ServicePlanner: Sendable {
    let catalog: Catalog
    let nestings: [ServicePlanID: PlanNesting]

    /// A seasonal service is due soon so many days before its date.
    static let seasonWindowDays = 14.0
    /// On a fixed grid, a service done at most this share of the interval early stands for the coming multiple.
    static let earlyShare = 0.25

    package init(catalog: Catalog) {
        self.catalog = catalog
        nestings = catalog.plans.mapValues(PlanNesting.init)
    }

    /// Where the machine stands with every service of its plan; empty for a model without a plan.
    ///
    /// `remaining` is what was left at the last reading. A machine that has fallen silent is due soon when its known
    /// use has probably brought it there; due and overdue are only what was really read.
    package func standings(of machine: Machine, condition: MachineCondition, now: Timestamp) -> [ServiceStanding] {
        guard let plan = catalog.plan(of: machine.model), let nesting = nestings[plan.id] else { return [] }
        let subject = Subject(machine: machine, condition: condition, now: now)
        var standings = plan.services.compactMap { service in
            standing(of: subject, with: service, nesting: nesting)
        }
        for index in standings.indices where standings[index].status.isPressing {
            let code = standings[index].code
            standings[index].isCoveredBy = nesting.covering[code]?.last { larger in
                larger != code
                    && standings.contains { $0.code == larger && $0.status.isPressing && $0.performer == .center }
            }
        }
        return standings
    }

    /// Registers that `code` and everything it includes was done.
    ///
    /// A meter the record does not give is taken as it stands now.
    package func performed(
        _ code: String, record: ServiceRecord, machine: Machine, condition: inout MachineCondition
    ) {
        var record = record
        for meter in Meter.allCases where record.meters[meter] == nil {
            record.meters[meter] = condition.meters[meter]?.last?.shown ?? machine.meters[meter]
        }
        let nesting = catalog.plan(of: machine.model).flatMap { nestings[$0.id] }
        for covered in nesting?.covered[code] ?? [code] {
            let done = condition.services[covered]?.done ?? 0
            condition.services[covered] = ServiceHistory(done: done + 1, last: record)
        }
    }

    // MARK: - One service

    struct Subject {
        var machine: Machine
        var condition: MachineCondition
        var now: Timestamp
    }

    private func standing(
        of subject: Subject, with service: ServiceInterval, nesting: PlanNesting
    ) -> ServiceStanding? {
        let last = LastService(
            service.code, nesting: nesting, machine: subject.machine, condition: subject.condition)
        if service.isOnce, last != nil { return nil }
        let triggers = service.triggers.compactMap { trigger in
            switch trigger {
            case .meter(let meter, let every): byMeter(meter, every: every, service, last: last, of: subject)
            case .days(let days): byDays(days, service, last: last, of: subject)
            case .dates(let dates, let mark): byDate(dates, mark: mark, service, last: last, of: subject)
            }
        }
        guard var first = triggers.first else { return nil }
        for trigger in triggers.dropFirst() where trigger.isHit(before: first) { first = trigger }
        return ServiceStanding(
            code: service.code, title: service.title, status: first.status, performer: service.performer,
            done: subject.condition.services[service.code]?.done ?? 0, trigger: first.text, mark: first.mark,
            remaining: first.remaining, unit: first.unit, due: first.due)
    }

    /// `nil`: done once, before we knew the machine.
    private func byMeter(
        _ meter: Meter, every: Marked<Double>, _ service: ServiceInterval, last: LastService?, of subject: Subject
    ) -> TriggerStanding? {
        let text = "\(service.isOnce ? "once at" : "every") \(figure(every.value)) \(meter.unit) (\(every.mark))"
        let interval = every.value
        guard interval > 0, let scale = MeterScale(meter, machine: subject.machine, condition: subject.condition)
        else { return .unknown(text, unit: meter.unit, mark: every.mark) }

        func multiple(after reading: Double) -> Double { ((reading / interval).rounded(.down) + 1) * interval }
        let dueAt: Double
        if service.performer == .operator {
            let start = last.flatMap { scale.reading(of: meter, at: $0) } ?? 0
            dueAt = start + multiple(after: scale.current - start)
        } else if let reading = last.flatMap({ scale.reading(of: meter, at: $0) }) {
            switch service.schedule {
            case .sliding: dueAt = reading + interval
            case .fixed: dueAt = multiple(after: reading + ServicePlanner.earlyShare * interval)
            }
        } else if service.isOnce {
            guard scale.firstKnown <= interval else { return nil }
            dueAt = interval
        } else {
            dueAt = multiple(after: scale.firstKnown)
        }

        let remaining = dueAt - scale.current
        let window = service.dueSoonShare * interval
        var status = TriggerStanding.status(remaining: remaining, window: window)
        let forecast = UseForecast(
            meter, history: subject.condition.meters[meter], remaining: remaining, now: subject.now)
        if status == .ok, let forecast, remaining - forecast.useInSilence <= window { status = .dueSoon }
        return TriggerStanding(
            status: status, remaining: remaining, interval: interval, unit: meter.unit,
            due: forecast?.due(in: remaining), text: text, mark: every.mark)
    }

    private func byDays(
        _ days: Marked<Int>, _ service: ServiceInterval, last: LastService?, of subject: Subject
    ) -> TriggerStanding? {
        let text = "\(service.isOnce ? "once after" : "every") \(days.value) days (\(days.mark))"
        let interval = Duration.days(Double(days.value))
        let known = subject.condition.firstObservedAt
        let inService = subject.machine.inService.flatMap { CivilDate($0)?.startOfDay }
        guard days.value > 0, let start = last?.record.performedAt ?? inService ?? known else {
            return .unknown(text, unit: "days", mark: days.mark)
        }
        func multiple(after time: Timestamp) -> Timestamp {
            let passed = (time - start).microseconds.flooredDivision(by: interval.microseconds)
            return start + .microseconds((passed + 1) * interval.microseconds)
        }
        let due: Timestamp
        if service.performer == .operator {
            due = multiple(after: subject.now)
        } else if last != nil {
            due = start + interval
        } else if service.isOnce {
            due = start + interval
            if let known, known > due { return nil }
        } else {
            due = multiple(after: max(start, known ?? start))
        }
        return byTime(
            due, interval: Double(days.value), window: service.dueSoonShare * Double(days.value), text: text,
            mark: days.mark, now: subject.now)
    }

    private func byDate(
        _ dates: [SeasonDate], mark: Mark, _ service: ServiceInterval, last: LastService?, of subject: Subject
    ) -> TriggerStanding? {
        guard let calendar = SeasonCalendar(dates) else { return nil }
        let text = "on \(calendar.text) (\(mark))"
        let due: Timestamp
        if service.performer == .operator {
            due = calendar.first(after: subject.now)
        } else if let last {
            due = calendar.due(afterServiceAt: last.record.performedAt)
        } else if let known = subject.condition.firstObservedAt {
            due = calendar.first(after: known)
        } else {
            return .unknown(text, unit: "days", mark: mark)
        }
        return byTime(
            due, interval: 365 / Double(dates.count), window: ServicePlanner.seasonWindowDays, text: text, mark: mark,
            now: subject.now)
    }

    private func byTime(
        _ due: Timestamp, interval: Double, window: Double, text: String, mark: Mark, now: Timestamp
    ) -> TriggerStanding {
        let remaining = (due - now).inDays
        return TriggerStanding(
            status: TriggerStanding.status(remaining: remaining, window: window), remaining: remaining,
            interval: interval, unit: "days", due: DueDate(exactly: due), text: text, mark: mark)
    }
}
