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
                names, from: .min, to: end,
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
        /// Takes the newest row of each group that is wanted still; those it has found are not wanted any more.
        func find(
            _ block: RowBlock, _ places: UnsafePointer<Int32>, _ isWanted: inout [Bool]
        ) {
            var left = isWanted.count { $0 }
            for row in stride(from: block.count - 1, through: 0, by: -1) where places[row] >= 0 {
                guard left > 0 else { return }
                let place = Int(places[row])
                guard isWanted[place] else { continue }
                if let known = newest[place], known.time >= block.times[row] {
                    isWanted[place] = false
                    left -= 1
                    continue
                }
                let values = block.values.prefix(count).lazy.map { $0?[row] ?? .nan }
                guard kind == .lowFuel ? values.first! <= 0.1 : values.contains(where: { !$0.isNaN }) else { continue }
                isWanted[place] = false
                left -= 1
                let said = block.tags.flatMap { tags[$0[row]] } ?? usual
                newest[place] = NewestRow(time: block.times[row], driver: said.driver, values: Array(values))
            }
        }
        columns.head?.withBlock { block in
            let places = UnsafeMutablePointer<Int32>.allocate(capacity: block.count)
            defer { places.deallocate() }
            groups.places(of: block, into: places)
            newest = Array(repeating: nil, count: groups.keys.count)
            var isWanted = [Bool](repeating: true, count: groups.keys.count)
            find(block, places, &isWanted)
        }
        for segment in columns.segments.sorted(by: { $0.last > $1.last }) {
            if kind == .lastLoc, let known = newest.first ?? nil, known.time >= segment.last { break }
            let tagColumn = segment.columns.count - 1
            let buffers = segment.columns.map { _ in scratch.buffer() }
            defer { buffers.forEach(scratch.giveBack) }
            // Which rows come up to T, and whose they are.
            try load(segment, tagColumn)
            let isWhole = segment.last <= at
            let rows =
                isWhole
                ? 0..<segment.rowCount
                : try segment.times(from: .min, to: at + 1, into: buffers[0].times, using: scratch.workspace)
            guard !rows.isEmpty else { continue }
            let hasTags = try segment.values(
                of: tagColumn, rows, into: buffers[tagColumn].values, using: scratch.workspace)
            let places = UnsafeMutablePointer<Int32>.allocate(capacity: rows.count)
            defer { places.deallocate() }
            var block = RowBlock(
                count: rows.count, times: UnsafePointer(buffers[0].times), values: [],
                tags: hasTags ? UnsafePointer(buffers[tagColumn].values) : nil)
            groups.places(of: block, into: places)
            while newest.count < groups.keys.count { newest.append(nil) }
            // The last row of each group of which nothing newer is known: mostly not far from the end.
            var isWanted = newest.map { $0.map { $0.time < segment.last } ?? true }
            var isUnseen = isWanted
            var start = rows.count
            for row in (0..<rows.count).reversed() where places[row] >= 0 && isUnseen[Int(places[row])] {
                isUnseen[Int(places[row])] = false
                start = row
            }
            for place in isWanted.indices where isUnseen[place] { isWanted[place] = false }
            var end = rows.count
            while isWanted.contains(true), end > 0 {
                start = min(start, end - 1)
                let part = rows.lowerBound + start..<rows.lowerBound + end
                if isWhole {
                    try segment.times(of: part, into: buffers[0].times + start, using: scratch.workspace)
                }
                block.count = part.count
                block.times = UnsafePointer(buffers[0].times + start)
                block.tags = hasTags ? UnsafePointer(buffers[tagColumn].values + start) : nil
                block.values = try (0..<count).map { column in
                    if segment.columns[column] != nil { try load(segment, column) }
                    let isThere = try segment.values(
                        of: column, part, into: buffers[column].values, using: scratch.workspace)
                    return isThere ? UnsafePointer(buffers[column].values) : nil
                }
                find(block, places + start, &isWanted)
                // Further back for those whose last row does not say it.
                end = start
                start = max(0, start - max(1_024, 4 * part.count))
            }
        }
        return newest.compactMap { $0 }
    }
}
