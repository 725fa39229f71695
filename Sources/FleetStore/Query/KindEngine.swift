import FleetModel
import FleetRuntime
import GRDB

/// Answers one of the benchmark suite's questions, within one read. `Benchmarks/compare/KINDS.md` says exactly what is asked.
struct KindEngine {
    let question: FleetQuestion
    let finder: ColumnFinder
    let work: ColumnWork
    let tags: StoredTags

    static let day = Duration.days(1).microseconds

    /// T, microseconds.
    var at: Int64 { question.at.microseconds }

    func answer() throws -> FleetAnswer {
        try checkFleet()
        return switch question.kind {
        case .lastLoc, .lastLocFleet: try newest(["latitude", "longitude"])
        case .lowFuel: try newest(["fuel_state"])
        case .highLoad: try newest(["current_load", "load_capacity"])
        case .stationary: try stationary()
        case .longDriving: try longSessions(hours: 4, moreThan: 22)
        case .longDaily: try longSessions(hours: 24, moreThan: 60)
        case .dailyDrivingDuration: try dailyDrivingDuration()
        case .dailyDrivingSession: try dailyDrivingSession()
        case .fuelProjection: try fuelProjection()
        case .averageLoad: try averageLoad()
        case .dailyActivity: try dailyActivity()
        case .breakdownFrequency: try breakdownFrequency()
        }
    }

    /// Refuses a fleet of which there never was anything: an empty answer would look like one.
    private func checkFleet() throws {
        guard let fleet = question.fleet else { return }
        let isMachines = try Bool.fetchOne(
            finder.db.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM machine WHERE fleet = ?1)
                        OR EXISTS (SELECT 1 FROM retired_name WHERE fleet = ?1)
                    """), arguments: [fleet])!
        guard isMachines || tags.hasFleet(fleet) else {
            throw try QueryMachine.unknown(fleet, in: "fleet", finder.db)
        }
    }

    // MARK: Machines and columns

    /// Those that may have rows of what is asked about. Tags are the rows' own: a machine may have been of that fleet once.
    func machines() throws -> [QueryMachine] {
        if let key = question.equipment { return try QueryMachine.selected(MachineSelection(keys: [key]), finder.db) }
        guard let fleet = question.fleet, FleetID(fleet) != nil else { return try QueryMachine.all(finder.db) }
        return try QueryMachine.all(
            finder.db, where: "fleet = ?1 OR id IN (SELECT machine FROM retired_name WHERE fleet = ?1)", [fleet])
    }

    /// The signals, and after them the tags.
    func wanted(_ names: [String]) -> WantedSignals {
        WantedSignals(names.map { Signal($0) } + [.tags], finder.names)
    }

    /// Calls `body` for each machine that has rows with any of the signals from `start` up to but without `end`.
    ///
    /// - Parameters:
    ///   - share: which part of these rows is looked at, roughly; it tells whether a second core is worth waking.
    ///   - readCount: of so many of the signals, the first, values are looked at; of all when it is not said.
    func map<Result>(
        _ names: [String], from start: Int64, to end: Int64, share: Double = 1, readCount: Int? = nil,
        isNeeded: ([SegmentDirectory.Column?]) -> Bool,
        _ body: (MachineColumns, QueryScratch) throws -> Result
    ) throws -> [(machine: QueryMachine, result: Result)] {
        let wanted = wanted(names)
        var found: [MachineColumns] = []
        var readings = 0
        var looked = 0.0
        for machine in try machines() {
            var columns = try finder.columns(of: machine, wanted, from: start, to: end)
            columns.segments.removeAll { !isNeeded($0.columns) }
            guard !columns.segments.isEmpty || columns.head != nil else { continue }
            readings += columns.readingCount
            looked += columns.readings(from: start, to: end) * share
            found.append(columns)
            guard readings <= work.limits.readings else {
                throw StoreFailure.tooMuch(
                    "\(question.kind.rawValue) would look at more than \(work.limits.readings) readings: choose an earlier time"
                )
            }
        }
        let results = try work.map(found, readings: Int(looked)) { columns, chunks in
            for segment in columns.segments {
                let tagColumn = segment.columns.count - 1
                for index in segment.columns.indices where index < readCount ?? tagColumn || index == tagColumn {
                    try segment.load(index, from: chunks)
                }
            }
            return columns.segments.reduce(0) { $0 + $1.byteCount }
        } _: { columns, scratch in
            try body(columns, scratch)
        }
        return zip(found, results).map { ($0.machine, $1) }
    }

    /// What rows say that have no tags of their own.
    func usualTags(of machine: QueryMachine) -> StoredTags.Tags {
        StoredTags.Tags(fleet: machine.key.fleet.text, driver: "", model: machine.model?.text ?? "")
    }

    // MARK: Answers

    /// Rows in the order of their keys, which are the first columns.
    func answer(_ columns: [String], keys: Int, _ rows: [[FleetAnswer.Field]]) -> FleetAnswer {
        let sorted = rows.sorted { one, other in
            for (left, right) in zip(one.prefix(keys), other.prefix(keys)) {
                guard case .text(let left) = left, case .text(let right) = right, left != right else { continue }
                return left.utf8.lexicographicallyPrecedes(right.utf8)
            }
            return false
        }
        return FleetAnswer(kind: question.kind, columns: columns, rows: sorted)
    }

    static func day(of time: Int64) -> String { Timestamp(microseconds: time).date.description }
}

/// Rows of a machine in columns, all from one segment or from the head.
struct RowBlock {
    var rows: Range<Int>
    var clock: RowClock
    /// By the wanted signals, from the first of the rows on, NaN where a row has no value; `nil` when none has.
    var values: [UnsafePointer<Double>?]
    var tags: TagRuns
}

extension MachineColumns {
    /// Calls `body` with the rows from `start` up to but without `end`, in no particular order of blocks.
    func forEachBlock(
        from start: Int64, to end: Int64, _ scratch: QueryScratch, _ body: (RowBlock) throws -> Void
    ) throws {
        for segment in segments {
            let buffers = segment.columns.map { _ in scratch.buffer() }
            defer { buffers.forEach(scratch.giveBack) }
            let (rows, clock) = try segment.clock(
                from: start, to: end, room: buffers[0].times, using: scratch.workspace)
            guard !rows.isEmpty else { continue }
            let tagColumn = segment.columns.count - 1
            let tags = try segment.tagRuns(of: tagColumn, room: buffers[tagColumn].values, using: scratch.workspace)
            let values: [UnsafePointer<Double>?] = try (0..<tagColumn).map { column in
                let values = buffers[column].values
                let isThere = try segment.values(of: column, rows, into: values, using: scratch.workspace)
                return isThere ? UnsafePointer(values) : nil
            }
            try body(RowBlock(rows: rows, clock: clock, values: values, tags: tags))
        }
        try head?.withBlock(body)
    }
}

extension HeadColumns {
    /// All rows; the last of the signals are the tags.
    func withBlock(_ body: (RowBlock) throws -> Void) rethrows {
        guard !isEmpty else { return }
        let buffers = columns.map { column in
            let buffer = ColumnBuffer(capacity: times.count)
            for row in times.indices {
                buffer.times[row] = times[row]
                buffer.values[row] = .nan
            }
            for (row, value) in zip(column.rows, column.values) { buffer.values[Int(row)] = value }
            return buffer
        }
        try withExtendedLifetime(buffers) {
            try body(
                RowBlock(
                    rows: 0..<times.count, clock: .listed(UnsafePointer(buffers[0].times), from: 0),
                    values: buffers.dropLast().map { UnsafePointer($0.values) },
                    tags: TagRuns(UnsafeBufferPointer(start: buffers.last!.values, count: times.count))))
        }
    }
}

/// Which group each row of a machine belongs to, by what the row said beside its values.
struct RowGroups<Key: Hashable & Sendable> {
    private let tags: StoredTags
    private let usual: StoredTags.Tags
    private let key: (StoredTags.Tags) -> Key?
    private(set) var keys: [Key] = []
    private var places: [UInt64: Int] = [:]

    /// - Parameter key: `nil` for rows that do not count.
    init(_ tags: StoredTags, usual: StoredTags.Tags, key: @escaping (StoredTags.Tags) -> Key?) {
        self.tags = tags
        self.usual = usual
        self.key = key
    }

    /// The place among `keys`; -1 when rows with such tags do not count.
    mutating func place(of value: Double) -> Int {
        if let known = places[value.bitPattern] { return known }
        var place = -1
        if let key = key(tags[value] ?? usual) {
            if let index = keys.firstIndex(of: key) {
                place = index
            } else {
                place = keys.count
                keys.append(key)
            }
        }
        places[value.bitPattern] = place
        return place
    }
}
