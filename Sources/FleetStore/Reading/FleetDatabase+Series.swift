import FleetModel
import FleetRuntime
import GRDB
import SeriesCodec

extension FleetDatabase {
    /// Every machine that was ever heard of or registered, in order.
    package func machineKeys() async throws(StoreFailure) -> [MachineKey] {
        try await read("cannot list the machines") { db, _ in
            try Row.fetchAll(db, sql: "SELECT fleet, equipment FROM machine ORDER BY fleet, equipment")
                .map { try MachineKey($0) }
        }
    }

    func walk(
        of machine: MachineKey, from: Timestamp, to: Timestamp, only signal: Signal? = nil
    ) async throws(StoreFailure) -> SeriesWalk {
        let id = try await read("cannot read machine \(machine)") { db, _ in try MachineReader.id(of: machine, db) }
        return SeriesWalk(machine: machine, id: id, signal: signal, to: to, next: from)
    }
}

/// How far a walk through a machine's frames has come.
struct SeriesWalk: Sendable {
    let machine: MachineKey
    let id: Int64
    /// Only the readings of this one are wanted.
    let signal: Signal?
    let to: Timestamp
    var next: Timestamp

    /// So many rows of segments are read together, and of wide ones fewer.
    private static let rowsAtOnce = 32_768

    /// The next frames in order; `nil` when there are no more.
    mutating func next(_ database: FleetDatabase) async throws(StoreFailure) -> [Frame]? {
        while next < to {
            let here = self
            // Before the transaction: see `Head.runs`.
            let run = database.head.run(of: id)
            let (frames, end) = try await database.answering("cannot read the series of \(machine)") { db, deadline in
                try here.part(database, run, db, deadline)
            }
            next = end
            if !frames.isEmpty { return frames }
        }
        return nil
    }

    /// The frames from `next` on, and up to where these are all.
    private func part(
        _ database: FleetDatabase, _ run: Head.Run?, _ db: Database, _ deadline: ReadDeadline
    ) throws -> (frames: [Frame], end: Timestamp) {
        let names = try database.names(db)
        let marks = try StoreMarks(db)
        let (chosen, end) = try segments(database, marks, db, deadline)
        let reader = SegmentReader(db, names: names)
        var frames: [Frame] = []
        for segment in chosen {
            try deadline.check()
            do {
                frames += try reader.frames(of: segment, from: next, to: end, only: signal)
            } catch let damage as Damage {
                throw failure(damage, segment)
            }
        }
        do {
            frames +=
                try run?.frames(after: marks.seal.position(of: id), names: names)
                .map(\.frame).filter { $0.observedAt >= next && $0.observedAt < end } ?? []
        } catch {
            throw StoreFailure.damaged("what came last of \(machine) cannot be read: \(error.description)")
        }
        frames.sort { $0.isBefore($1) }
        return (frames, end)
    }

    /// The segments with rows from `next` on, and up to where so much is read at once.
    private func segments(
        _ database: FleetDatabase, _ marks: StoreMarks, _ db: Database, _ deadline: ReadDeadline
    ) throws -> (segments: [StoredSegment], end: Timestamp) {
        var end = to
        var chosen: [StoredSegment] = []
        let places = try database.segments.places(of: id, .readings, as: marks.segments, db)
            .filter { $0.last >= next.microseconds && $0.first < to.microseconds }
        var rowsLeft = SeriesWalk.rowsAtOnce
        var valuesLeft = database.queryLimits.exportedValues
        // Those that overlap where it begins are read together whatever their width.
        let share = valuesLeft / max(1, places.count { $0.first <= next.microseconds })
        let workspace = SegmentWorkspace()
        let chunks = ChunkReader(db)
        for place in places {
            try deadline.check()
            let first = Timestamp(microseconds: place.first)
            guard first < end else { break }
            if rowsLeft <= 0 || valuesLeft <= 0, first > next {
                end = first
                break
            }
            guard
                let row = try Row.fetchOne(
                    db.cachedStatement(sql: "SELECT id, first, last, rows, directory FROM segment WHERE id = ?"),
                    arguments: [place.id])
            else {
                throw StoreFailure.damagedSegment(
                    place.id, of: "\(machine)", from: first, to: Timestamp(microseconds: place.last),
                    Damage("its row is missing"))
            }
            let segment = try StoredSegment(row)
            do {
                let directory = try segment.directory()
                let width = signal == nil ? max(1, directory.columns.count) : 1
                let rows = max(1, share / width)
                if segment.rowCount > rows {
                    let cut = try chunks.withBytes(of: directory.rows, in: segment.id) {
                        try time(behind: rows, RowsDecoder($0, using: workspace), before: end)
                    }
                    end = cut ?? end
                }
                chosen.append(segment)
                rowsLeft -= segment.rowCount
                valuesLeft -= min(segment.rowCount, rows) * width
            } catch let damage as Damage {
                throw failure(damage, segment)
            }
        }
        return (chosen, end)
    }

    /// When the row behind so many from `next` on was measured; `nil` when there is none.
    private func time(
        behind count: Int, _ rows: RowsDecoder, before end: Timestamp
    ) throws(Damage) -> Timestamp? {
        let (next, end) = (next.microseconds, end.microseconds)
        let here = try rows.rows(from: next, until: end)
        guard here.count > count else { return nil }
        // Rows of one time are not parted.
        let time: Int64? = try rows.withTimes { times in
            times[here.lowerBound + count..<here.upperBound].first { $0 > next }
        }
        return time.map { Timestamp(microseconds: $0) }
    }

    private func failure(_ damage: Damage, _ segment: StoredSegment) -> StoreFailure {
        .damagedSegment(segment.id, of: "\(machine)", from: segment.first, to: segment.last, damage)
    }
}
