import FleetModel
import FleetRuntime

/// Finds the spans in which consecutive steps fulfil a condition.
struct Spans {
    private let condition: SpanCondition
    private let plan: StepSeries.Plan

    init(_ condition: SpanCondition, _ plan: StepSeries.Plan) {
        self.condition = condition
        self.plan = plan
    }

    /// A step without a reading ends a span, for nothing is known of it. What the question's own ends cut off of a step does
    /// not count.
    func found(in series: SeriesAnswer.Series) -> [SeriesAnswer.Span] {
        var spans: [SeriesAnswer.Span] = []
        var open: (from: Int64, to: Int64)?
        func close() {
            guard let span = open, span.to - span.from >= condition.duration.microseconds else { return }
            spans.append(
                SeriesAnswer.Span(
                    subject: series.subject, signal: series.signal, from: Timestamp(microseconds: span.from),
                    to: Timestamp(microseconds: span.to)))
        }
        for (start, value) in zip(series.times, series.values[0]) {
            guard condition.holds(for: value) else {
                close()
                open = nil
                continue
            }
            let (from, to) = (max(start, plan.from), min(start + plan.step, plan.to))
            if let span = open, span.to == start {
                open = (span.from, to)
            } else {
                close()
                open = (from, to)
            }
        }
        close()
        return spans
    }
}
