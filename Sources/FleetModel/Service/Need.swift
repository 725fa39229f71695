/// What a machine needs from a center, and why; from a service plan or from a finding.
package struct Need: Sendable, Hashable, Codable {
    package var machine: MachineKey
    package var key: NeedKey
    package var title: String
    /// For the center's mechanic: which meter, which code, which limit and its mark.
    package var reason: String
    package var severity: Severity
    package var due: DueDate?
    package var tasks: [String]
    package var parts: [String]
    package var durationHours: Double
    package var labourPersonHours: Double
    package var requirement: JobRequirement
    /// The machine must not go on working until it is done; it also cannot drive to a center.
    package var stopsMachine: Bool

    package init(
        machine: MachineKey, key: NeedKey, title: String, reason: String, severity: Severity, due: DueDate? = nil,
        tasks: [String] = [], parts: [String] = [], durationHours: Double, labourPersonHours: Double,
        requirement: JobRequirement, stopsMachine: Bool = false
    ) {
        self.machine = machine
        self.key = key
        self.title = title
        self.reason = reason
        self.severity = severity
        self.due = due
        self.tasks = tasks
        self.parts = parts
        self.durationHours = durationHours
        self.labourPersonHours = labourPersonHours
        self.requirement = requirement
        self.stopsMachine = stopsMachine
    }
}

/// What makes two needs of one machine the same need: it gets one work order, however often it is found.
package enum NeedKey: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The service of this code, after so many of them were done.
    case service(code: String, done: Int)
    /// This episode of a rule.
    case finding(EpisodeKey)

    /// `service/TO-2/3`, `finding/coolant-hot/1`: stored and compared in this form.
    package var description: String {
        switch self {
        case .service(let code, let done): "service/\(code)/\(done)"
        case .finding(let episode): "finding/\(episode)"
        }
    }
}

/// One time that a rule held for a machine, from raising to clearing, counted from 1.
package struct EpisodeKey: Hashable, Sendable, Codable, CustomStringConvertible {
    package var rule: RuleID
    /// Which of several things of one rule, such as the code `SPN 110 FMI 0 SA 0`; empty for a threshold.
    package var subject: String
    package var number: Int

    package init(rule: RuleID, subject: String = "", number: Int) {
        self.rule = rule
        self.subject = subject
        self.number = number
    }

    package var description: String {
        subject.isEmpty ? "\(rule)/\(number)" : "\(rule)/\(subject)/\(number)"
    }
}

/// When something will be due, and how sure that is.
package struct DueDate: Sendable, Hashable, Codable {
    /// One in ten machines used like this one is due before.
    package var p10: Timestamp
    package var p50: Timestamp
    package var p90: Timestamp
    /// No fresh reading: the date rests on how the machine was used before it fell silent.
    package var isEstimate: Bool

    package init(p10: Timestamp, p50: Timestamp, p90: Timestamp, isEstimate: Bool) {
        self.p10 = p10
        self.p50 = p50
        self.p90 = p90
        self.isEstimate = isEstimate
    }

    /// A day of the calendar: certain.
    package init(exactly time: Timestamp) { self.init(p10: time, p50: time, p90: time, isEstimate: false) }
}

/// Where a machine stands with one service of its plan.
package struct ServiceStanding: Sendable, Hashable, Codable {
    package var code: String
    package var title: String
    package var status: Status
    package var performer: ServiceInterval.Performer
    /// How often it was done since registration.
    package var done: Int
    /// The trigger that will be hit first, for people: `every 250 h (assumed)`.
    package var trigger: String
    package var mark: Mark
    /// In the trigger's unit (h, km, l or days); negative when overdue; `nil` when nothing is known to count from.
    package var remaining: Double?
    package var unit: String
    package var due: DueDate?
    /// A service that includes this one is due as well and stands for it.
    package var isCoveredBy: String?

    package init(
        code: String, title: String, status: Status, performer: ServiceInterval.Performer, done: Int, trigger: String,
        mark: Mark, remaining: Double?, unit: String, due: DueDate? = nil, isCoveredBy: String? = nil
    ) {
        self.code = code
        self.title = title
        self.status = status
        self.performer = performer
        self.done = done
        self.trigger = trigger
        self.mark = mark
        self.remaining = remaining
        self.unit = unit
        self.due = due
        self.isCoveredBy = isCoveredBy
    }

    package enum Status: String, CaseIterable, Sendable, Hashable, Codable {
        /// The plan counts by a meter the machine has not sent, or from a service nobody told us of.
        case unknown
        case ok
        case dueSoon = "due-soon"
        case due
        /// Past due by more than the due-soon window.
        case overdue
    }
}

/// Something is wrong now, by a rule.
package struct Finding: Sendable, Hashable, Codable {
    package var machine: MachineKey
    package var episode: EpisodeKey
    package var title: String
    package var severity: Severity
    /// By the machine's clock; for liveness, by ours.
    package var raisedAt: Timestamp
    package var clearedAt: Timestamp?
    /// What was seen and against which limit, with its mark, so that it can be judged again:
    /// `coolant_temp 104.5 °C > 103 °C for 10 s (assumed)`.
    package var evidence: String
    package var advice: String
    package var repair: RepairJob?

    package init(
        machine: MachineKey, episode: EpisodeKey, title: String, severity: Severity, raisedAt: Timestamp,
        clearedAt: Timestamp? = nil, evidence: String, advice: String = "", repair: RepairJob? = nil
    ) {
        self.machine = machine
        self.episode = episode
        self.title = title
        self.severity = severity
        self.raisedAt = raisedAt
        self.clearedAt = clearedAt
        self.evidence = evidence
        self.advice = advice
        self.repair = repair
    }
}

/// A finding put in front of people, until it is over.
package struct Alert: Sendable, Hashable, Codable {
    package var finding: Finding
    package var state: State
    package var firedAt: Timestamp
    package var acknowledgedAt: Timestamp?
    package var acknowledgedBy: String?
    package var resolvedAt: Timestamp?
    /// A center has reported the repair done: until it is over, no second order is opened for it.
    package var repairedBy: WorkOrderID?

    package init(finding: Finding, state: State = .firing, firedAt: Timestamp) {
        self.finding = finding
        self.state = state
        self.firedAt = firedAt
    }

    package enum State: String, CaseIterable, Sendable, Hashable, Codable {
        case firing, acknowledged, resolved
    }
}
