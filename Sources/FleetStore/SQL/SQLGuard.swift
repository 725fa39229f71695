import GRDBSQLite

/// Lets a connection read and nothing else, and remembers what it has refused.
///
/// The file is opened to be read only as well: this is for clear words, and for what reads or writes other files.
final class SQLGuard {
    /// What was refused last.
    private(set) var refusal: String?

    /// Pragmas that only tell of the tables.
    private static let pragmas: Set<String> = [
        "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
        "database_list", "collation_list", "function_list", "module_list", "pragma_list", "compile_options",
        "user_version", "application_id", "page_count", "page_size", "freelist_count",
    ]
    private static let functions: Set<String> = ["load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"]

    /// It must be there for as long as the connection compiles statements.
    func watch(_ connection: OpaquePointer?) {
        sqlite3_set_authorizer(
            connection,
            { context, action, first, second, _, _ in
                guard let context else { return SQLITE_DENY }
                return Unmanaged<SQLGuard>.fromOpaque(context).takeUnretainedValue().judge(
                    action, first.map { String(cString: $0) } ?? "", second.map { String(cString: $0) })
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func judge(_ action: Int32, _ first: String, _ second: String?) -> Int32 {
        // SQLite asks for these whenever a table that is a function, as json_each, is first used. Who means to change the
        // schema is asked for that as well; and sqlite_master itself nobody may write.
        if [SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE].contains(action), first.hasPrefix("sqlite_") {
            return SQLITE_OK
        }
        switch action {
        case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: return SQLITE_OK
        case SQLITE_FUNCTION:
            guard let second, SQLGuard.functions.contains(second.lowercased()) else { return SQLITE_OK }
            refusal = "the function \(second)"
        case SQLITE_PRAGMA:
            if SQLGuard.pragmas.contains(first.lowercased()) { return SQLITE_OK }
            refusal = "PRAGMA \(first)"
        case SQLITE_INSERT: refusal = "INSERT INTO \(first)"
        case SQLITE_UPDATE: refusal = "UPDATE \(first)"
        case SQLITE_DELETE: refusal = "DELETE FROM \(first)"
        case SQLITE_ATTACH: refusal = "ATTACH"
        case SQLITE_DETACH: refusal = "DETACH"
        case SQLITE_TRANSACTION, SQLITE_SAVEPOINT: refusal = first
        case SQLITE_ALTER_TABLE: refusal = "ALTER TABLE"
        case SQLITE_ANALYZE, SQLITE_REINDEX: refusal = action == SQLITE_ANALYZE ? "ANALYZE" : "REINDEX"
        default: refusal = "what makes or drops \(first)"
        }
        return SQLITE_DENY
    }
}
