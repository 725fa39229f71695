import FleetModel
import GRDB

/// When the newest of the last thousand rows of the journal came.
///
/// Not of all rows: a clock that was years ahead for a minute must not put every later start in doubt until those years are
/// over. And not of the last row: what is taken out of the quarantine came long ago.
struct RecentArrivals: Sendable {
    typealias Arrival = (row: Int64, at: Timestamp)

    static let rows: Int64 = 1_000

    /// Each newer than all behind it.
    private var arrivals: [Arrival] = []

    var newest: Arrival? { arrivals.first }

    mutating func add(_ arrival: Arrival) {
        while let last = arrivals.last, last.at <= arrival.at { arrivals.removeLast() }
        arrivals.append(arrival)
        let gone = arrivals.prefix { $0.row <= arrival.row - RecentArrivals.rows }.count
        if gone > 0 { arrivals.removeFirst(gone) }
    }

    /// What was written when the rows went into segments.
    static func stored(_ db: Database) throws -> Arrival? {
        let row = try Cursor.arrivalRow.value(db)
        guard row > 0 else { return nil }
        return (row, Timestamp(microseconds: try Cursor.arrival.value(db)))
    }

    /// For the next start, which finds only the rows in the journal that are not in segments yet.
    static func write(_ newest: Arrival?, _ db: Database) throws {
        guard let newest, newest.row > 0 else { return }
        try Cursor.arrivalRow.set(newest.row, db)
        try Cursor.arrival.set(max(0, newest.at.microseconds), db)
    }
}
