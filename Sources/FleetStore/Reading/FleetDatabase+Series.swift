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
        of machine: MachineKey, from: Timestamp, to: Timestamp, only signal: Signal? = nil, skipsDamage: Bool = false
    ) async throws(StoreFailure) -> SeriesWalk {
        let id = try await read("cannot read machine \(machine)") { db, _ in try MachineReader.id(of: machine, db) }
        return SeriesWalk(machine: machine, id: id, signal: signal, to: to, skipsDamage: skipsDamage, next: from)
    }
}

/// How far a walk through a machine's frames has come.
struct SeriesWalk: Sendable {
    let machine: MachineKey
    let id: Int64
    /// Only the readings of this one are wanted.
    let signal: Signal?
    let to: Timestamp
    /// Whether it goes on behind what is damaged, instead of failing.
    let skipsDamage: Bool
    var next: Timestamp
    /// What it went past, each once.
    private(set) var missing: [DatabaseReport.Finding] = []

    init(machine: MachineKey, id: Int64, signal: Signal?, to: Timestamp, skipsDamage: Bool, next: Timestamp) {
        self.machine = machine
        self.id = id
        self.signal = signal
        self.to = to
        self.skipsDamage = skipsDamage
        self.next = next
    }

    /// So many rows of segments are read together, and of wide ones fewer.
    private static let rowsAtOnce = 32_768

    /// The next frames in order; `nil` when there are no more.
    mutating func next(_ database: FleetDatabase) async throws(StoreFailure) -> [Frame]? {
        while next < to {
            let here = self
            // Before the transaction: see `Head.runs`.
            let run = database.head.run(of: id)
            let part: Part
            do {
                part = try await database.answering("cannot read the series of \(machine)") { db, deadline in
                    try here.part(database, run, db, deadline)
                }
            } catch {
                guard skipsDamage, case .damaged(let why) = error else { throw error }
                // SQLite does not find its way any more: what is behind this time is lost.
                missing.append(
                    DatabaseReport.Finding(
                        part: .structure, machine: "\(machine)", from: next > .earliestWritten ? next : nil, what: why,
                        next: Self.advice))
                next = to
                return nil
            }
            next = part.end
            for finding in part.missing where !missing.contains(finding) { missing.append(finding) }
            if !part.frames.isEmpty { return part.frames }
        }
        return nil
    }

    private struct Part {
        var frames: [Frame] = []
        /// Up to where these are all.
        var end: Timestamp
        var missing: [DatabaseReport.Finding] = []
    }

    private func part(
        _ database: FleetDatabase, _ run: Head.Run?, _ db: Database, _ deadline: ReadDeadline
    ) throws -> Part {
        try deadline.checkForLong()
        let marks = try StoreMarks(db)
        let names = try database.names(db, marks)
        var part = Part(end: to)
        let chosen = try segments(database, marks, db, deadline, &part)
        let reader = SegmentReader(db, names: names)
        for segment in chosen {
            try deadline.check()
            try passing(segment.id, segment.first, segment.last, &part) { part in
                let frames = try reader.frames(of: segment, from: next, to: part.end, only: signal) { signal, error in
                    try pass(error, segment.id, segment.first, segment.last, signal, &part)
                }
                part.frames += frames
            }
        }
        do {
            let end = part.end
            part.frames +=
                try run?.frames(after: marks.seal.position(of: id), names: names)
                .map(\.frame).filter { $0.observedAt >= next && $0.observedAt < end } ?? []
        } catch {
            let what = "what came last of \(machine) cannot be read: \(error.description)"
            guard skipsDamage else { throw StoreFailure.damaged(what) }
            part.missing.append(
                DatabaseReport.Finding(part: .journal, machine: "\(machine)", what: what, next: Self.advice))
        }
        part.frames.sort { $0.isBefore($1) }
        return part
    }

    /// The segments with rows from `next` on, and up to where so much is read at once.
    private func segments(
        _ database: FleetDatabase, _ marks: StoreMarks, _ db: Database, _ deadline: ReadDeadline, _ part: inout Part
    ) throws -> [StoredSegment] {
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
            guard first < part.end else { break }
            if rowsLeft <= 0 || valuesLeft <= 0, first > next {
                part.end = first
                break
            }
            try passing(place.id, first, Timestamp(microseconds: place.last), &part) { part in
                guard
                    let row = try Row.fetchOne(
                        db.cachedStatement(sql: "SELECT id, first, last, rows, directory FROM segment WHERE id = ?"),
                        arguments: [place.id])
                else { throw Damage("its row is missing") }
                let segment = try StoredSegment(row)
                let directory = try segment.directory()
                let width = signal == nil ? max(1, directory.columns.count) : 1
                let rows = max(1, share / width)
                if segment.rowCount > rows {
                    let cut = try chunks.withBytes(of: directory.rows, in: segment.id) {
                        try time(behind: rows, RowsDecoder($0, using: workspace), before: part.end)
                    }
                    part.end = cut ?? part.end
                }
                chosen.append(segment)
                rowsLeft -= segment.rowCount
                valuesLeft -= min(segment.rowCount, rows) * width
            }
        }
        return chosen
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

    /// Runs `body`; damage that ends it is an error, or is noted where it is to be passed over.
    private func passing(
        _ segment: Int64, _ first: Timestamp, _ last: Timestamp, _ part: inout Part, _ body: (inout Part) throws -> Void
    ) throws {
        do {
            try body(&part)
        } catch {
            try pass(error, segment, first, last, nil, &part)
        }
    }

    private func pass(
        _ error: any Error, _ segment: Int64, _ first: Timestamp, _ last: Timestamp, _ signal: Signal?,
        _ part: inout Part
    ) throws {
        let what: String
        switch error {
        case let damage as Damage: what = damage.description
        case let error as DatabaseError where skipsDamage && error.isDamage:
            what = error.message ?? "\(error.resultCode)"
        case let error as RowDecodingError where skipsDamage: what = "\(error)"
        default: throw error
        }
        guard skipsDamage else {
            throw StoreFailure.damagedSegment(segment, of: "\(machine)", from: first, to: last, Damage(what))
        }
        part.missing.append(
            DatabaseReport.Finding(
                part: .segment, machine: "\(machine)", signal: signal?.name, from: first, to: last, segment: segment,
                what: what, next: Self.advice))
    }

    private static let advice = "restore a backup"
}
