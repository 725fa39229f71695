import FleetModel
import FleetRuntime
import GRDB

/// Reading rows of the journal.
enum Journal {
    /// The hour of the machine's clock that a row is filed under, counted from 1970.
    static func hour(of time: Timestamp) -> Int64 { time.microseconds.flooredDivision(by: 3_600_000_000) }

    /// Blocks of one read together. Unpacked they are about ten times as long, and must fit into memory.
    private static let bytesAtOnce = 1 << 20

    /// Fleet, equipment, frames and id of the rows after `cursor`, at most `limit` and at least one, and whether there
    /// are more.
    static func rows(
        after cursor: JournalCursor, limit: Int, _ db: Database
    ) throws -> (rows: [Row], hasMore: Bool) {
        let found = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT fleet, equipment, frames, journal.id FROM journal JOIN machine ON machine.id = machine
                    WHERE journal.id > ? ORDER BY journal.id LIMIT ?
                    """), arguments: [cursor.position, limit + 1])
        var rows: [Row] = []
        var bytes = 0
        while let row = try found.next() {
            guard rows.count < limit, bytes < bytesAtOnce else { return (rows, true) }
            bytes += try row.withUnsafeData(atIndex: 2) { $0?.count ?? 0 }
            rows.append(row.copy())
        }
        return (rows, false)
    }

    /// The frames of a block that stands at `column` of `row`.
    ///
    /// A damaged one is an error that says which row: nothing is made up and nothing is silently left out.
    static func entries(
        of row: Row, column: Int, signals: [Int64: Signal], place: () -> String
    ) throws -> [FrameBlock.Entry] {
        try row.withUnsafeData(atIndex: column) { data in
            do {
                guard let data else { throw FrameBlock.Damage(description: "it is empty") }
                return try data.withUnsafeBytes { bytes in
                    try FrameBlock.entries(of: bytes) { signals[$0] }
                }
            } catch let damage as FrameBlock.Damage {
                throw StoreFailure.damaged(
                    "\(place()) is damaged: \(damage.description); restore a backup, the rest stays readable")
            }
        }
    }
}

extension FleetDatabase {
    /// Signals by row number, complete for what `db` sees.
    func signals(_ db: Database) throws -> [Int64: Signal] {
        let known = signalNames.withLock { $0 }
        let count = try Int.fetchOne(db.cachedStatement(sql: "SELECT COALESCE(MAX(id), 0) FROM signal")) ?? 0
        // Rows are numbered without holes and never deleted, so the last number says whether there are new ones.
        guard count > known.count else { return known }
        var names: [Int64: Signal] = [:]
        for row in try Row.fetchAll(db.cachedStatement(sql: "SELECT id, name FROM signal")) {
            names[row[0]] = Signal(row[1] as String)
        }
        let complete = names
        signalNames.withLock { if complete.count > $0.count { $0 = complete } }
        return complete
    }
}
