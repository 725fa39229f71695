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
                names, from: .min, to: end, share: 1 / 16, readCount: asked.count,
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
        /// Looks from the last of some rows backwards for that of each group of which nothing newer is known.
        ///
        /// - Parameters:
        ///   - last: the time of the last row, or a later one.
        ///   - step: so many rows are decoded first, then more and more.
        ///   - decode: the values of rows by column, the first of them at the first place.
        func look(
            _ rows: Range<Int>, _ runs: TagRuns, _ clock: RowClock, last: Int64, step: Int,
            _ decode: (Range<Int>) throws -> [UnsafePointer<Double>?]
        ) throws {
            let places = runs.sets.map { groups.place(of: $0) }
            while newest.count < groups.keys.count { newest.append(nil) }
            var isWanted = newest.map { $0.map { $0.time < last } ?? true }
            // Sets of tags that were not met yet, of groups that are wanted; and such groups of which some were.
            var isMet = places.map { _ in false }
            var unmet = [Int](repeating: 0, count: newest.count)
            for place in places where place >= 0 && isWanted[place] { unmet[place] += 1 }
            var unmetCount = unmet.reduce(0, +)
            var isOpen = [Bool](repeating: false, count: newest.count)
            var openCount = 0
            var (decoded, values, step) = (0..<0, [UnsafePointer<Double>?](), step)
            func lastRow(of rows: Range<Int>) throws -> Int? {
                var end = rows.upperBound
                while end > rows.lowerBound {
                    if !decoded.contains(end - 1) {
                        decoded = max(0, end - step)..<end
                        values = try decode(decoded)
                        step = min(16 * step, 4_096)
                    }
                    let start = max(decoded.lowerBound, rows.lowerBound)
                    let (first, one, other) = (decoded.lowerBound, values[0], values.count > 1 ? values[1] : nil)
                    let row = (start..<end).last { row in
                        if kind == .lowFuel { return one.map { $0[row - first] <= 0.1 } ?? false }
                        return one.map { !$0[row - first].isNaN } ?? false
                            || other.map { !$0[row - first].isNaN } ?? false
                    }
                    if let row { return row }
                    end = start
                }
                return nil
            }
            try runs.forEachBackwards(in: rows) { run in
                let place = places[run.set]
                if place >= 0, isWanted[place] {
                    if !isMet[run.set] {
                        isMet[run.set] = true
                        unmet[place] -= 1
                        unmetCount -= 1
                    }
                    if !isOpen[place] {
                        isOpen[place] = true
                        openCount += 1
                    }
                    if let row = try lastRow(of: run.rows) {
                        isWanted[place] = false
                        openCount -= 1
                        unmetCount -= unmet[place]
                        let time = clock.time(of: row)
                        if newest[place].map({ $0.time < time }) ?? true {
                            newest[place] = NewestRow(
                                time: time, driver: (tags[run.value] ?? usual).driver,
                                values: values.map { $0?[row - decoded.lowerBound] ?? .nan })
                        }
                    }
                }
                return unmetCount > 0 || openCount > 0
            }
        }
        try columns.head?.withBlock { block in
            try look(block.rows, block.tags, block.clock, last: .max, step: block.rows.count) { rows in
                (0..<count).map { block.values[$0].map { $0 + (rows.lowerBound - block.rows.lowerBound) } }
            }
        }
        for segment in columns.segments.sorted(by: { $0.last > $1.last }) {
            if kind == .lastLoc, let known = newest.first ?? nil, known.time >= segment.last { break }
            guard segment.columns.prefix(count).contains(where: { $0 != nil }) else { continue }
            let tagColumn = segment.columns.count - 1
            let buffers = (0...count).map { _ in scratch.buffer() }
            defer { buffers.forEach(scratch.giveBack) }
            // Which rows come up to T, and whose they are.
            try load(segment, tagColumn)
            let (rows, clock) = try segment.clock(
                from: .min, to: at + 1, room: buffers[0].times, using: scratch.workspace)
            guard !rows.isEmpty else { continue }
            let runs = try segment.tagRuns(of: tagColumn, room: buffers[count].values, using: scratch.workspace)
            // The last row of most groups is one of the last of all.
            try look(rows, runs, clock, last: segment.last, step: 1) { rows in
                try (0..<count).map { column in
                    if segment.columns[column] != nil { try load(segment, column) }
                    let values = buffers[column].values
                    let isThere = try segment.values(of: column, rows, into: values, using: scratch.workspace)
                    return isThere ? UnsafePointer(values) : nil
                }
            }
        }
        return newest.compactMap { $0 }
    }
}
