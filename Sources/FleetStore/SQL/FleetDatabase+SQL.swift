import Dispatch
import FleetModel
import FleetRuntime
import GRDB
import GRDBSQLite

/// A question in SQL and what it may take.
package struct SQLQuestion: Sendable {
    package var text: String
    /// After so many rows the answer is cut off.
    package var rowLimit = 10_000
    package var timeLimit = Duration.seconds(30)

    package init(_ text: String) { self.text = text }
}

/// One field of an answer.
package enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

/// How an answer ended.
package struct SQLEnd: Sendable, Hashable {
    package var rows: Int
    /// There was more than the question allowed.
    package var isCut: Bool
}

package enum SQLFailure: Error, Sendable, Hashable {
    /// The statement is wrong, or does what is not allowed.
    case refused(String)
    /// Its time was over, or nobody waits for the answer any more.
    case stopped(String)
    case store(StoreFailure)

    package var message: String {
        switch self {
        case .refused(let text), .stopped(let text): text
        case .store(let failure): failure.message
        }
    }
}

extension FleetDatabase {
    /// Answers one statement that reads, of the tables of the file and of the table `samples`; see docs/SQL.md.
    ///
    /// - Parameter isStopped: asked again and again; once true the answer ends with `stopped`.
    package func sql(
        _ question: SQLQuestion, isStopped: @escaping @Sendable () -> Bool = { false },
        columns: @escaping @Sendable ([String]) throws -> Void, row: @escaping @Sendable ([SQLValue]) throws -> Void
    ) async throws -> SQLEnd {
        let bounds = SQLBounds(question, isStopped: isStopped)
        // Before the transaction: see `Head.runs`.
        let head = head.runs
        let result: Result<SQLEnd, any Error> = await withCheckedContinuation { continuation in
            FleetDatabase.background.async { [self] in
                continuation.resume(
                    returning: Result {
                        // A connection of its own: it is given a guard and bounds that others must not have.
                        let queue = try DatabaseQueue(path: path, configuration: Connections.sql())
                        defer { try? queue.close() }
                        return try queue.read { db in
                            let session = try SQLSession(db, names: StoredNames(db), head: head, bounds)
                            return try session.answer(question, columns: columns, row: row)
                        }
                    })
            }
        }
        do {
            return try result.get()
        } catch let failure as SQLFailure {
            throw failure
        } catch let mistake as SQLMistake {
            throw SQLFailure.refused(mistake.description)
        } catch let error where error is DatabaseError || error is StoreFailure || error is RowDecodingError {
            throw SQLFailure.store(StoreFailure(error, doing: "cannot read the database", path: path))
        }
    }

    /// Rows of the journal that were damaged when the file was opened: what they hold is in no answer.
    package var unreadJournalRows: [Int64] { head.unreadRows }

    /// What SQLite may take of the memory of this program, in all: for a program that answers questions of people only.
    package static func limitMemory(bytes: Int64) { sqlite3_hard_heap_limit64(bytes) }
}

/// When an answer is to end.
final class SQLBounds: Sendable {
    private let end: ContinuousClock.Instant
    private let timeLimit: Duration
    private let isStopped: @Sendable () -> Bool

    init(_ question: SQLQuestion, isStopped: @escaping @Sendable () -> Bool) {
        end = .now + question.timeLimit
        timeLimit = question.timeLimit
        self.isStopped = isStopped
    }

    var isOver: Bool { isStopped() || ContinuousClock.now >= end }

    func check() throws {
        if isOver { throw DatabaseError(resultCode: .SQLITE_INTERRUPT) }
    }

    var failure: SQLFailure {
        guard !isStopped() else { return .stopped("stopped before the answer was complete") }
        return .stopped(
            "stopped after \(timeLimit.inSeconds.formattedSeconds) s; ask for fewer machines, signals or days (equipment, signal and observed_at in WHERE), or give it more time with --timeout"
        )
    }
}

extension Double {
    fileprivate var formattedSeconds: String { self == rounded() ? "\(Int64(self))" : "\(self)" }
}

/// One connection on which people ask.
final class SQLSession {
    private let db: Database
    private let connection: OpaquePointer?
    private let bounds: SQLBounds
    private let guardian = SQLGuard()
    private let table: SamplesTable

    init(_ db: Database, names: StoredNames, head: [Int64: Head.Run], _ bounds: SQLBounds) throws {
        self.db = db
        self.bounds = bounds
        connection = db.sqliteConnection
        table = try SamplesTable(db, names: names, head: head) { try bounds.check() }
        try SamplesModule.register(table, on: connection)
        for (limit, value) in SQLSession.limits { sqlite3_limit(connection, limit, value) }
        // The table is declared at its first use, and to declare a table is not to read one.
        _ = try Row.fetchOne(db, sql: "SELECT 1 FROM \(SamplesTable.name) WHERE 0")
        // What the scan of samples compiles is reads, too; it is the same for everything from now on.
        guardian.watch(connection)
    }

    private static let limits: [(Int32, Int32)] = [
        (SQLITE_LIMIT_ATTACHED, 0), (SQLITE_LIMIT_LENGTH, 16 << 20), (SQLITE_LIMIT_SQL_LENGTH, 1 << 20),
        (SQLITE_LIMIT_WORKER_THREADS, 0),
    ]

    func answer(
        _ question: SQLQuestion, columns: ([String]) throws -> Void, row: ([SQLValue]) throws -> Void
    ) throws -> SQLEnd {
        defer {
            // The connection goes on to end its transaction.
            sqlite3_set_authorizer(connection, nil, nil)
            sqlite3_progress_handler(connection, 0, nil, nil)
            // The table stays until the connection is closed, which it cannot be while a chunk is open.
            table.source.chunks.close()
        }
        sqlite3_progress_handler(
            connection, 400,
            { context in
                guard let context else { return 0 }
                return Unmanaged<SQLBounds>.fromOpaque(context).takeUnretainedValue().isOver ? 1 : 0
            }, Unmanaged.passUnretained(bounds).toOpaque())
        let statement = try compile(question.text)
        defer { sqlite3_finalize(statement) }
        let count = sqlite3_column_count(statement)
        try columns(
            (0..<count).map { index in sqlite3_column_name(statement, index).map { String(cString: $0) } ?? "" })
        var rows = 0
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return SQLEnd(rows: rows, isCut: false) }
            guard code == SQLITE_ROW else { throw failure(code) }
            guard rows < question.rowLimit else { return SQLEnd(rows: rows, isCut: true) }
            try row((0..<count).map { value(statement, $0) })
            rows += 1
        }
    }

    /// The one statement of a text.
    private func compile(_ text: String) throws -> OpaquePointer {
        guard !text.utf8.contains(0) else { throw SQLFailure.refused("the statement has a zero byte in it") }
        return try text.withCString { start in
            var found: OpaquePointer?
            var rest: UnsafePointer<CChar>? = start
            while let next = rest, next.pointee != 0 {
                var statement: OpaquePointer?
                let code = sqlite3_prepare_v2(connection, next, -1, &statement, &rest)
                guard code == SQLITE_OK else {
                    sqlite3_finalize(found)
                    throw failure(code)
                }
                guard let statement else { continue }
                guard found == nil, sqlite3_stmt_readonly(statement) != 0 else {
                    let isSecond = found != nil
                    sqlite3_finalize(found)
                    sqlite3_finalize(statement)
                    throw SQLFailure.refused(
                        isSecond
                            ? "one statement at a time; there is a second one" : SQLSession.onlyReads("the statement"))
                }
                found = statement
            }
            guard let found else { throw SQLFailure.refused("there is no statement") }
            return found
        }
    }

    private func value(_ statement: OpaquePointer, _ column: Int32) -> SQLValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, column))
        case SQLITE_TEXT:
            guard let text = sqlite3_column_text(statement, column) else { return .null }
            let bytes = UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(statement, column)))
            return .text(String(decoding: bytes, as: UTF8.self))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(statement, column)
            return .blob(
                Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))))
        default: return .null
        }
    }

    private func failure(_ code: Int32) -> SQLFailure {
        let message = connection.map { String(cString: sqlite3_errmsg($0)) } ?? "SQLite error \(code)"
        if let refusal = guardian.refusal { return .refused(SQLSession.onlyReads(refusal)) }
        switch code & 0xFF {
        case SQLITE_INTERRUPT: return bounds.failure
        case SQLITE_CORRUPT, SQLITE_NOTADB: return .store(.damaged(message))
        case SQLITE_BUSY, SQLITE_IOERR: return .store(.busy("cannot read the database: \(message)"))
        case SQLITE_NOMEM:
            return .refused("the answer would take too much memory; ask for less at once, or sort and group less")
        default: return .refused(message)
        }
    }

    private static func onlyReads(_ what: String) -> String {
        "\(what) is refused: zubr sql only reads, and only this database"
    }
}
