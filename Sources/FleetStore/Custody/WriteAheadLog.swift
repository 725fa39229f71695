import FleetModel
import GRDB
import GRDBSQLite
import Synchronization

/// How much the log beside the database has grown, and when it is moved into the file.
final class WriteAheadLog: Sendable {
    /// Pages written since the log was last moved completely.
    private let pages = Atomic<Int>(0)
    private let pagesAtLastTry = Atomic<Int>(0)
    private let pagesAtLastRound = Atomic<Int>(0)
    private let moves = Mutex((count: Int64(0), seconds: 0.0))

    /// How often it was moved into the file, and how long that took in all.
    var checkpoints: (count: Int64, seconds: Double) { moves.withLock { $0 } }

    /// Moved when it is longer than this, after a commit or by house-keeping. What comes in meanwhile waits for so long.
    static let moveBytes: Int64 = 4 << 20
    /// Cut off when its file is longer than this.
    static let truncateBytes: Int64 = 64 << 20

    /// What was written since anybody last tried to move it.
    var bytesSinceLastTry: Int64 {
        Int64(pages.load(ordering: .relaxed) - pagesAtLastTry.load(ordering: .relaxed)) * Int64(Connections.pageSize)
    }

    /// Whether the log has something and nothing has come since this was asked last.
    func hasRested() -> Bool {
        let length = pages.load(ordering: .relaxed)
        return pagesAtLastRound.exchange(length, ordering: .relaxed) == length && length > 0
    }

    /// Has SQLite tell after each commit how long the log is.
    func watch(_ db: Database) {
        sqlite3_wal_hook(
            db.sqliteConnection,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                let log = Unmanaged<WriteAheadLog>.fromOpaque(context).takeUnretainedValue()
                log.noteLength(Int(pages))
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// What a program that was killed left: it is moved like any other, though nothing may ever be added to it.
    func begin(bytes: Int64) { pages.store(Int(bytes) / Connections.pageSize, ordering: .relaxed) }

    private func noteLength(_ length: Int) {
        // Shorter than before: the log has started again from its beginning.
        if length < pagesAtLastTry.load(ordering: .relaxed) { pagesAtLastTry.store(0, ordering: .relaxed) }
        pages.store(length, ordering: .relaxed)
    }

    /// Moves what it can into the file, waiting for nobody.
    func checkpoint(_ db: Database) throws {
        pagesAtLastTry.store(pages.load(ordering: .relaxed), ordering: .relaxed)
        let (length, moved) = try timed { try db.checkpoint(.passive) }
        if length == moved { noteEmpty() }
    }

    /// Moves all of it and cuts its file off; waits a second for readers, and leaves it when they stay.
    func truncate(_ db: Database) throws {
        try db.execute(sql: "PRAGMA busy_timeout = 1000")
        defer { try? db.execute(sql: "PRAGMA busy_timeout = 5000") }
        do {
            _ = try timed { try db.checkpoint(.truncate) }
            noteEmpty()
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            pagesAtLastTry.store(pages.load(ordering: .relaxed), ordering: .relaxed)
        }
    }

    /// When house-keeping does not come in time. A failure waits for the next commit, which meets the same disk.
    func checkpointIfLong(_ db: Database) {
        if bytesSinceLastTry > WriteAheadLog.moveBytes { try? checkpoint(db) }
    }

    private func timed<Result>(_ move: () throws -> Result) rethrows -> Result {
        let started = ContinuousClock.now
        let result = try move()
        let seconds = (ContinuousClock.now - started).inSeconds
        moves.withLock { $0 = ($0.count + 1, $0.seconds + seconds) }
        return result
    }

    private func noteEmpty() {
        pages.store(0, ordering: .relaxed)
        pagesAtLastTry.store(0, ordering: .relaxed)
    }
}
