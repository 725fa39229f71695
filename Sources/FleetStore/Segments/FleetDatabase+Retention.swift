import FleetModel
import FleetRuntime
import GRDB
import SeriesCodec

/// How far the walk has come that looks for what is too old.
struct ExpiryWalk {
    /// The walk goes on after this machine; `nil` while none is under way.
    var machine: Int64?
    /// When the last one began.
    var begunAt: Timestamp?
    /// Segments that cannot be read; they stay, for a person to look at.
    var damaged: Set<Int64> = []

    /// Segments are hours long at least, so nobody sees that they go an hour late.
    static let every = Duration.hours(1)
    static let machinesAtOnce = 256
}

extension FleetDatabase {
    /// Does one piece of what is to be done with readings that are older than they are to be kept; returns whether there is
    /// more of it now.
    func expire(at now: Timestamp) async throws(StoreFailure) -> Bool {
        let retention = retention
        guard retention.keepsForLess else { return false }
        let walk = expiryWalk.withLock { walk in
            if walk.machine == nil, walk.begunAt.map({ now < $0 || now - $0 >= ExpiryWalk.every }) ?? true {
                walk.machine = 0
                walk.begunAt = now
            }
            return walk
        }
        guard let after = walk.machine else { return false }
        let doing = "cannot remove what is too old"
        let machines = try await read(doing) { db, _ in
            try Int64.fetchAll(
                db.cachedStatement(sql: "SELECT id FROM machine WHERE id > ? ORDER BY id LIMIT ?"),
                arguments: [after, ExpiryWalk.machinesAtOnce])
        }
        for machine in machines {
            for level in SegmentLevel.allCases {
                guard let age = retention.age(of: level) else { continue }
                if try await expire(machine, level, before: now - age, doing) {
                    expiryWalk.withLock { $0.machine = machine - 1 }
                    return true
                }
            }
        }
        expiryWalk.withLock { $0.machine = machines.count < ExpiryWalk.machinesAtOnce ? nil : machines.last }
        return machines.count == ExpiryWalk.machinesAtOnce
    }

    /// Removes the oldest segments of a machine that end before `end`, having put what is kept of them into a coarser one.
    /// Returns whether there were any.
    private func expire(
        _ machine: Int64, _ level: SegmentLevel, before end: Timestamp, _ doing: String
    ) async throws(StoreFailure) -> Bool {
        let damaged = expiryWalk.withLock { $0.damaged }
        let (gone, broken, rollup) = try await read(doing) { [self] db, deadline in
            try oldest(of: machine, level, before: end, leaving: damaged, db, deadline)
        }
        expiryWalk.withLock { $0.damaged.formUnion(broken) }
        guard !gone.isEmpty else { return !broken.isEmpty }
        let segments = await inBackground { rollup?.segments(of: machine) ?? [] }
        try await write(doing) { db, _ in
            try SegmentTable.delete(gone, db)
            for segment in segments { try SegmentTable.insert(segment, db) }
        }
        noteNewSegments(of: [machine])
        return true
    }

    /// The oldest segments that end before `end`, and what is kept of them; at most about a million values.
    private func oldest(
        of machine: Int64, _ level: SegmentLevel, before end: Timestamp, leaving damaged: Set<Int64>, _ db: Database,
        _ deadline: ReadDeadline
    ) throws -> (gone: [Int64], broken: [Int64], rollup: Rollup?) {
        let old = try SegmentTable.segments(
            of: machine, level, endingBefore: end, leaving: damaged, limit: MergePlan.segmentsMax, db)
        let names = try names(db)
        let rows = names.rows
        let reader = SegmentReader(db, names: names)
        var rollup = level.coarser.map { Rollup($0) }
        var (gone, broken, values): ([Int64], [Int64], Int) = ([], [], 0)
        for segment in old {
            try deadline.check()
            do {
                values += try segment.directory().columns.reduce(0) { $0 + $1.statistics.count }
                guard values <= Segment.valuesMax || gone.isEmpty else { break }
                if level == .readings {
                    let frames = try reader.frames(of: segment, from: .distantPast, to: .distantFuture)
                    rollup?.add(frames) { rows[$0] ?? 0 }
                } else if rollup != nil {
                    try rollup?.add(segment, reader)
                }
                gone.append(segment.id)
            } catch is Damage {
                broken.append(segment.id)
            }
        }
        return (gone, broken, rollup)
    }
}

extension SegmentTable {
    /// The segments of a machine that have nothing from `end` on, the oldest first; `left` ones do not count.
    fileprivate static func segments(
        of machine: Int64, _ level: SegmentLevel, endingBefore end: Timestamp, leaving left: Set<Int64>, limit: Int,
        _ db: Database
    ) throws -> [StoredSegment] {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT id, first, last, rows, directory FROM segment
                    WHERE machine = ? AND level = ? AND last < ? ORDER BY last
                    """), arguments: [machine, level.rawValue, end.microseconds])
        var segments: [StoredSegment] = []
        while segments.count < limit, let row = try rows.next() {
            if left.contains(try row.decode(Int64.self, atIndex: 0)) { continue }
            segments.append(try StoredSegment(row.copy()))
        }
        return segments
    }
}

extension RetentionSettings {
    /// Whether anything ever goes.
    fileprivate var keepsForLess: Bool { readings != nil || minutes != nil || hours != nil }

    /// `nil`: for ever.
    fileprivate func age(of level: SegmentLevel) -> Duration? {
        switch level {
        case .readings: readings
        case .minutes: minutes
        case .hours: hours
        }
    }
}
