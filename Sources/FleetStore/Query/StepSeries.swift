import FleetModel
import FleetRuntime

/// Cuts the readings of one signal of one machine into steps, in one pass.
struct StepSeries {
    /// Which steps, and what of them.
    struct Plan {
        var step: Int64
        var from: Int64
        var to: Int64
        var hold: Int64
        var aggregates: [Aggregate]
        var wants: StepPartial.Wants
        /// The values themselves are kept: percentiles of several machines need them all.
        var keepsValues: Bool

        init(_ question: SeriesQuestion, step: Duration, _ aggregates: [Aggregate]) {
            self.step = step.microseconds
            from = question.from.microseconds
            to = question.to.microseconds
            hold = question.hold.microseconds
            self.aggregates = aggregates
            wants = StepPartial.Wants(aggregates)
            keepsValues = wants.values && question.grouping != .machine
        }

        /// From where on readings count.
        var lookFrom: Int64 { wants.looksBack ? from - hold : from }

        func start(of time: Int64) -> Int64 { time.flooredDivision(by: step) * step }

        func isOneStep(_ first: Int64, _ last: Int64) -> Bool { last < start(of: first) + step }
    }

    struct Step {
        /// When it begins; the first may begin before the span that was asked about.
        var start: Int64
        var partial: StepPartial
        var percentiles: [Double] = []
        /// Where its kept values end.
        var valuesEnd = 0
    }

    /// So many complete steps are looked at together.
    private static let stepsAtOnce = 64

    private let plan: Plan
    private(set) var steps: [Step] = []
    private(set) var values: [Double] = []
    private var current: Step?
    /// Up to where the current step counts.
    private var end = Int64.min
    private var previous: (time: Int64, value: Double)?

    init(_ plan: Plan) { self.plan = plan }

    /// - Parameter look: sees the steps whenever there are some more.
    mutating func add(_ part: ReadingWalk.Part, look: (inout StepSeries) throws -> Void) rethrows {
        switch part {
        case .readings(let times, let values, let count): try add(times, values, count, look)
        case .summary(let summary, let begin, let first, let last):
            try go(to: begin, look)
            current!.partial.add(summary, first: first, last: last)
        }
    }

    private mutating func add(
        _ times: UnsafePointer<Int64>, _ values: UnsafePointer<Double>, _ count: Int,
        _ look: (inout StepSeries) throws -> Void
    ) rethrows {
        var index = 0
        // What came before the span only says what held when it began.
        while index < count, times[index] < plan.from {
            previous = (times[index], values[index])
            index += 1
        }
        while index < count {
            try go(to: times[index], look)
            var next = index + 1
            if times[count - 1] < end { next = count } else { while next < count, times[next] < end { next &+= 1 } }
            current!.partial.add(times + index, values + index, next - index, plan.wants)
            if plan.wants.looksBack { lookBack(times + index, values + index, next - index) }
            if plan.wants.values {
                self.values.append(contentsOf: UnsafeBufferPointer(start: values + index, count: next - index))
            }
            index = next
        }
    }

    /// Makes the step of a time the current one.
    private mutating func go(to time: Int64, _ look: (inout StepSeries) throws -> Void) rethrows {
        guard time >= end || current == nil else { return }
        close()
        if steps.count % StepSeries.stepsAtOnce == 0 { try look(&self) }
        let start = plan.start(of: time)
        current = Step(start: start, partial: StepPartial())
        end = min(start + plan.step, plan.to)
    }

    private mutating func lookBack(_ times: UnsafePointer<Int64>, _ values: UnsafePointer<Double>, _ count: Int) {
        let start = max(current!.start, plan.from)
        for index in 0..<count {
            let (time, value) = (times[index], values[index])
            if let previous {
                let distance = time - previous.time
                if distance <= plan.hold {
                    current!.partial.increase += value >= previous.value ? value - previous.value : value
                    current!.partial.increaseMicroseconds += distance
                }
                hold(previous, from: start, to: time)
            }
            previous = (time, value)
        }
    }

    /// Counts a reading for as long as it held within the current step.
    private mutating func hold(_ reading: (time: Int64, value: Double), from start: Int64, to end: Int64) {
        let held = min(end, reading.time + plan.hold) - max(reading.time, start)
        guard held > 0 else { return }
        current!.partial.held += reading.value * Double(held)
        current!.partial.heldMicroseconds += held
    }

    private mutating func close() {
        guard current != nil else { return }
        if plan.wants.held, let previous { hold(previous, from: max(current!.start, plan.from), to: end) }
        if plan.wants.values, !plan.keepsValues {
            current!.percentiles = values.withUnsafeMutableBufferPointer { Percentile.of($0, plan.wants.percentiles) }
            values.removeAll(keepingCapacity: true)
        }
        current!.valuesEnd = values.count
        steps.append(current!)
        current = nil
    }

    /// Hands on the steps that are complete; it has them no longer.
    mutating func takeSteps(_ body: (Step) throws -> Void) rethrows {
        for index in steps.indices { try body(steps[index]) }
        steps.removeAll(keepingCapacity: true)
    }

    /// Ends the last step.
    mutating func finish() { close() }
}

extension StepSeries.Step {
    func value(of aggregate: Aggregate, _ wants: StepPartial.Wants) -> Double {
        guard case .percentile(let part) = aggregate else { return partial.value(of: aggregate) }
        return wants.percentiles.firstIndex(of: part).map { percentiles[$0] } ?? .nan
    }
}
