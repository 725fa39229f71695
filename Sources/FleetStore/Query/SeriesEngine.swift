import FleetModel
import FleetRuntime
import GRDB

/// Answers one question about series, within one read.
struct SeriesEngine {
    let question: SeriesQuestion
    let finder: ColumnFinder
    let work: ColumnWork

    /// One signal of a machine that is looked at.
    private struct Item {
        var machine: QueryMachine
        var signal: Signal
        /// Its place among those that were looked for.
        var column: Int
        var sources: [(source: ReadingWalk.Source, isSummary: Bool)]

        /// How many readings are decoded for it.
        var readings: Int {
            sources.reduce(0) { sum, one in
                switch one.source {
                case .segment(let segment): one.isSummary ? sum : sum + (segment.columns[column]?.statistics.count ?? 0)
                case .head(let head): sum + head.columns[column].values.count
                case .rollup(let segment, _): sum + segment.rowCount
                }
            }
        }

        func load(_ chunks: ChunkReader) throws -> Int {
            var bytes = 0
            func load(_ segment: SegmentColumns, _ columns: Range<Int>) throws {
                let before = segment.byteCount
                for column in columns { try segment.load(column, from: chunks) }
                bytes += segment.byteCount - before
            }
            for (source, isSummary) in sources where !isSummary {
                switch source {
                case .segment(let segment): try load(segment, column..<column + 1)
                case .rollup(let segment, _):
                    try load(segment, RollupSignals.place(of: column)..<RollupSignals.place(of: column + 1))
                case .head: break
                }
            }
            return bytes
        }
    }

    func answer() throws -> SeriesAnswer {
        let machines = try QueryMachine.selected(question.machines, finder.db)
        let signals = try finder.signals(question.signals)
        switch question.form {
        case .last: return try LastReadings(question: question, finder: finder, work: work).answer(machines, signals)
        case .readings: return try readings(machines, signals)
        case .steps(let step, let aggregates):
            let (series, readings) = try steps(machines, signals, StepSeries.Plan(question, step: step, aggregates))
            return SeriesAnswer(question: question, series: series, readings: readings)
        case .spans(let step, let condition):
            let plan = StepSeries.Plan(question, step: step, [condition.aggregate])
            let (spans, readings) = try spans(machines, signals, plan, condition)
            return SeriesAnswer(question: question, spans: spans, readings: readings)
        }
    }

    // MARK: What is looked at

    /// - Parameters:
    ///   - rollups: What is kept of readings that are gone will do.
    ///   - isSummary: whether the summary of a segment that lies alone will do.
    private func items(
        _ machines: [QueryMachine], _ signals: [Signal], from: Int64, rollups: Bool,
        isSummary: (SegmentColumns, SegmentDirectory.Column) -> Bool
    ) throws -> (items: [Item], readings: Int) {
        let to = question.to.microseconds
        var wanted = WantedSignals(signals, finder.names)
        var items: [Item] = []
        var readings = 0
        for machine in machines {
            if signals.isEmpty { wanted = WantedSignals(try SeriesEngine.signals(of: machine, finder), finder.names) }
            let found = try finder.columns(of: machine, wanted, from: from, to: to)
            let kept = rollups ? try self.rollups(of: machine, wanted, from: from, to: to) : []
            for (column, signal) in wanted.signals.enumerated() {
                var sources = found.segments.filter { $0.columns[column] != nil }
                    .map { (first: $0.first, source: ReadingWalk.Source.segment($0)) }
                if let head = found.head, !head.columns[column].rows.isEmpty {
                    let place = sources.firstIndex { $0.first > head.times[0] } ?? sources.endIndex
                    sources.insert((head.times[0], .head(head)), at: place)
                }
                for (segment, level) in kept where segment.columns[RollupSignals.place(of: column)] != nil {
                    let place = sources.firstIndex { $0.first > segment.first } ?? sources.endIndex
                    sources.insert((segment.first, .rollup(segment, level)), at: place)
                }
                guard !sources.isEmpty else { continue }
                let alone = ReadingWalk.areAlone(sources.map(\.source))
                let item = Item(
                    machine: machine, signal: signal, column: column,
                    sources: zip(sources, alone).map { source, isAlone in
                        guard isAlone, case .segment(let segment) = source.source, let column = segment.columns[column]
                        else { return (source.source, false) }
                        return (source.source, isSummary(segment, column))
                    })
                readings += item.readings
                items.append(item)
            }
            guard readings <= work.limits.readings else {
                throw try tooMany(readings: readings, of: machines, upTo: machine)
            }
        }
        return (items, readings)
    }

    private func rollups(
        of machine: QueryMachine, _ wanted: WantedSignals, from: Int64, to: Int64
    ) throws -> [(SegmentColumns, SegmentLevel)] {
        let columns = RollupSignals.wanted(wanted)
        return try [SegmentLevel.minutes, .hours].flatMap { level in
            try finder.segments(of: machine, level, columns, from: from, to: to).map { ($0, level) }
        }
    }

    /// What a machine has ever sent, by name, but for what is the store's own.
    static func signals(of machine: QueryMachine, _ finder: ColumnFinder) throws -> [Signal] {
        try MachineSignals.all(of: machine.id, finder.db).compactMap { finder.names.signal($0) }.filter {
            !$0.name.hasPrefix("@")
        }.sorted()
    }

    private func tooMany(readings: Int, of machines: [QueryMachine], upTo machine: QueryMachine) throws -> StoreFailure
    {
        // The rest is like what was counted.
        let counted = (machines.firstIndex { $0.id == machine.id } ?? 0) + 1
        let estimate = Double(readings) * Double(machines.count) / Double(counted)
        return .tooMuch(
            "it would look at about \(SeriesEngine.rounded(estimate)) readings, and the limit is \(SeriesEngine.rounded(Double(work.limits.readings))): choose a shorter time, fewer machines or fewer signals; or a step wider than a segment (\(Segment.rowsMax) rows) with mean, min, max, sum, count, first or last, for which no reading is looked at"
        )
    }

    private static func rounded(_ number: Double) -> String {
        number >= 10e6
            ? "\(Int(number / 1e6)) million" : number >= 10e3 ? "\(Int(number / 1e3)) thousand" : "\(Int(number))"
    }

    private var tooManyPoints: StoreFailure {
        .tooMuch(
            "the answer would have more than \(question.limit) points: choose a shorter time, fewer machines, signals or aggregates or a wider step, or raise limit (at most \(SeriesQuestion.limitMax))"
        )
    }

    /// Of the points of all series; those of several aggregates count for each.
    private var pointCount: SharedCount { SharedCount(limit: question.limit, or: tooManyPoints) }

    // MARK: Readings

    private func readings(_ machines: [QueryMachine], _ signals: [Signal]) throws -> SeriesAnswer {
        let (from, to) = (question.from.microseconds, question.to.microseconds)
        let (items, readings) = try self.items(machines, signals, from: from, rollups: false) { _, _ in false }
        // What lies in the span wholly is in the answer: so far it is known before anything is decoded.
        try pointCount.add(
            items.reduce(0) { sum, item in
                sum
                    + item.sources.reduce(0) { sum, one in
                        guard case .segment(let segment) = one.source, segment.first >= from, segment.last < to else {
                            return sum
                        }
                        return sum + (segment.columns[item.column]?.statistics.count ?? 0)
                    }
            })
        let points = pointCount
        let series = try work.map(items, readings: readings) {
            try $0.load($1)
        } _: { item, scratch in
            var series = SeriesAnswer.Series(
                subject: .equipment(item.machine.key), signal: item.signal.name, values: [[]])
            series.times.reserveCapacity(min(item.readings, question.limit))
            series.values[0].reserveCapacity(min(item.readings, question.limit))
            var walk = ReadingWalk(
                item.sources, column: item.column, from: from, to: to, scratch: scratch, deadline: finder.deadline)
            try walk.forEach { part in
                guard case .readings(let times, let values, let count) = part else { return }
                try points.add(count)
                series.times.append(contentsOf: UnsafeBufferPointer(start: times, count: count))
                series.values[0].append(contentsOf: UnsafeBufferPointer(start: values, count: count))
            }
            return series
        }.filter { !$0.times.isEmpty }
        return SeriesAnswer(question: question, series: series, readings: readings)
    }

    // MARK: Steps

    private func steps(
        _ machines: [QueryMachine], _ signals: [Signal], _ plan: StepSeries.Plan
    ) throws -> (series: [SeriesAnswer.Series], readings: Int) {
        let (items, readings) = try stepItems(machines, signals, plan)
        let points = pointCount
        let series: [SeriesAnswer.Series]
        if question.grouping == .machine {
            series = try work.map(items, readings: readings) {
                try $0.load($1)
            } _: { item, scratch in
                var series = SeriesEngine.emptySeries(.equipment(item.machine.key), item.signal, plan)
                _ = try cut(item, plan, scratch) { cut in
                    let before = series.times.count
                    cut.takeSteps { SeriesEngine.append($0, to: &series, plan) }
                    try points.add((series.times.count - before) * plan.aggregates.count)
                }
                return series
            }
        } else {
            series = try groups(items, readings, plan).map { key, steps in
                var series = SeriesEngine.emptySeries(key.subject, key.signal, plan)
                for step in steps { SeriesEngine.append(step, to: &series, plan) }
                try points.add(series.times.count * plan.aggregates.count)
                return series
            }
        }
        return (series.filter { !$0.times.isEmpty }, readings)
    }

    /// Each is a point of the answer. The steps in which they are found are kept only where they are to be grouped.
    private func spans(
        _ machines: [QueryMachine], _ signals: [Signal], _ plan: StepSeries.Plan, _ condition: SpanCondition
    ) throws -> (spans: [SeriesAnswer.Span], readings: Int) {
        let (items, readings) = try stepItems(machines, signals, plan)
        let points = pointCount
        func add(_ step: StepSeries.Step, to spans: inout Spans) throws {
            let before = spans.found.count
            spans.add(step.start, step.value(of: plan.aggregates[0], plan.wants))
            try points.add(spans.found.count - before)
        }
        func finished(_ spans: Spans) throws -> [SeriesAnswer.Span] {
            var ended = spans
            ended.finish()
            try points.add(ended.found.count - spans.found.count)
            return ended.found
        }
        let found: [[SeriesAnswer.Span]]
        if question.grouping == .machine {
            found = try work.map(items, readings: readings) {
                try $0.load($1)
            } _: { item, scratch in
                var spans = Spans(condition, plan, of: .equipment(item.machine.key), item.signal)
                _ = try cut(item, plan, scratch) { try $0.takeSteps { try add($0, to: &spans) } }
                return try finished(spans)
            }
        } else {
            found = try groups(items, readings, plan).map { key, steps in
                var spans = Spans(condition, plan, of: key.subject, key.signal)
                for step in steps { try add(step, to: &spans) }
                return try finished(spans)
            }
        }
        return (Array(found.joined()), readings)
    }

    private func stepItems(
        _ machines: [QueryMachine], _ signals: [Signal], _ plan: StepSeries.Plan
    ) throws -> (items: [Item], readings: Int) {
        // Of several machines it counts whose reading is the first of all, and of that a summary does not know the time.
        let needsTimes =
            question.grouping != .machine && plan.aggregates.contains { $0 == .first || $0 == .last }
        let summaryWillDo = plan.wants.summaryWillDo && !needsTimes
        let (items, readings) = try self.items(
            machines, signals, from: plan.lookFrom, rollups: plan.wants.summaryWillDo
        ) { segment, column in
            summaryWillDo && segment.first >= plan.from && segment.last < plan.to
                && plan.isOneStep(segment.first, segment.last)
                && !(plan.wants.sum && column.statistics.sum.isNaN)
        }
        if plan.keepsValues, readings > work.limits.keptValues {
            throw StoreFailure.tooMuch(
                "percentiles of groups keep all their readings, here about \(SeriesEngine.rounded(Double(readings))), and the limit is \(SeriesEngine.rounded(Double(work.limits.keptValues))): choose a shorter time or fewer machines, or group by machine"
            )
        }
        return (items, readings)
    }

    /// Cuts the readings of an item into steps.
    ///
    /// - Parameter look: sees the steps whenever there may be more of them, and may take them out.
    private func cut(
        _ item: Item, _ plan: StepSeries.Plan, _ scratch: QueryScratch, look: (inout StepSeries) throws -> Void
    ) throws -> StepSeries {
        var series = StepSeries(plan)
        var walk = ReadingWalk(
            item.sources, column: item.column, from: plan.lookFrom, to: plan.to, scratch: scratch,
            deadline: finder.deadline)
        try walk.forEach { part in
            try series.add(part, look: look)
            guard series.values.count <= work.limits.keptValues else {
                throw StoreFailure.tooMuch(
                    "a percentile keeps all readings of a step, and the limit is \(SeriesEngine.rounded(Double(work.limits.keptValues))): choose a narrower step"
                )
            }
            try look(&series)
        }
        series.finish()
        try look(&series)
        return series
    }

    private static func emptySeries(
        _ subject: SeriesAnswer.Subject, _ signal: Signal, _ plan: StepSeries.Plan
    ) -> SeriesAnswer.Series {
        SeriesAnswer.Series(subject: subject, signal: signal.name, values: plan.aggregates.map { _ in [] })
    }

    private static func append(_ step: StepSeries.Step, to series: inout SeriesAnswer.Series, _ plan: StepSeries.Plan) {
        series.times.append(step.start)
        for (index, aggregate) in plan.aggregates.enumerated() {
            series.values[index].append(step.value(of: aggregate, plan.wants))
        }
    }

    private struct GroupKey: Hashable {
        var subject: SeriesAnswer.Subject
        var signal: Signal
    }

    /// The steps of the machines of each group together.
    private func groups(
        _ items: [Item], _ readings: Int, _ plan: StepSeries.Plan
    ) throws -> [(key: GroupKey, steps: [StepSeries.Step])] {
        let kept = SharedCount(
            limit: work.limits.keptSteps,
            or: .tooMuch(
                "groups keep the steps of all their machines, more than \(SeriesEngine.rounded(Double(work.limits.keptSteps))) here: choose a shorter time, fewer machines or signals or a wider step, or group by machine"
            ))
        let found = try work.map(items, readings: readings) {
            try $0.load($1)
        } _: { item, scratch in
            var counted = 0
            return try cut(item, plan, scratch) { cut in
                try kept.add(cut.steps.count - counted)
                counted = cut.steps.count
            }
        }
        var groups: [GroupKey: [Int]] = [:]
        for (index, item) in items.enumerated() {
            let subject: SeriesAnswer.Subject =
                question.grouping == .fleet ? .fleet(item.machine.key.fleet) : .model(item.machine.model)
            groups[GroupKey(subject: subject, signal: item.signal), default: []].append(index)
        }
        return groups.sorted { ($0.key.subject.text, $0.key.signal.name) < ($1.key.subject.text, $1.key.signal.name) }
            .map { key, members in (key, merged(members.map { found[$0] }, plan)) }
    }

    private func merged(_ members: [StepSeries], _ plan: StepSeries.Plan) -> [StepSeries.Step] {
        var steps: [Int64: StepPartial] = [:]
        var values: [Int64: [Double]] = [:]
        for member in members {
            var start = 0
            for step in member.steps {
                // Begun anew, so that each machine's rate is added as such.
                steps[step.start, default: StepPartial()].merge(step.partial)
                if plan.keepsValues { values[step.start, default: []] += member.values[start..<step.valuesEnd] }
                start = step.valuesEnd
            }
        }
        return steps.sorted { $0.key < $1.key }.map { start, partial in
            var step = StepSeries.Step(start: start, partial: partial)
            if plan.keepsValues {
                step.percentiles = values[start]!.withUnsafeMutableBufferPointer {
                    Percentile.of($0, plan.wants.percentiles)
                }
            }
            return step
        }
    }
}
