import FleetModel
import FleetRuntime
import GRDB
import GRDBSQLite
import Prognosis
import SeriesCodec
import ServiceDesk

/// Looks at all of a database, on a connection that only reads, also beside a running daemon.
///
/// It goes on behind everything that it finds damaged, so that what is lost is told from what is not.
final class DatabaseCheck {
    /// How far it is: what it looks at, and how much of how much.
    typealias Progress = (_ part: String, _ done: Int, _ all: Int) -> Void

    private let queue: DatabaseQueue
    private let depth: CheckDepth
    private let stop: StopSign
    private let progress: Progress
    private var report: DatabaseReport
    private var names = StoredNames()
    private var machines: [Int64: String] = [:]
    /// The last row of the table of machines that was read.
    private var lastMachine: Int64 = 0

    /// - Parameter queue: of a file that was found to be ours.
    init(
        _ queue: DatabaseQueue, path: String, _ depth: CheckDepth, _ stop: StopSign,
        progress: @escaping Progress = { _, _, _ in }
    ) {
        self.queue = queue
        self.depth = depth
        self.stop = stop
        self.progress = progress
        report = DatabaseReport(database: path)
    }

    /// Opens the file at `path` to be read only, and looks at it.
    ///
    /// - Throws: `notFound`, and `busy` when it could not be looked at to the end.
    static func run(
        path: String, _ depth: CheckDepth, _ stop: StopSign, progress: @escaping Progress
    ) throws -> DatabaseReport {
        guard FileSize.of(path) != nil else {
            throw StoreFailure.notFound("there is no database at \(path); check --database")
        }
        do {
            try FileHeader.check(path: path, newestKnown: Schema.current.version)
            guard try FileHeader(path: path) != nil else {
                throw StoreFailure.foreign("\(path) is empty")
            }
            let queue = try DatabaseQueue(path: path, configuration: Connections.reader())
            defer { try? queue.close() }
            return try DatabaseCheck(queue, path: path, depth, stop, progress: progress).run()
        } catch let error as DatabaseError where error.isDamage {
            return unreadable(path, error.message ?? "SQLite error \(error.resultCode.rawValue)")
        } catch StoreFailure.damaged(let why) {
            return unreadable(path, why)
        } catch StoreFailure.foreign(let why) {
            // It may be whole, and another program's or a newer one's; or ours, with a destroyed first page.
            let header = try? FileHeader(path: path)
            let isNewer = header?.applicationID == FileHeader.applicationID
            return unreadable(
                path, why,
                next: isNewer
                    ? "check it with the zubr of that version; if no such one was ever here, its first page is destroyed: restore a backup"
                    : "name zubrd's database; if this is it, its first page is destroyed: restore a backup")
        }
    }

    private static func unreadable(
        _ path: String, _ why: String,
        next: String = "restore a backup (zubr restore); keep the file, sqlite3's .recover may read parts of it"
    ) -> DatabaseReport {
        var report = DatabaseReport(database: path)
        report.add(DatabaseReport.Finding(part: .file, what: "it cannot be read: \(why)", next: next))
        return report
    }

    func run() throws -> DatabaseReport {
        let begin = ContinuousClock.now
        try look()
        report.seconds = (.now - begin).inSeconds
        return report
    }

    private func look() throws {
        try checkStructure()
        guard try isCurrent() else {
            // The copy that is kept when a newer program updates the file: its bytes are looked at, it is not understood.
            return try checkOldJournal()
        }
        try loadNames()
        try checkSegments()
        try checkJournal()
        try checkState()
    }

    private func isCurrent() throws -> Bool {
        var version = 0
        try attempt("the file") { db in version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 }
        return version == Schema.current.version
    }

    private func checkOldJournal() throws {
        try attempt("the journal") { db in
            if try db.tableExists("segment") {
                addStructure("the file says that it has an older layout than it has")
            }
            guard try db.tableExists("journal") else { return }
            let rows = try Row.fetchCursor(db, sql: "SELECT id, frames FROM journal ORDER BY id")
            while let row = try rows.next() {
                try stop.check()
                report.journalRows += 1
                let position: Int64 = try row.decode(atIndex: 0)
                if try !row.withUnsafeBlob(1, { ByteReader.isWhole($0) }) {
                    add(.journal, "row \(position) of the journal: the check sum does not match", DatabaseCheck.restore)
                }
            }
        }
    }

    // MARK: What SQLite says

    private func checkStructure() throws {
        progress("SQLite's own order", 0, 1)
        try attempt("the file") { db in
            let pragma = depth == .values ? "PRAGMA integrity_check(1000)" : "PRAGMA quick_check(1)"
            for verdict in try String.fetchAll(db, sql: pragma) where verdict != "ok" {
                // One answer may have a line for each thing that is wrong.
                for line in verdict.split(separator: "\n") where !line.hasPrefix("***") {
                    addStructure("SQLite says: \(line)")
                }
            }
        }
    }

    // MARK: Names

    private func loadNames() throws {
        try attempt("the names of signals") { db in
            guard try db.tableExists("signal"), try db.tableExists("shape") else { return }
            names = try StoredNames(db)
            report.signals = names.signals.count { !$0.name.hasPrefix("@") }
            for (index, shape) in names.shapes.enumerated() where shape == nil {
                add(
                    .names, "the list of signals \(index + 1) is damaged",
                    "frames of the journal that refer to it cannot be read; restore a backup if they matter")
            }
        }
        try attempt("the names of machines") { db in
            guard try db.tableExists("machine") else { return }
            try addMachines(try Row.fetchCursor(db, sql: "SELECT fleet, equipment, id FROM machine"))
        }
        report.machines = machines.count
    }

    private func addMachines(_ rows: RowCursor) throws {
        while let row = try rows.next() {
            let id: Int64 = try row.decode(atIndex: 2)
            lastMachine = max(lastMachine, id)
            machines[id] = "\(try MachineKey(row))"
        }
    }

    /// Adds what a daemon at work has named since: in a later transaction it is used, and must not be taken for missing.
    ///
    /// What is damaged of the names has been said.
    private func completeNames(_ db: Database) throws {
        do {
            try names.complete(db)
            try addMachines(
                try Row.fetchCursor(
                    db.cachedStatement(sql: "SELECT fleet, equipment, id FROM machine WHERE id > ?"),
                    arguments: [lastMachine]))
        } catch let error as DatabaseError where !error.isDamage {
            throw error
        } catch {}
    }

    private func name(_ machine: Int64) -> String { machines[machine] ?? "machine \(machine), which has no name" }

    // MARK: Segments

    /// What the index says of a segment.
    private struct Entry {
        var machine: Int64
        var level: Int64
        var last: Int64
        var first: Int64
    }

    private func checkSegments() throws {
        // From wherever the numbers of segments stand: each of these trees may be broken.
        var entries: [Int64: Entry] = [:]
        var ids: Set<Int64> = []
        var exists = true
        try attempt("the index of segments") { db in
            exists = try db.tableExists("segment")
            guard exists else { return }
            let rows = try Row.fetchCursor(
                db, sql: "SELECT id, machine, level, last, first FROM segment INDEXED BY segment_machine")
            while let row = try rows.next() {
                try stop.check()
                entries[try row.decode(atIndex: 0)] = Entry(
                    machine: try row.decode(atIndex: 1), level: try row.decode(atIndex: 2),
                    last: try row.decode(atIndex: 3), first: try row.decode(atIndex: 4))
            }
        }
        guard exists else { return }
        ids.formUnion(entries.keys)
        try attempt("the table of segments") { db in
            let rows = try Int64.fetchCursor(db, sql: "SELECT id FROM segment NOT INDEXED")
            while let id = try rows.next() {
                try stop.check()
                ids.insert(id)
            }
        }
        try attempt("the columns of segments") { db in
            let rows = try Int64.fetchCursor(
                db,
                sql: """
                    SELECT DISTINCT id >> \(SegmentTable.chunkBits) FROM chunk
                    WHERE NOT EXISTS (SELECT 1 FROM segment WHERE segment.id = chunk.id >> \(SegmentTable.chunkBits))
                    """)
            while let id = try rows.next() {
                try stop.check()
                // Of one whose row is gone it is said below.
                if ids.contains(id) { continue }
                addSegment(
                    id, nil, "there are columns of it, and nothing says whose they are or of what time",
                    "the readings are lost unless a backup has them")
            }
        }
        let all = ids.sorted()
        for start in stride(from: 0, to: all.count, by: DatabaseCheck.segmentsAtOnce) {
            progress("segments", start, all.count)
            try attempt("the table of segments") { db in
                try completeNames(db)
                let source = SegmentSource(db, names: names)
                let check = SegmentCheck(source, depth)
                defer { check.end() }
                for id in all[start..<min(start + DatabaseCheck.segmentsAtOnce, all.count)] {
                    try stop.check()
                    try self.check(id, entries[id], check, db)
                }
            }
        }
    }

    /// So many in one transaction: a longer one would keep the log of a running daemon from being emptied.
    private static let segmentsAtOnce = 64

    private func check(_ id: Int64, _ entry: Entry?, _ check: SegmentCheck, _ db: Database) throws {
        do {
            let row = try Row.fetchOne(
                db.cachedStatement(
                    sql: "SELECT machine, level, last, first, rows, directory FROM segment WHERE id = ?"),
                arguments: [id])
            guard let row else {
                // A running daemon merges segments and drops old ones: then it is in the index no more, either.
                if let entry, try isListed(id, entry, db) {
                    addSegment(id, entry, "its row is gone, though the index has it", DatabaseCheck.lost)
                }
                return
            }
            let told = Entry(
                machine: try row.decode(atIndex: 0), level: try row.decode(atIndex: 1),
                last: try row.decode(atIndex: 2),
                first: try row.decode(atIndex: 3))
            if try !isListed(id, told, db) {
                addSegment(
                    id, entry ?? told, "its row and the index do not say the same of whose it is and of what time",
                    DatabaseCheck.lost)
            }
            if machines[told.machine] == nil {
                addSegment(id, told, "it belongs to machine \(told.machine), which is not there", DatabaseCheck.lost)
            }
            let listed = ListedSegment(id: id, first: told.first, last: told.last)
            let rowCount: Int64 = try row.decode(atIndex: 4)
            let found = try row.withUnsafeBlob(5) {
                try check.check(listed, level: told.level, rowCount: rowCount, directory: $0, stop)
            }
            report.segments += 1
            report.columns += found.columns
            report.samples += found.samples
            for (signal, what) in found.damage {
                addSegment(id, told, what, DatabaseCheck.lost, signal: signal)
            }
        } catch let error as DatabaseError where error.isDamage {
            addSegment(
                id, entry, "SQLite cannot read its row (\(error.message ?? "\(error.resultCode)"))", DatabaseCheck.lost)
        } catch let error as RowDecodingError {
            addSegment(id, entry, "its row is damaged (\(error))", DatabaseCheck.lost)
        }
    }

    private func isListed(_ id: Int64, _ entry: Entry, _ db: Database) throws -> Bool {
        try Int64.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT id FROM segment INDEXED BY segment_machine
                    WHERE machine = ? AND level = ? AND last = ? AND first = ? AND id = ?
                    """), arguments: [entry.machine, entry.level, entry.last, entry.first, id]) != nil
    }

    // MARK: The journal

    private func checkJournal() throws {
        try attempt("the journal") { db in
            guard try db.tableExists("journal"), try db.tableExists("cursor") else { return }
            try completeNames(db)
            let end = try Cursor.journal.value(db)
            let mark = try SealMark(db)
            let evaluated = try Cursor.evaluation.value(db)
            for (what, place) in [("evaluation", evaluated), ("sealing", max(mark.sealed, mark.sealing))]
            where place > end {
                add(
                    .journal, "the \(what) is ahead of the journal (\(place), it ends at \(end))", DatabaseCheck.restore
                )
            }
            let rows = try Row.fetchCursor(db, sql: "SELECT id, frames FROM journal ORDER BY id")
            while let row = try rows.next() {
                try stop.check()
                let position: Int64 = try row.decode(atIndex: 0)
                if position > end {
                    add(.journal, "there is a row \(position) after its end \(end)", DatabaseCheck.restore)
                }
                report.journalRows += 1
                if report.journalRows % 256 == 0 { progress("journal", report.journalRows, report.journalRows) }
                do {
                    try row.withUnsafeBlob(1) { try checkJournalRow(position, $0) }
                } catch let damage as Damage {
                    add(.journal, "row \(position) of the journal: \(damage.description)", DatabaseCheck.restore)
                }
            }
        }
    }

    private func checkJournalRow(_ position: Int64, _ bytes: UnsafeRawBufferPointer) throws {
        for piece in try JournalRow.pieces(of: bytes) {
            var frames: [ReceivedFrame] = []
            var reader = FrameReader(piece.bytes, names: names)
            do throws(Damage) {
                while let frame = try reader.next() { frames.append(frame) }
                guard machines[piece.machine] != nil else { throw Damage("the machine is not there") }
            } catch {
                let times = frames.map(\.frame.observedAt)
                report.add(
                    DatabaseReport.Finding(
                        part: .journal, machine: name(piece.machine), from: times.min(), to: times.max(),
                        what: "row \(position) of the journal, behind these times: \(error.description)",
                        next: DatabaseCheck.restore))
            }
            report.journalFrames += frames.count
        }
    }

    // MARK: What was decided

    private func checkState() throws {
        progress("what was decided", 0, 1)
        for cursor in Cursor.allCases {
            try attempt("the cursor \(cursor.rawValue)") { db in
                if try db.tableExists("cursor") { _ = try cursor.value(db) }
            }
        }
        try attempt("the imports") { db in
            guard try db.tableExists("import") else { return }
            let rows = try Row.fetchCursor(db, sql: "SELECT file, report FROM import")
            while let row = try rows.next() {
                let file: String = try row.decode(atIndex: 0)
                let report = try? JSON.value(ImportReport.self, from: try row.decode(atIndex: 1))
                if report?.isPossible != true {
                    add(.state, "what is known of the import of \(file) is damaged", DatabaseCheck.restore)
                }
            }
        }
        try attempt("the conditions of machines") { db in
            guard try db.tableExists("condition") else { return }
            try completeNames(db)
            let rows = try Row.fetchCursor(db, sql: "SELECT machine, latest, document FROM condition")
            while let row = try rows.next() {
                try stop.check()
                let machine: Int64 = try row.decode(atIndex: 0)
                report.documents += 1
                try look(machine, "what the evaluator remembers of it") {
                    let latest = try row.withUnsafeBlob(1) { try FrameBlock.frames(of: $0, names: names) }
                    _ = try ConditionDocument.condition(latest: latest, document: try row.decode(atIndex: 2))
                }
            }
        }
        try checkDocuments("standing", [ServiceStanding].self, "its next services")
        try checkDocuments("registration", Machine.self, "its registration")
        try checkDocuments("alert", Alert.self, "an alert")
        try checkDocuments("work_order", WorkOrder.self, "a work order")
        for table in ["service_record", "acknowledgement", "reply", "outbox"] { try checkJSON(table, "document") }
        try checkJSON("tag_set", "tags")
        try checkJSON("machine_signal", "signals")
        try attempt("the lines that imports did not take") { db in
            guard try db.tableExists("import_reject") else { return }
            let rows = try Row.fetchCursor(db, sql: "SELECT id, lines FROM import_reject")
            while let row = try rows.next() {
                try stop.check()
                report.documents += 1
                do {
                    _ = try row.withUnsafeBlob(1) { try RejectedLines.lines(of: $0) }
                } catch let damage as Damage {
                    add(
                        .state,
                        "row \(try row.decode(Int64.self, atIndex: 0)) of the rejected lines: \(damage.description)",
                        DatabaseCheck.restore)
                }
            }
        }
        try attempt("what could not be read before") { db in
            guard try db.tableExists("unreadable") else { return }
            try completeNames(db)
            let rows = try Row.fetchCursor(db, sql: "SELECT machine, why FROM unreadable")
            while let row = try rows.next() {
                let machine: Int64 = try row.decode(atIndex: 0)
                report.add(
                    DatabaseReport.Finding(
                        part: .unreadable, machine: machine == 0 ? nil : name(machine),
                        what:
                            "frames that could not be read when they left the journal are kept as they are: \((try? row.decode(String.self, atIndex: 1)) ?? "")",
                        next: "an older backup may have them; backups go on"))
            }
        }
    }

    private func checkDocuments<Document: Decodable>(_ table: String, _ type: Document.Type, _ what: String) throws {
        try attempt("the table \(table)") { db in
            guard try db.tableExists(table) else { return }
            try completeNames(db)
            let rows = try Row.fetchCursor(db, sql: "SELECT machine, document FROM \(table)")
            while let row = try rows.next() {
                try stop.check()
                report.documents += 1
                try look(try row.decode(atIndex: 0), what) {
                    _ = try JSON.value(type, from: try row.decode(atIndex: 1))
                }
            }
        }
    }

    private func checkJSON(_ table: String, _ column: String) throws {
        try attempt("the table \(table)") { db in
            guard try db.tableExists(table) else { return }
            report.documents += try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM \(table)") ?? 0
            let rows = try Int64.fetchCursor(db, sql: "SELECT rowid FROM \(table) WHERE NOT json_valid(\(column))")
            while let row = try rows.next() {
                try stop.check()
                add(.state, "row \(row) of the table \(table) is no JSON", DatabaseCheck.restore)
            }
        }
    }

    private func look(_ machine: Int64, _ what: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as DatabaseError {
            throw error
        } catch {
            report.add(
                DatabaseReport.Finding(
                    part: .state, machine: name(machine), what: "\(what) cannot be read: \(error)",
                    next: DatabaseCheck.restore))
        }
    }

    // MARK: Findings

    private static let restore = "restore a backup, or go on without it; look after the disk"
    private static let lost =
        "these readings are lost unless a backup has them, all others stay readable; look after the disk"

    /// Runs `body` in a transaction of its own; what damage keeps it from finishing is one finding.
    private func attempt(_ what: String, _ body: (Database) throws -> Void) throws {
        try stop.check()
        do {
            try queue.read { db in try stop.bound(db) { try body(db) } }
        } catch let error as DatabaseError where error.isDamage {
            addStructure("\(what) cannot be read to the end: \(error.message ?? "\(error.resultCode)")")
        } catch let error as RowDecodingError {
            addStructure("\(what) cannot be read to the end: \(error)")
        } catch StoreFailure.damaged(let why) {
            addStructure("\(what): \(why)")
        } catch let damage as Damage {
            addStructure("\(what): \(damage.description)")
        }
    }

    private func addStructure(_ what: String) {
        add(
            .structure, what,
            "restore a backup (zubr restore); with the daemon stopped, sqlite3's .recover may save more into another file"
        )
    }

    private func add(_ part: DatabaseReport.Finding.Part, _ what: String, _ next: String) {
        report.add(DatabaseReport.Finding(part: part, what: what, next: next))
    }

    private func addSegment(_ id: Int64, _ entry: Entry?, _ what: String, _ next: String, signal: Int64? = nil) {
        report.add(
            DatabaseReport.Finding(
                part: .segment, machine: entry.map { name($0.machine) },
                signal: signal.map { names.signal($0)?.name ?? "signal \($0), which has no name" },
                from: entry.map { Timestamp(microseconds: $0.first) },
                to: entry.map { Timestamp(microseconds: $0.last) },
                segment: id, what: what, next: next))
    }
}

extension DatabaseReport {
    /// Looks at all of the file: every segment and column, every row of the journal, everything decided.
    ///
    /// A file that cannot be opened is a report, too. Throws `notFound`, and `busy` when it was stopped.
    package static func check(
        path: String, _ depth: CheckDepth = .values, isStopped: @escaping @Sendable () -> Bool = { false },
        progress: @escaping @Sendable (_ part: String, _ done: Int, _ all: Int) -> Void = { _, _, _ in }
    ) async throws(StoreFailure) -> DatabaseReport {
        let result: Result<DatabaseReport, StoreFailure> = await withCheckedContinuation { continuation in
            FleetDatabase.background.async {
                continuation.resume(
                    returning: Result {
                        try DatabaseCheck.run(path: path, depth, StopSign(isAsked: isStopped), progress: progress)
                    }.mapError {
                        isStopped()
                            ? .busy("stopped before all was looked at")
                            : StoreFailure($0, doing: "cannot check the database", path: path)
                    })
            }
        }
        return try result.get()
    }
}
