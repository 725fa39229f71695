import GRDB
import GRDBSQLite
import Synchronization

/// Ends a long look at a database when the program is told to stop.
final class StopSign: Sendable {
    private let isSet = Atomic(false)
    private let isAsked: @Sendable () -> Bool

    /// - Parameter isAsked: stops it as well.
    init(isAsked: @escaping @Sendable () -> Bool = { false }) { self.isAsked = isAsked }

    func set() { isSet.store(true, ordering: .relaxed) }

    private var isUp: Bool { isSet.load(ordering: .relaxed) || isAsked() }

    func check() throws {
        if isUp { throw DatabaseError(resultCode: .SQLITE_INTERRUPT, message: "stopped") }
    }

    /// Runs `body` on a connection; once told to stop, SQLite stops whatever it does for it.
    func bound<Result>(_ db: Database, _ body: () throws -> Result) throws -> Result {
        sqlite3_progress_handler(
            db.sqliteConnection, 10_000,
            { context in
                guard let context else { return 0 }
                return Unmanaged<StopSign>.fromOpaque(context).takeUnretainedValue().isUp ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
        defer { sqlite3_progress_handler(db.sqliteConnection, 0, nil, nil) }
        return try body()
    }
}
