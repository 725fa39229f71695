import FleetModel
import FleetRuntime
import SeriesCodec

/// The kinds that ask for the last row of each machine, or of each driver of it.
extension KindEngine {
    struct NewestRow {
        var time: Int64
        var driver: String
        var values: [Double]
    }

    /// Signals that only rows of `diagnostics` have. Readings, too, say the load capacity, and a segment has rows of one
    /// measurement.
    private static let marksOfDiagnostics = ["status", "fuel_state"]

    func newest(_ asked: [String]) throws -> FleetAnswer {
        let names = question.kind == .highLoad ? asked + KindEngine.marksOfDiagnostics : asked
        let wanted = wanted(names)
        let end = at + 1
        let isSingle = question.kind == .lastLoc
        var latest: [[String]: (name: String, row: NewestRow)] = [:]
        func add(_ machine: QueryMachine, _ rows: [NewestRow]) {
            for row in rows {
                let name = machine.key.equipment.text
                let key = question.kind == .lowFuel ? [name] : [name, row.driver]
                if latest[key].map({ $0.row.time < row.time }) ?? true { latest[key] = (name, row) }
            }
        }
        if isSingle {
            // One machine: nothing is read before it is known to be needed.
            let chunks = ChunkReader(finder.db)
            for machine in try machines() {
                let columns = try finder.columns(of: machine, wanted, from: .min, to: end)
                let rows = try work.scratches.with { scratch in
                    try newest(columns, asked.count, scratch) { segment, column in
                        try segment.load(column, from: chunks)
                    }
                }
                add(machine, rows)
            }
        } else {
            let found = try map(
                names, from: .min, to: end, share: 1 / 16,
                isNeeded: { columns in
                    switch question.kind {
                    // Where fuel was never low there is nothing to be found.
                    case .lowFuel: columns[0].map { $0.statistics.minimum <= 0.1 } ?? false
                    case .highLoad: columns[0] != nil || columns[1] != nil && (columns[2] != nil || columns[3] != nil)
                    default: columns[0] != nil || columns[1] != nil
                    }
                }
            ) { columns, scratch in try newest(columns, asked.count, scratch) { _, _ in } }
            for (machine, rows) in found { add(machine, rows) }
        }
        if question.kind == .highLoad {
            latest = latest.filter { $0.value.row.values[0] >= 0.9 * $0.value.row.values[1] }
        }
        return answer(
            ["name", "driver", "time"] + asked, keys: 2,
            latest.values.map { name, row in
                [.text(name), .text(row.driver), .time(row.time)] + row.values.map { .number($0) }
            })
    }

    /// The newest rows of a machine, one for each group.
    ///
    /// - Parameter count: so many of the signals are looked at, the first of those that are wanted.
    private func newest(
        _ columns: MachineColumns, _ count: Int, _ scratch: QueryScratch,
        load: (SegmentColumns, Int) throws -> Void
    ) throws -> [NewestRow] {
        let kind = question.kind
        let usual = usualTags(of: columns.machine)
        var groups = RowGroups(tags, usual: usual) { [fleet = question.fleet] tags -> String? in
            switch kind {
            case .lastLoc: ""
            case .lowFuel: tags.fleet == fleet ? "" : nil
            default: tags.fleet == fleet ? tags.driver : nil
            }
        }
        var newest: [NewestRow?] = []
        /// The last of some rows of each group that is wanted still; those it has found are not wanted any more.
        func find(_ block: RowBlock, _ isWanted: inout [Bool]) {
            // Rows are counted from the first of the segment.
            let columns = (0..<count).map { block.values[$0].map { $0 - block.rows.lowerBound } }
            let (one, other) = (columns[0], columns.count > 1 ? columns[1] : nil)
            func isIt(_ row: Int) -> Bool {
                if kind == .lowFuel { return one.map { $0[row] <= 0.1 } ?? false }
                return one.map { !$0[row].isNaN } ?? false || other.map { !$0[row].isNaN } ?? false
            }
            block.tags.forEachBackwards(in: block.rows) { run in
                let place = groups.place(of: run.value)
                if place >= 0, isWanted[place], let row = run.rows.last(where: isIt) {
                    isWanted[place] = false
                    let time = block.clock.time(of: row)
                    if newest[place].map({ $0.time < time }) ?? true {
                        newest[place] = NewestRow(
                            time: time, driver: (tags[run.value] ?? usual).driver,
                            values: columns.map { $0?[row] ?? .nan })
                    }
                }
                return isWanted.contains(true)
            }
        }
        columns.head?.withBlock { block in
            block.tags.forEach(in: block.rows) { _ = groups.place(of: $0.value) }
            newest = Array(repeating: nil, count: groups.keys.count)
            var isWanted = [Bool](repeating: true, count: groups.keys.count)
            find(block, &isWanted)
        }
        for segment in columns.segments.sorted(by: { $0.last > $1.last }) {
            if kind == .lastLoc, let known = newest.first ?? nil, known.time >= segment.last { break }
            let tagColumn = segment.columns.count - 1
            let buffers = segment.columns.map { _ in scratch.buffer() }
            defer { buffers.forEach(scratch.giveBack) }
            // Which rows come up to T, and whose they are.
            try load(segment, tagColumn)
            let (rows, clock) = try segment.clock(
                from: .min, to: at + 1, room: buffers[0].times, using: scratch.workspace)
            guard !rows.isEmpty else { continue }
            let runs = try segment.tagRuns(of: tagColumn, room: buffers[tagColumn].values, using: scratch.workspace)
            // The last row of each group of which nothing newer is known: mostly not far from the end.
            var isWanted: [Bool] = []
            var isUnseen: [Bool] = []
            var start = rows.upperBound
            runs.forEachBackwards(in: rows) { run in
                let place = groups.place(of: run.value)
                while newest.count < groups.keys.count { newest.append(nil) }
                while isWanted.count < newest.count {
                    isWanted.append(newest[isWanted.count].map { $0.time < segment.last } ?? true)
                    isUnseen.append(isWanted.last!)
                }
                if place >= 0, isUnseen[place] {
                    isUnseen[place] = false
                    start = run.rows.upperBound - 1
                }
                return true
            }
            for place in isWanted.indices where isUnseen[place] { isWanted[place] = false }
            var end = rows.upperBound
            while isWanted.contains(true), end > rows.lowerBound {
                start = max(rows.lowerBound, min(start, end - 1))
                let part = start..<end
                let values: [UnsafePointer<Double>?] = try (0..<count).map { column in
                    if segment.columns[column] != nil { try load(segment, column) }
                    let values = buffers[column].values
                    let isThere = try segment.values(of: column, part, into: values, using: scratch.workspace)
                    return isThere ? UnsafePointer(values) : nil
                }
                find(RowBlock(rows: part, clock: clock, values: values, tags: runs), &isWanted)
                // Further back for those whose last row does not say it.
                end = start
                start -= max(1_024, 4 * part.count)
            }
        }
        return newest.compactMap { $0 }
    }
}
