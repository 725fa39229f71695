import GRDB

/// Which signals a machine has ever sent: what bounds them.
///
/// A list of their rows in one row a machine: a row for each would take five times the room.
enum MachineSignals {
    /// Notes that a machine sends a signal that it has not sent before.
    static func add(_ signal: Int64, of machine: Int64, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO machine_signal (machine, signals) VALUES (?1, json_array(?2))
                ON CONFLICT (machine) DO UPDATE SET signals = json_insert(signals, '$[#]', ?2)
                """
        ).execute(arguments: [machine, signal])
    }

    /// The rows of the signals.
    static func all(of machine: Int64, _ db: Database) throws -> [Int64] {
        try Int64.fetchAll(
            db.cachedStatement(
                sql: "SELECT value FROM machine_signal, json_each(signals) WHERE machine = ?"),
            arguments: [machine])
    }
}
