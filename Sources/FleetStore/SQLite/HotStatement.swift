import GRDB
import GRDBSQLite

/// A prepared statement of the hot path: bound and stepped without making an object a row.
///
/// The connection keeps the statement; this is only a view of it for one transaction.
struct HotStatement {
    private let statement: OpaquePointer

    init(_ db: Database, _ sql: String) throws {
        statement = try db.cachedStatement(sql: sql).sqliteStatement
    }

    func bind(_ value: Int64, at index: Int32) { check(sqlite3_bind_int64(statement, index, value)) }

    func bind(_ value: Int64?, at index: Int32) {
        guard let value else {
            check(sqlite3_bind_null(statement, index))
            return
        }
        bind(value, at: index)
    }

    /// The text is copied.
    func bind(_ text: String?, at index: Int32) {
        guard var text else {
            check(sqlite3_bind_null(statement, index))
            return
        }
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        check(
            text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    sqlite3_bind_text(statement, index, $0.baseAddress, Int32($0.count), copied)
                }
            })
    }

    /// Runs the statement with `blob` at `index`; the bytes are not copied.
    func run(binding blob: [UInt8], at index: Int32) throws {
        try blob.withUnsafeBytes { bytes in
            // SQLite reads a null pointer as NULL, which is not an empty blob.
            if let start = bytes.baseAddress {
                check(sqlite3_bind_blob64(statement, index, start, UInt64(bytes.count), nil))
            } else {
                check(sqlite3_bind_zeroblob(statement, index, 0))
            }
            try run()
        }
    }

    /// Runs the statement, which returns no rows.
    func run() throws {
        let code = sqlite3_step(statement)
        guard code == SQLITE_DONE || code == SQLITE_ROW else {
            let error = DatabaseError(code: code, of: sqlite3_db_handle(statement))
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
            throw error
        }
        sqlite3_reset(statement)
        sqlite3_clear_bindings(statement)
    }

    private func check(_ code: Int32) {
        precondition(code == SQLITE_OK, "statement binds a parameter it does not have")
    }
}
