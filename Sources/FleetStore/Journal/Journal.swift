import FleetModel
import FleetRuntime
import GRDB
import SeriesCodec

/// Reading the journal's rows.
enum Journal {
    /// Rows of one read together. Unpacked they are about ten times as long, and must fit into memory.
    private static let bytesAtOnce = 2 << 20

    /// One row with its place.
    struct StoredRow {
        var position: Int64
        fileprivate var row: Row

        /// Calls `body` with the frames of each machine, in order of arrival.
        func forEachPiece(_ body: (JournalRow.Piece) throws -> Void) throws {
            try row.withUnsafeBlob(1) { for piece in try JournalRow.pieces(of: $0) { try body(piece) } }
        }
    }

    /// The rows after `cursor`, at most `limit` and at least one, and whether there are more.
    static func rows(
        after cursor: JournalCursor, limit: Int, _ db: Database
    ) throws -> (rows: [StoredRow], hasMore: Bool) {
        let found = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT id, frames FROM journal WHERE id > ? ORDER BY id LIMIT ?"),
            arguments: [cursor.position, limit + 1])
        var rows: [StoredRow] = []
        var bytes = 0
        while let row = try found.next() {
            guard rows.count < limit, bytes < bytesAtOnce else { return (rows, true) }
            bytes += try row.withUnsafeBlob(1) { $0.count }
            rows.append(StoredRow(position: try row.decode(atIndex: 0), row: row.copy()))
        }
        return (rows, false)
    }

    /// Whose row of the table of machines it is.
    static func machine(_ row: Int64, _ db: Database) throws -> MachineKey {
        let found = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT fleet, equipment FROM machine WHERE id = ?"), arguments: [row])
        guard let found else { throw Damage("there is no machine \(row)") }
        return try MachineKey(found)
    }

    static func hasMachine(_ row: Int64, _ db: Database) throws -> Bool {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT id FROM machine WHERE id = ?"), arguments: [row]) != nil
    }

    static func complaint(_ position: Int64, _ damage: Damage) -> String {
        "row \(position) of the journal is damaged: \(damage.description); restore a backup, the rest stays readable"
    }
}
