/// When a reading or a fault code is a finding.
///
/// A rule is a state, not an edge: it is raised after the condition has held for `raiseAfter` of the machine's own
/// time, and falls only after the reset condition has held for `clearAfter`.
package struct Rule: Sendable, Hashable {
    package var id: RuleID
    package var title: String
    package var condition: Condition
    /// Which classes it speaks of; empty: all that send the signal.
    package var classes: Set<MachineClassID>
    package var severity: Severity
    package var raiseAfter: Duration
    package var clearAfter: Duration
    /// What a finding of this rule asks of a center; `nil` when it is only shown.
    package var repair: RepairJob?
    package var mark: Mark
    /// What a person should do first.
    package var advice: String

    package init(
        id: RuleID, title: String, condition: Condition, classes: Set<MachineClassID> = [], severity: Severity,
        raiseAfter: Duration = .zero, clearAfter: Duration = .zero, repair: RepairJob? = nil, mark: Mark = .assumed,
        advice: String = ""
    ) {
        self.id = id
        self.title = title
        self.condition = condition
        self.classes = classes
        self.severity = severity
        self.raiseAfter = raiseAfter
        self.clearAfter = clearAfter
        self.repair = repair
        self.mark = mark
        self.advice = advice
    }

    package enum Condition: Sendable, Hashable {
        /// The signal crosses `threshold`; resets only when it no longer crosses `reset`. All of `when` must hold too.
        case threshold(Signal, Comparison, threshold: Double, reset: Double, when: [Guard])
        /// A matching code is active. Empty sets match any.
        case faultCode(spns: Set<UInt32>, fmis: Set<UInt8>)
        /// Nothing has been received for so long; on our clock, not the machine's.
        case silence(Duration)
    }

    /// A condition under which a threshold means something: oil pressure below 207 kPa counts above 1500 rpm only.
    package struct Guard: Sendable, Hashable {
        package var signal: Signal
        package var comparison: Comparison
        package var value: Double

        package init(_ signal: Signal, _ comparison: Comparison, _ value: Double) {
            self.signal = signal
            self.comparison = comparison
            self.value = value
        }
    }
}

/// The job that puts a finding right.
package struct RepairJob: Sendable, Hashable, Codable {
    package var title: String
    package var requirement: JobRequirement
    package var parts: [String]
    package var durationHours: Double
    package var labourPersonHours: Double
    /// The machine must not go on working until it is done.
    package var stopsMachine: Bool

    package init(
        title: String, requirement: JobRequirement, parts: [String] = [], durationHours: Double,
        labourPersonHours: Double, stopsMachine: Bool = false
    ) {
        self.title = title
        self.requirement = requirement
        self.parts = parts
        self.durationHours = durationHours
        self.labourPersonHours = labourPersonHours
        self.stopsMachine = stopsMachine
    }
}
