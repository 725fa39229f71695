import FleetModel

/// Raises and clears findings, from the machine's own time for values and codes and from ours for silence.
///
/// A value that its signal cannot have (beyond the range of its encoding) is stored and not judged: it tells of a
/// sensor, not of the machine.
package struct ConditionMonitor: Sendable {
    private let books: [MachineClassID: RuleBook]
    private let bookWithoutClass: RuleBook
    private let classes: [ModelID: MachineClassID]

    /// A guard's value older than this says nothing of now.
    package static let guardAgeMax = Duration.minutes(5)
    /// A machine that invents codes gets findings for the first so many different ones and no more: numbers are
    /// remembered for each, and its memory must stay small.
    package static let codesRemembered = 256

    package init(rules: [Rule], catalog: Catalog) {
        books = catalog.classes.mapValues { RuleBook(rules, for: $0) }
        bookWithoutClass = RuleBook(rules, for: nil)
        classes = catalog.models.mapValues(\.machineClass)
    }

    /// Takes a frame into the condition; returns the findings it raised or cleared.
    ///
    /// Order of arrival does not matter for what is stored; a frame older than what is known changes nothing here.
    package func observe(
        _ frame: Frame, receivedAt: Timestamp, machine: MachineKey, model: ModelID?,
        condition: inout MachineCondition
    ) -> [Finding] {
        let time = frame.observedAt
        condition.firstObservedAt = min(condition.firstObservedAt ?? time, time)
        condition.lastObservedAt = max(condition.lastObservedAt ?? time, time)
        condition.lastReceivedAt = max(condition.lastReceivedAt ?? receivedAt, receivedAt)

        let book = book(of: model)
        // All values first: a guard may stand behind the signal it guards.
        var judged: [Reading] = []
        for reading in frame.readings {
            if let known = condition.latest[reading.signal], known.observedAt >= time { continue }
            condition.latest[reading.signal] = LatestValue(value: reading.value, observedAt: time)
            guard book.isPossible(reading.value, of: reading.signal) else { continue }
            if let meter = Meter(signal: reading.signal) {
                condition.meters[meter, default: MeterHistory()].note(reading.value, at: time, of: meter)
            }
            if book.thresholds[reading.signal] != nil { judged.append(reading) }
        }

        var findings: [Finding] = []
        for reading in judged {
            for limit in book.thresholds[reading.signal] ?? [] {
                let verdict = verdict(on: reading.value, by: limit, at: time, book: book, latest: condition.latest)
                take(
                    verdict, rule: limit.rule, at: time, machine: machine, condition: &condition, findings: &findings
                ) {
                    Evidence.threshold(
                        limit, signal: reading.signal, value: reading.value, unit: book.unit(of: reading.signal))
                }
            }
        }
        if let faults = frame.faults, condition.faultsObservedAt.map({ $0 < time }) ?? true {
            condition.faultsObservedAt = time
            findings += judge(faults, at: time, book: book, machine: machine, condition: &condition)
        }
        return findings
    }

    /// Silence: judged against our clock. Call it every round.
    ///
    /// Nobody was silent while nobody listened: a machine is silent from `listeningSince` on at the earliest, and one
    /// that was silent before stays so until it is heard again.
    ///
    /// It also ends episodes of rules that are no longer configured for the machine, which nothing else would end.
    package func watch(
        now: Timestamp, listeningSince: Timestamp = .distantPast, machine: MachineKey, model: ModelID?,
        condition: inout MachineCondition
    ) -> [Finding] {
        let book = book(of: model)
        var findings: [Finding] = []
        if let heard = condition.lastReceivedAt {
            for limit in book.silences {
                let silent = now - max(heard, listeningSince)
                let verdict: EpisodeState.Verdict =
                    silent >= limit.limit ? .crossed : heard > listeningSince ? .reset : .neither
                // Stamped by a clock that was ahead, a wait would last until it is that late.
                let key = ConditionMonitor.key(limit.rule, code: nil)
                if let since = condition.episodes[key]?.since, since > now { condition.episodes[key]?.since = now }
                take(
                    verdict, rule: limit.rule, at: now, machine: machine,
                    condition: &condition, findings: &findings
                ) { Evidence.silence(silent, limit: limit) }
            }
        }
        for (key, state) in condition.episodes where state.raisedAt != nil {
            let id = RuleID(unchecked: String(key.prefix { $0 != "/" }))
            guard book.rules[id] == nil, let raisedAt = state.raisedAt else { continue }
            condition.episodes[key]?.raisedAt = nil
            condition.episodes[key]?.since = nil
            condition.episodes[key]?.evidence = nil
            findings.append(
                Finding(
                    machine: machine,
                    episode: EpisodeKey(rule: id, subject: state.code?.description ?? "", number: state.number),
                    title: "rule \(id) no longer applies", severity: .info, raisedAt: raisedAt, clearedAt: now,
                    evidence: state.evidence ?? ""))
        }
        return findings
    }

    // MARK: - Judging

    private func book(of model: ModelID?) -> RuleBook {
        model.flatMap { classes[$0] }.flatMap { books[$0] } ?? bookWithoutClass
    }

    private func verdict(
        on value: Double, by limit: RuleBook.Threshold, at time: Timestamp, book: RuleBook,
        latest: [Signal: LatestValue]
    ) -> EpisodeState.Verdict {
        let isMeaningful = limit.guards.allSatisfy { condition in
            guard let known = latest[condition.signal], time - known.observedAt <= ConditionMonitor.guardAgeMax,
                book.isPossible(known.value, of: condition.signal)
            else { return false }
            return condition.comparison.holds(known.value, condition.value)
        }
        // Without its conditions a value means nothing, so it does not clear either: a cold engine's oil pressure
        // is no proof that the pump was repaired.
        guard isMeaningful else { return .neither }
        if limit.comparison.holds(value, limit.threshold) { return .crossed }
        return limit.comparison.holds(value, limit.reset) ? .neither : .reset
    }

    /// The set is complete: a code that is not in it is no longer active.
    private func judge(
        _ faults: [DiagnosticTroubleCode], at time: Timestamp, book: RuleBook, machine: MachineKey,
        condition: inout MachineCondition
    ) -> [Finding] {
        var active: [DiagnosticTroubleCode.Key: ActiveFault] = [:]
        for code in faults {
            active[code.key] = ActiveFault(code: code, since: condition.faults[code.key]?.since ?? time)
        }
        condition.faults = active

        // A code leaves either by its absence or because another rule takes it now.
        var findings: [Finding] = []
        let left = condition.episodes.filter { key, state in
            guard let code = state.code, !state.isIdle else { return false }
            guard active[code] != nil, let rule = book.rule(for: code) else { return true }
            return key != ConditionMonitor.key(rule, code: code)
        }
        for (key, state) in left.sorted(by: { $0.key < $1.key }) {
            guard let code = state.code,
                let rule = book.rules[RuleID(unchecked: String(key.prefix { $0 != "/" }))]
            else { continue }
            take(
                .reset, rule: rule, code: code, at: time, machine: machine, condition: &condition,
                findings: &findings
            ) { "" }
        }
        var remembered = condition.episodes.count { $0.value.code != nil }
        for fault in active.values.sorted(by: { $0.code.key < $1.code.key }) {
            guard let rule = book.rule(for: fault.code.key) else { continue }
            if condition.episodes[ConditionMonitor.key(rule, code: fault.code.key)] == nil {
                guard remembered < ConditionMonitor.codesRemembered else { continue }
                remembered += 1
            }
            take(
                .crossed, rule: rule, code: fault.code.key, at: time, machine: machine, condition: &condition,
                findings: &findings
            ) { Evidence.fault(fault.code, rule: rule) }
        }
        return findings
    }

    private static func key(_ rule: Rule, code: DiagnosticTroubleCode.Key?) -> String {
        code.map { "\(rule.id.text)/\($0)" } ?? rule.id.text
    }

    private func take(
        _ verdict: EpisodeState.Verdict, rule: Rule, code: DiagnosticTroubleCode.Key? = nil, at time: Timestamp,
        machine: MachineKey, condition: inout MachineCondition, findings: inout [Finding], evidence: () -> String
    ) {
        // Nearly always nothing is wrong and nothing was: then there is no state to look up.
        if verdict != .crossed, condition.episodes.isEmpty { return }
        let key = ConditionMonitor.key(rule, code: code)
        let known = condition.episodes[key]
        if verdict != .crossed, known?.isIdle ?? true { return }

        var state = known ?? EpisodeState()
        state.code = code
        let raisedAt = state.raisedAt
        let change = state.take(verdict, at: time, raiseAfter: rule.raiseAfter, clearAfter: rule.clearAfter)
        if let change {
            if change == .raised { state.evidence = evidence() }
            let finding = Finding(
                machine: machine,
                episode: EpisodeKey(rule: rule.id, subject: code?.description ?? "", number: state.number),
                title: rule.isForEveryCode ? "\(rule.title): \(code?.description ?? "")" : rule.title,
                severity: rule.isForEveryCode ? max(rule.severity, code?.fmi.severity ?? .info) : rule.severity,
                raisedAt: change == .raised ? time : raisedAt ?? time,
                clearedAt: change == .cleared ? time : nil, evidence: state.evidence ?? "", advice: rule.advice,
                repair: rule.repair)
            findings.append(finding)
            if change == .cleared { state.evidence = nil }
        }
        // A threshold that almost crossed leaves nothing behind.
        condition.episodes[key] = state.isIdle && state.number == 0 ? nil : state
    }
}
