import GRDB
import GRDBSQLite
import Synchronization

/// Stops a read that takes too long.
///
/// A read transaction keeps the write-ahead log from being emptied, so one slow reader could fill the disk.
struct ReadDeadline: Sendable {
    private let end: ContinuousClock.Instant
    private let caller: Caller?
    private let isAtOnce: Bool

    /// Who waits for the answer; one that is gone needs none.
    final class Caller: Sendable {
        private let hasLeft = Atomic(false)

        var isGone: Bool { hasLeft.load(ordering: .relaxed) }
        func leave() { hasLeft.store(true, ordering: .relaxed) }
    }

    /// - Parameter isAtOnce: others wait for the thread, so that nothing long is even begun.
    init(after budget: Duration, caller: Caller? = nil, isAtOnce: Bool = false) {
        end = .now + budget
        self.caller = caller
        self.isAtOnce = isAtOnce
    }

    private var hasPassed: Bool { caller?.isGone ?? false || ContinuousClock.now >= end }

    /// For loops that work on results between two steps of SQLite.
    func check() throws {
        if hasPassed { throw DatabaseError(resultCode: .SQLITE_INTERRUPT) }
    }

    /// Before something that takes long.
    func checkForLong() throws {
        if isAtOnce { throw DatabaseError(resultCode: .SQLITE_INTERRUPT) }
        try check()
    }

    /// Runs `body` on a connection; when the time is up SQLite stops whatever it does for it.
    func bound<Result>(_ db: Database, _ body: () throws -> Result) throws -> Result {
        let connection = db.sqliteConnection
        return try withUnsafePointer(to: self) { deadline in
            sqlite3_progress_handler(
                connection, 2_000,
                { context in
                    guard let context else { return 0 }
                    return context.assumingMemoryBound(to: ReadDeadline.self).pointee.hasPassed ? 1 : 0
                }, UnsafeMutableRawPointer(mutating: deadline))
            defer { sqlite3_progress_handler(connection, 0, nil, nil) }
            return try body()
        }
    }
}
