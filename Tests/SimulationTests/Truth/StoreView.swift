import FleetModel
import FleetRuntime
import FoundationEssentials
import GRDB

@testable import FleetStore

/// What the store holds, read in one transaction by plain SQL rather than by the store's own readers.
struct StoreView: Sendable {
    /// What the table of numbers says; what is in the journal may be missing there.
    var ranges: [String: [ClosedRange<UInt64>]] = [:]
    /// By topic and body, with how many rows there are of those not taken after all.
    var quarantine: [String: Int] = [:]
    /// All of them.
    var quarantineRows = 0
    var replies: Set<String> = []
    var orders: [String: Order] = [:]
    var events: [Event] = []
    var outbox: [String: Outgoing] = [:]
    /// By machine and episode.
    var alerts: [String: String] = [:]
    var acknowledgements: Set<String> = []
    var cursors: [String: Int64] = [:]
    var totals: [String: Int] = [:]
    var lastReply: Int64 = 0
    var lastRow: Int64 = 0

    /// What `ranges` and the journal say, one by one.
    var frames: Set<FrameID> = []

    struct Order: Sendable {
        var machine: MachineKey
        var need: String
        var state: WorkOrder.State
        var offers: Int
    }

    struct Outgoing: Sendable {
        var isSettled: Bool
        var attempts: Int
        var nextAttemptAt: Timestamp
    }

    struct Event: Sendable {
        var order: String
        var state: WorkOrder.State
        var center: String?
    }

    init() {}

    init(_ db: Database) throws {
        func rows(_ sql: String) throws -> [Row] { try Row.fetchAll(db.cachedStatement(sql: sql)) }
        for row in try rows(
            """
            SELECT fleet, equipment, boot, first, last FROM sequence_range JOIN machine ON id = machine
            ORDER BY machine, boot, first
            """)
        {
            let (machine, boot) = (try MachineKey(row), UInt32(row[2] as Int64))
            let range = UInt64(row[3] as Int64)...UInt64(row[4] as Int64)
            ranges["\(machine) \(boot)", default: []].append(range)
            for seq in range { frames.insert(FrameID(machine: machine, boot: boot, seq: seq)) }
        }
        let names = try StoredNames(db)
        let mark = try SealMark(db)
        var machines: [Int64: MachineKey] = [:]
        for row in try rows("SELECT fleet, equipment, id FROM machine") { machines[row[2]] = try MachineKey(row) }
        for row in try rows("SELECT id, frames FROM journal ORDER BY id") {
            try row.withUnsafeBlob(1) { bytes in
                for piece in try JournalRow.pieces(of: bytes) where row[0] > mark.position(of: piece.machine) {
                    var reader = FrameReader(piece.bytes, names: names)
                    while let frame = try reader.skip() {
                        frames.insert(FrameID(machine: machines[piece.machine]!, boot: frame.boot, seq: frame.seq))
                    }
                }
            }
        }
        for row in try rows("SELECT topic, body, released_at IS NULL FROM quarantine") {
            quarantineRows += 1
            guard row[2] else { continue }
            quarantine[SentMessage.fingerprint(row[0], [UInt8](row[1] as Data)), default: 0] += 1
        }
        for row in try rows("SELECT center, reply FROM reply") {
            replies.insert("\(row[0] as String) \(row[1] as String)")
        }
        for row in try rows(
            """
            SELECT fleet, equipment, work_order.id, need, state, json_array_length(document, '$.offers')
            FROM work_order JOIN machine ON machine.id = machine
            """)
        {
            orders[row[2]] = Order(
                machine: try MachineKey(row), need: row[3], state: WorkOrder.State(rawValue: row[4])!, offers: row[5])
        }
        events = try rows("SELECT work_order, state, center FROM work_order_event ORDER BY id").map {
            Event(order: $0[0], state: WorkOrder.State(rawValue: $0[1])!, center: $0[2])
        }
        for row in try rows("SELECT id, settled_at IS NOT NULL, attempts, next_attempt_at FROM outbox") {
            outbox[row[0]] = Outgoing(
                isSettled: row[1], attempts: row[2], nextAttemptAt: Timestamp(microseconds: row[3]))
        }
        for row in try rows("SELECT machine, episode, state FROM alert") {
            alerts["\(row[0] as Int64) \(row[1] as String)"] = row[2]
        }
        for row in try rows("SELECT machine, episode FROM acknowledgement") {
            acknowledgements.insert("\(row[0] as Int64) \(row[1] as String)")
        }
        for row in try rows("SELECT name, value FROM cursor") { cursors[row[0]] = row[1] }
        for row in try rows("SELECT name, value FROM total") { totals[row[0]] = row[1] }
        lastReply = try Int64.fetchOne(db.cachedStatement(sql: "SELECT COALESCE(MAX(id), 0) FROM reply")) ?? 0
        lastRow = try Int64.fetchOne(db.cachedStatement(sql: "SELECT COALESCE(MAX(id), 0) FROM journal")) ?? 0
    }
}
