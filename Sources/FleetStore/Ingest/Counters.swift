import FleetModel
import FleetRuntime
import GRDB

/// Named places and last numbers.
enum Cursor: String, CaseIterable {
    /// The end of the journal.
    case journal
    /// How far the evaluator has come in the journal and in the replies.
    case evaluation, replies
    /// How far the journal is in segments: see `SealMark`.
    case sealed, sealing
    case sealingMachine = "sealing_machine"
    /// The newest arrival lately, microseconds, and the row of the journal with it: see `RecentArrivals`.
    case arrival
    case arrivalRow = "arrival_row"
    /// Counts how often segments were added or removed.
    case segments
    /// Counts changes of the registry.
    case registry
    /// Counts how often machines were given other names.
    case renames
    /// The last number given to a work order.
    case orderNumber = "order_number"
    /// The last message in the quarantine that was judged by a time which has since been moved.
    case clock

    func value(_ db: Database) throws -> Int64 {
        let value =
            try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT value FROM cursor WHERE name = ?"), arguments: [rawValue]) ?? 0
        guard (0...1 << 62).contains(value) else {
            throw StoreFailure.damaged("the cursor \(rawValue) stands at \(value); restore a backup")
        }
        return value
    }

    func set(_ value: Int64, _ db: Database) throws {
        try db.cachedStatement(
            sql: "INSERT INTO cursor VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ).execute(arguments: [rawValue, value])
    }

    /// Adds 1.
    func advance(_ db: Database) throws {
        try db.cachedStatement(
            sql: "INSERT INTO cursor VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1"
        ).execute(arguments: [rawValue])
    }
}

/// Running totals, changed in the transaction that changes what they count.
enum Total {
    static let frames = "frames"
    /// Frames that came again and were not stored again.
    static let duplicateFrames = "duplicate_frames"
    /// Messages the broker delivered a second time.
    static let redeliveredMessages = "redelivered_messages"
    static let gaps = "gaps"
    static let missingFrames = "missing_frames"
    static let quarantineRows = "quarantine_rows"
    static let quarantineBytes = "quarantine_bytes"
    /// Rejected messages that had to make room.
    static let quarantineDropped = "quarantine_dropped"
    static let registeredMachines = "machines/registered"
    static let unregisteredMachines = "machines/unregistered"
    static let disconnectedMachines = "machines/disconnected"
    static let firingAlerts = "alerts/firing"

    /// Rejected and not taken after all, by reason.
    static let quarantinePrefix = "quarantine/"
    static func quarantine(_ reason: String) -> String { quarantinePrefix + reason }
    static let ordersPrefix = "orders/"
    static func orders(_ state: WorkOrder.State) -> String { ordersPrefix + state.rawValue }

    static func add(_ amount: Int64, to name: String, _ db: Database) throws {
        // Overflow would turn an integer of SQLite into a real; what a machine may make huge wraps around.
        let value = try value(of: name, db)
        try db.cachedStatement(
            sql: "INSERT INTO total VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ).execute(arguments: [name, value &+ amount])
    }

    static func value(of name: String, _ db: Database) throws -> Int64 {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT value FROM total WHERE name = ?"), arguments: [name]) ?? 0
    }

    static func all(_ db: Database) throws -> [String: Int64] {
        var totals: [String: Int64] = [:]
        for row in try Row.fetchAll(db.cachedStatement(sql: "SELECT name, value FROM total")) {
            totals[try row.decode(atIndex: 0)] = try row.decode(atIndex: 1)
        }
        return totals
    }
}
