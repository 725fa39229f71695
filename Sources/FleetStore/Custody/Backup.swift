import FleetModel
import FleetRuntime
import GRDB
import GRDBSQLite
import Glibc

/// A copy of the database that has its name only when it was opened and found whole; until then it is `NAME.partial`.
///
/// The daemon lets it grow in small steps on its writing connection (SQLite's online backup): what that connection commits
/// between two steps goes into the copy too, so the copy never starts again, and no reader holds the log for its sake.
/// `VACUUM INTO` would keep every commit waiting until the whole file is copied. Another program makes it within one read
/// transaction, at once.
final class Backup: @unchecked Sendable {
    // Its steps are made one after the other on the writing connection's queue, and nothing else touches it.

    static let unfinishedSuffix = ".partial"

    let target: String
    var unfinished: String { target + Backup.unfinishedSuffix }
    private var copy: OpaquePointer?
    private var backup: OpaquePointer?
    private let expected: Expectation

    /// What the copy must have at least.
    struct Expectation: Sendable {
        var schemaVersion: Int
        var journal: Int64
    }

    /// Begins to copy the database of `db`, as it is in the transaction of `db` if there is one.
    init(of db: Database, to target: String) throws {
        self.target = target
        expected = Expectation(
            schemaVersion: try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0, journal: try Backup.journalEnd(db))
        remove()
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        try check(sqlite3_open_v2(target + Backup.unfinishedSuffix, &copy, flags, nil))
        // It is put on disk once, at the end; half of it is worth nothing.
        sqlite3_exec(copy, "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF", nil, nil, nil)
        backup = sqlite3_backup_init(copy, "main", db.sqliteConnection, "main")
        if backup == nil { try check(sqlite3_errcode(copy)) }
    }

    deinit { abandon() }

    /// The pages that one step copies between two looks at the clock.
    private static let pagesAtOnce: Int32 = 16

    /// Copies for about `budget`; returns whether all is copied.
    func step(for budget: Duration) throws -> Bool {
        let end = ContinuousClock.now + budget
        repeat {
            let code = sqlite3_backup_step(backup, Backup.pagesAtOnce)
            if code == SQLITE_DONE {
                // Here, because it still touches the connection it copies from.
                try closeCopy()
                return true
            }
            if code != SQLITE_OK { try check(code) }
        } while ContinuousClock.now < end
        return false
    }

    /// How much is copied, in pages.
    var progress: (done: Int, all: Int) {
        guard let backup else { return (0, 0) }
        let all = Int(sqlite3_backup_pagecount(backup))
        return (all - Int(sqlite3_backup_remaining(backup)), all)
    }

    /// After the last step: puts the copy on disk, looks whether it is whole and gives it its name.
    ///
    /// - Parameters:
    ///   - source: the database it was made of, where damage that both have is no reason to have no copy.
    ///   - before: done right before it gets its name, with what is damaged in it; what it throws is the end of it.
    /// - Returns: what is damaged in it as it is in `source`; `nil` when it is whole.
    @discardableResult
    func publish(
        _ depth: CheckDepth = .sums, comparedWith source: String, stoppedBy stop: StopSign,
        before: (_ damage: String?) throws -> Void = { _ in }
    ) throws -> String? {
        try settle()
        let damage = try check(depth, source, stop)
        try before(damage)
        try FleetDatabase.rename(unfinished, to: target)
        return damage
    }

    /// Removes what there is of it.
    func abandon() {
        guard backup != nil || copy != nil else { return }
        try? closeCopy()
        remove()
    }

    /// All at once, for when nobody waits. What is damaged in the database at `source` is so in the copy, too.
    static func write(_ db: Database, of source: String, to target: String) throws {
        let backup = try Backup(of: db, to: target)
        do {
            while try !backup.step(for: .seconds(1)) {}
            try backup.publish(comparedWith: source, stoppedBy: StopSign())
        } catch {
            backup.abandon()
            backup.remove()
            throw error
        }
    }

    func remove() {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(unfinished + suffix) }
    }

    private func closeCopy() throws {
        let finished = backup.map { sqlite3_backup_finish($0) } ?? SQLITE_OK
        backup = nil
        let closed = sqlite3_close(copy)
        copy = nil
        try check(finished)
        try check(closed)
    }

    private func check(_ code: Int32) throws {
        guard code != SQLITE_OK else { return }
        throw DatabaseError(code: code, of: copy)
    }

    // MARK: - Looking whether it is whole

    private func settle() throws {
        // The copy says of itself that it has a log beside it. Without one it is a single file that opens anywhere.
        var configuration = Configuration()
        configuration.label = "FleetStore.backup"
        let settling = try DatabaseQueue(path: unfinished, configuration: configuration)
        try settling.writeWithoutTransaction { db in _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE") }
        try settling.close()
        try synchronise()
    }

    private func check(_ depth: CheckDepth, _ source: String, _ stop: StopSign) throws -> String? {
        guard let header = try FileHeader(path: unfinished), header.applicationID == FileHeader.applicationID,
            header.schemaVersion == expected.schemaVersion
        else { throw damage("it is not the database it was made of") }
        let queue = try DatabaseQueue(path: unfinished, configuration: Connections.reader())
        defer { try? queue.close() }
        let end = try queue.read { db in try Backup.journalEnd(db) }
        guard end >= expected.journal else {
            throw damage("its journal ends at \(end), the database's at \(expected.journal)")
        }
        let report = try DatabaseCheck(queue, path: target, depth, stop).run()
        // What was unreadable before is all there in the copy.
        let damage = report.damage.filter { $0.part != .unreadable }
        if damage.isEmpty { return nil }
        let known = try DatabaseCheck.run(path: source, depth, stop) { _, _, _ in }.damage
        // SQLite says only the first thing that is wrong with its order.
        let isOutOfOrder = known.contains { $0.part == .structure }
        let sentences = Set(known.map(\.sentence))
        let new = damage.filter { $0.part == .structure ? !isOutOfOrder : !sentences.contains($0.sentence) }
        if new.isEmpty { return Backup.sentence(damage, report.unlisted) }
        throw self.damage(Backup.sentence(new, report.unlisted))
    }

    private static func sentence(_ damage: [DatabaseReport.Finding], _ unlisted: Int) -> String {
        let others = damage.count + unlisted - 1
        return damage[0].sentence + (others > 0 ? ", and \(others) more" : "")
    }

    private func damage(_ what: String) -> StoreFailure {
        .damaged("the copy \(target) is damaged: \(what); it is not used")
    }

    /// 0 when it cannot be read. Then the copy has the same damage, and who looks at it finds that; some have no better one.
    private static func journalEnd(_ db: Database) throws -> Int64 {
        do {
            return try db.tableExists("cursor") ? Cursor.journal.value(db) : 0
        } catch let error as DatabaseError where !error.isDamage {
            throw error
        } catch {
            return 0
        }
    }

    private func synchronise() throws {
        let descriptor = open(unfinished, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DatabaseError(resultCode: .SQLITE_CANTOPEN) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw DatabaseError(resultCode: errno == ENOSPC || errno == EDQUOT ? .SQLITE_FULL : .SQLITE_IOERR)
        }
    }
}
