import FleetModel
import FleetRuntime
import FoundationEssentials
import GRDB
import SeriesCodec

/// When what is in the journal moves on into segments.
struct SealRules: Sendable {
    /// The head is in memory, and the journal must be read again at a start: when they are longer than this.
    var headBytes = 40 << 20
    /// When the oldest has been there for so long.
    var age = Duration.hours(1)
    /// Machines are sealed together until their pieces take this much: a transaction that others wait for stays short.
    var bytesAtOnce = 512 << 10
    /// So many rows of the journal are removed in one transaction.
    var rowsAtOnce = 64
    /// Beyond it what comes in waits for the head to become shorter: a fleet faster than the moving fills no memory.
    var headBytesMax = 80 << 20
}

extension FleetDatabase {
    /// Does one piece of what is to be done to move the journal into segments; returns whether there is more.
    ///
    /// Two may do it at once: a piece counts only if the mark still stands where it stood when the piece was begun.
    ///
    /// - Parameter mustBegin: also when neither room nor age asks for it yet.
    package func seal(at now: Timestamp, mustBegin: Bool = false) async throws(StoreFailure) -> Bool {
        let doing = "cannot move the journal into segments"
        let mark = try await onWriter(doing) { try SealMark($0) }
        guard mark.sealing > 0 else {
            if mustBegin || isSealingDue(at: now) {
                let hasBegun = try await advance(mark, doing) { db, ledger, next in
                    next.sealing = try ledger.lastPosition(db)
                    next.machine = 0
                    return next.sealing > mark.sealed
                }
                if hasBegun ?? true { return true }
            }
            return try await trimJournal(doing)
        }
        let group = nextMachines(mark)
        guard !group.isEmpty else {
            let hasEnded = try await advance(mark, doing) { _, _, next in
                next = SealMark()
                next.sealed = mark.sealing
                return true
            }
            if hasEnded == true { sealedAt.withLock { $0 = now } }
            return true
        }
        try await seal(group, mark, doing)
        return true
    }

    /// Moves everything that was stored so far into segments.
    package func sealAll() async throws(StoreFailure) {
        var more = try await seal(at: .epoch, mustBegin: true)
        while more { more = try await seal(at: .epoch) }
    }

    /// Waits until there is room in the head for what came in, and makes it.
    func makeRoom(at now: Timestamp) async throws(StoreFailure) {
        while head.byteCount >= sealRules.headBytesMax, try await seal(at: now) {}
    }

    /// One transaction that moves the mark from where it stood, if `body` says so. `nil`: it stands elsewhere by now, and
    /// nothing is written.
    private func advance(
        _ mark: SealMark, _ doing: String,
        _ body: @escaping @Sendable (Database, inout Ledger, inout SealMark) throws -> Bool
    ) async throws(StoreFailure) -> Bool? {
        try await write(doing) { [head] db, ledger in
            guard try SealMark(db) == mark else { return nil }
            var next = mark
            guard try body(db, &ledger, &next) else { return false }
            try next.write(db)
            try RecentArrivals.write(head.newestArrival, db)
            return true
        }
    }

    private func isSealingDue(at now: Timestamp) -> Bool {
        guard head.byteCount > 0 else {
            sealedAt.withLock { $0 = now }
            return false
        }
        let last = sealedAt.withLock { last in
            // A clock that was set back must not put it off.
            if last.map({ now < $0 }) ?? true { last = now }
            return last!
        }
        return head.byteCount >= sealRules.headBytes || now - last >= sealRules.age
    }

    private func nextMachines(_ mark: SealMark) -> [(machine: Int64, run: Head.Run)] {
        var group: [(machine: Int64, run: Head.Run)] = []
        var bytes = 0
        for (machine, run) in head.runs.sorted(by: { $0.key < $1.key }) where machine > mark.machine {
            guard run.begins(upTo: mark.sealing) else { continue }
            group.append((machine, run))
            bytes += run.byteCount
            if bytes >= sealRules.bytesAtOnce { break }
        }
        return group
    }

    private func seal(
        _ group: [(machine: Int64, run: Head.Run)], _ mark: SealMark, _ doing: String
    ) async throws(StoreFailure) {
        let names = try await read(doing) { [self] db, _ in try self.names(db) }
        let made: Result<[SealedMachine], StoreFailure> = await inBackground { [self] in
            Result { () throws -> [SealedMachine] in
                let rows = names.rows
                return try group.map { try SealedMachine($0, mark, names: names, rows: rows) }
            }
            .mapError { StoreFailure($0, doing: doing, path: path) }
        }
        let machines = try made.get()
        let isMoved = try await advance(mark, doing) { db, ledger, next in
            for machine in machines { try machine.write(db, &ledger) }
            next.machine = machines.last!.machine
            return true
        }
        guard isMoved == true else { return }
        head.drop(machines.map(\.machine), upTo: mark.sealing)
        noteNewSegments(of: machines.map(\.machine))
    }

    /// Removes rows of the journal that nobody needs any more.
    private func trimJournal(_ doing: String) async throws(StoreFailure) -> Bool {
        let limit = sealRules.rowsAtOnce
        let isOver = try await onWriter(doing) { db in
            let last = min(try Cursor.sealed.value(db), try Cursor.evaluation.value(db))
            let oldest = try Int64.fetchOne(db.cachedStatement(sql: "SELECT MIN(id) FROM journal"))
            return oldest.map { $0 > last } ?? true
        }
        if isOver { return false }
        return try await write(doing) { [self] db, _ in
            let last = min(try Cursor.sealed.value(db), try Cursor.evaluation.value(db))
            let rows = try Int64.fetchAll(
                db.cachedStatement(sql: "SELECT id FROM journal WHERE id <= ? ORDER BY id LIMIT ?"),
                arguments: [last, limit])
            guard let end = rows.last else { return false }
            // Whose they are is not known.
            for row in head.unreadRows where rows.contains(row) {
                try db.cachedStatement(
                    sql: "INSERT INTO unreadable (machine, frames, why) SELECT 0, frames, ? FROM journal WHERE id = ?"
                ).execute(arguments: ["row \(row) of the journal was damaged", row])
            }
            try db.cachedStatement(sql: "DELETE FROM journal WHERE id <= ?").execute(arguments: [end])
            return rows.count == limit
        }
    }
}

/// What of one machine leaves the journal.
private struct SealedMachine: Sendable {
    let machine: Int64
    private let pieces: [ArraySlice<UInt8>]
    let segments: [Segment]
    let lastReceivedAt: Timestamp
    /// What cannot be read, as it is: somebody may find out what it was.
    let unreadable: [(bytes: ArraySlice<UInt8>, why: String)]

    init(
        _ head: (machine: Int64, run: Head.Run), _ mark: SealMark, names: StoredNames, rows: [Signal: Int64]
    ) throws {
        machine = head.machine
        var frames: [Frame] = []
        var unreadable: [(bytes: ArraySlice<UInt8>, why: String)] = []
        pieces = head.run.pieces(after: mark.sealed, upTo: mark.sealing)
        for piece in pieces {
            piece.withUnsafeBytes { bytes in
                var reader = FrameReader(bytes, names: names)
                do throws(Damage) {
                    while let received = try reader.next() { frames.append(received.frame) }
                } catch {
                    // The frames before the damage are known by their numbers, and must be stored.
                    unreadable.append((piece, error.description))
                }
            }
        }
        self.unreadable = unreadable
        segments = try SegmentMaker { signal in
            guard let row = rows[signal] else { throw Damage("signal \(signal) is not stored") }
            return row
        }.segments(of: frames, of: machine)
        lastReceivedAt = head.run.lastReceivedAt
    }

    func write(_ db: Database, _ ledger: inout Ledger) throws {
        guard try Journal.hasMachine(machine, db) else {
            // Nobody can ask for its readings, and the others' must not wait for it.
            return try keep(pieces.map { ($0, "there is no machine \(machine)") }, db)
        }
        for segment in segments { try SegmentTable.insert(segment, db) }
        try keep(unreadable, db)
        // The numbers of its frames are in the journal no more.
        if let key = try? Journal.machine(machine, db), let index = try ledger.index(of: key, db) {
            try ledger.withEntry(index) { entry in
                try entry.settle { boot, ranges in try ranges.write(of: machine, boot: boot, db) }
            }
        }
        try db.cachedStatement(
            sql: "UPDATE machine SET last_received_at = MAX(COALESCE(last_received_at, ?1), ?1) WHERE id = ?2"
        ).execute(arguments: [lastReceivedAt.microseconds, machine])
    }

    private func keep(_ pieces: [(bytes: ArraySlice<UInt8>, why: String)], _ db: Database) throws {
        for (bytes, why) in pieces {
            try db.cachedStatement(sql: "INSERT INTO unreadable (machine, frames, why) VALUES (?, ?, ?)")
                .execute(arguments: [machine, Data(bytes), why])
        }
    }
}
