import FleetModel
import FleetRuntime
import GRDB
import GRDBSQLite

/// What can be said of a database file from outside, without a daemon and without changing it.
package struct DatabaseExamination: Sendable, Hashable {
    package enum Wholeness: Sendable, Hashable {
        case whole
        /// The first thing SQLite found.
        case damaged(String)
        /// The time was over; nothing was found so far.
        case unfinished
    }

    package var schema: Int
    package var wholeness: Wholeness
    package var frames: Int64

    /// The version of SQLite this program runs with.
    package static var sqliteVersion: String { String(cString: sqlite3_libversion()) }
    /// The layout that this program writes.
    package static var newestSchema: Int { Schema.current.version }

    /// Opens the file to be looked at only, and looks for as long as `budget` allows.
    ///
    /// Throws `notFound`, `busy` with the process that holds it, `foreign` for what is not Zubr's or not this program's
    /// layout, and `damaged` when it cannot even be opened.
    package static func examine(
        path: String, budget: Duration = .seconds(10)
    ) async throws(StoreFailure) -> DatabaseExamination {
        let database = try await FleetDatabase.open(path: path, access: .readOnly)
        do throws(StoreFailure) {
            let wholeness = try await wholeness(of: database, budget: budget)
            let frames = wholeness == .whole ? try await database.counts().frames : 0
            await database.close()
            return DatabaseExamination(schema: newestSchema, wholeness: wholeness, frames: frames)
        } catch {
            await database.close()
            throw error
        }
    }

    private static func wholeness(
        of database: FleetDatabase, budget: Duration
    ) async throws(StoreFailure) -> Wholeness {
        let result: Result<Wholeness, StoreFailure> = await withCheckedContinuation { continuation in
            database.readers.read { db in
                try ReadDeadline(after: budget).bound(db) {
                    try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "ok"
                }
            } done: { outcome in
                switch outcome {
                case .success("ok"): continuation.resume(returning: .success(.whole))
                case .success(let verdict): continuation.resume(returning: .success(.damaged(verdict)))
                case .failure(let error as DatabaseError) where error.resultCode == .SQLITE_INTERRUPT:
                    continuation.resume(returning: .success(.unfinished))
                case .failure(let error as DatabaseError)
                where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode):
                    continuation.resume(returning: .success(.damaged(error.message ?? "it is no database any more")))
                case .failure(let error):
                    continuation.resume(
                        returning: .failure(
                            StoreFailure(error, doing: "cannot check the database", path: database.path)))
                }
            }
        }
        return try result.get()
    }
}
