import GRDB
import GRDBSQLite
import Synchronization

/// Ends the look at a copy when the daemon is told to stop.
final class BackupStop: Sendable {
    private let isSet = Atomic(false)

    func set() { isSet.store(true, ordering: .relaxed) }

    func check() throws {
        if isSet.load(ordering: .relaxed) { throw DatabaseError(resultCode: .SQLITE_INTERRUPT, message: "stopped") }
    }

    /// Runs `body` on a connection; once told to stop, SQLite stops whatever it does for it.
    func bound<Result>(_ db: Database, _ body: () throws -> Result) throws -> Result {
        sqlite3_progress_handler(
            db.sqliteConnection, 10_000,
            { context in
                guard let context else { return 0 }
                let stop = Unmanaged<BackupStop>.fromOpaque(context).takeUnretainedValue()
                return stop.isSet.load(ordering: .relaxed) ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
        defer { sqlite3_progress_handler(db.sqliteConnection, 0, nil, nil) }
        return try body()
    }
}
