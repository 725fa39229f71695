import FleetModel
import FleetRuntime
import SeriesCodec

/// Finds the newest readings, from the newest segment backwards and only as far as it takes.
struct LastReadings {
    let question: SeriesQuestion
    let finder: ColumnFinder
    let work: ColumnWork

    /// The newest reading that was found so far.
    private struct Found {
        var time: Int64
        var value: Double
        /// What tells which of two readings of one time is the later. It is read only when there are two.
        var number: () throws -> (boot: UInt32, seq: UInt64)

        func isBefore(_ other: Found) throws -> Bool {
            guard time == other.time else { return time < other.time }
            return try number() < other.number()
        }
    }

    func answer(_ machines: [QueryMachine], _ signals: [Signal]) throws -> SeriesAnswer {
        var answer = SeriesAnswer(question: question)
        let chunks = ChunkReader(finder.db)
        try work.scratches.with { scratch in
            for machine in machines {
                let looked = signals.isEmpty ? try SeriesEngine.signals(of: machine, finder) : signals
                let wanted = WantedSignals(looked, finder.names)
                for (name, found) in zip(wanted.names, try last(of: machine, wanted, chunks, scratch)) {
                    guard let found else { continue }
                    answer.series.append(
                        SeriesAnswer.Series(
                            subject: .equipment(machine.key), signal: name, times: [found.time], values: [[found.value]]
                        ))
                }
                guard answer.series.count <= question.limit else {
                    throw StoreFailure.tooMuch(
                        "the answer would have more than \(question.limit) points: choose fewer machines or signals, or raise limit (at most \(SeriesQuestion.limitMax))"
                    )
                }
            }
        }
        return answer
    }

    private func last(
        of machine: QueryMachine, _ wanted: WantedSignals, _ chunks: ChunkReader, _ scratch: QueryScratch
    ) throws -> [Found?] {
        var found = [Found?](repeating: nil, count: wanted.signals.count)
        let end = question.to.microseconds
        if let head = try finder.headColumns(of: machine, wanted, from: .min, to: end) {
            for column in found.indices {
                guard let last = head.columns[column].rows.last, let value = head.columns[column].values.last
                else { continue }
                let row = Int(last)
                found[column] = Found(time: head.times[row], value: value) {
                    (head.boot[row], head.seq[row])
                }
            }
        }
        let places = try finder.places(of: machine, .readings).filter { $0.first < end }
        var looked = Array(found.indices)
        for (number, place) in places.sorted(by: { $0.last > $1.last }).enumerated() {
            try finder.deadline.check()
            if number == 1, looked.contains(where: { found[$0] == nil }) {
                // What the machine has never sent would be looked for in all of them.
                let sent = Set(try SeriesEngine.signals(of: machine, finder))
                looked.removeAll { found[$0] == nil && !sent.contains(wanted.signals[$0]) }
            }
            // Those that follow end even earlier.
            if looked.allSatisfy({ found[$0].map { place.last < $0.time } ?? false }) { break }
            let segment = try finder.segment(place, of: machine, .readings, wanted)
            let buffer = scratch.buffer()
            defer { scratch.giveBack(buffer) }
            var rows: Range<Int>?
            // Of all columns the same, and of most segments nobody needs them.
            func times() throws -> Range<Int> {
                if let rows { return rows }
                let found = try segment.times(from: .min, to: end, into: buffer.times, using: scratch.workspace)
                rows = found
                return found
            }
            for column in looked {
                guard segment.columns[column] != nil, found[column].map({ place.last >= $0.time }) ?? true,
                    let newest = try newest(
                        of: segment, column, before: end, buffer.times, times, chunks, scratch.workspace)
                else { continue }
                if try found[column]?.isBefore(newest) ?? true { found[column] = newest }
            }
        }
        return found
    }

    private func newest(
        of segment: SegmentColumns, _ column: Int, before end: Int64, _ time: UnsafeMutablePointer<Int64>,
        _ times: () throws -> Range<Int>, _ chunks: ChunkReader, _ workspace: SegmentWorkspace
    ) throws -> Found? {
        func number(of row: Int) throws -> (boot: UInt32, seq: UInt64) {
            try segment.load(column, from: chunks)
            let (boot, seq) = try segment.sequence(row..<row + 1, using: workspace)
            return (boot[0], seq[0])
        }
        let summary = segment.columns[column]!.statistics
        let isWhole = segment.last < end
        if summary.count == segment.rowCount, isWhole {
            return Found(time: segment.last, value: summary.last) { try number(of: segment.rowCount - 1) }
        }
        try segment.load(column, from: chunks)
        let rows = try times()
        guard let row = try segment.lastRow(of: column, before: rows.upperBound, using: workspace) else { return nil }
        let value = isWhole ? summary.last : try segment.value(of: column, row, using: workspace)
        return Found(time: time[row], value: value) { try number(of: row) }
    }
}
