import FleetModel
import FleetRuntime

/// Finds the spans in which consecutive steps of a series fulfil a condition.
struct Spans {
    private let condition: SpanCondition
    private let plan: StepSeries.Plan
    private let subject: SeriesAnswer.Subject
    private let signal: String
    private var open: (from: Int64, to: Int64)?
    private(set) var found: [SeriesAnswer.Span] = []

    init(_ condition: SpanCondition, _ plan: StepSeries.Plan, of subject: SeriesAnswer.Subject, _ signal: Signal) {
        self.condition = condition
        self.plan = plan
        self.subject = subject
        self.signal = signal.name
    }

    /// Adds a step that follows those it has.
    ///
    /// A step without a reading, or of which what is asked for is not known, ends a span. What the question's own ends cut off of a
    /// step does not count.
    mutating func add(_ start: Int64, _ value: Double) {
        let isKnown = !(plan.wants.looksBack && value.isNaN)
        guard isKnown, condition.holds(for: value) else {
            finish()
            return
        }
        let (from, to) = (max(start, plan.from), min(start + plan.step, plan.to))
        if let span = open, span.to == start {
            open = (span.from, to)
        } else {
            finish()
            open = (from, to)
        }
    }

    /// Ends the last span.
    mutating func finish() {
        defer { open = nil }
        guard let span = open, span.to - span.from >= condition.duration.microseconds else { return }
        found.append(
            SeriesAnswer.Span(
                subject: subject, signal: signal, from: Timestamp(microseconds: span.from),
                to: Timestamp(microseconds: span.to)))
    }
}
