import FleetModel
import FleetRuntime
import FoundationEssentials
import GRDB

/// Messages that were not taken, with the reason, kept to be looked at and tried again.
enum Quarantine {
    /// Takes messages in and drops the oldest until the rest keeps within the bounds.
    static func add(
        _ messages: [RejectedMessage], within bounds: QuarantineBounds, _ ledger: inout Ledger, _ db: Database
    ) throws {
        guard !messages.isEmpty else { return }
        for message in messages { try add(message, &ledger, db) }
        var rows = try Total.value(of: Total.quarantineRows, db) &+ ledger.pending(Total.quarantineRows)
        var bytes = try Total.value(of: Total.quarantineBytes, db) &+ ledger.pending(Total.quarantineBytes)
        while rows > bounds.messages || bytes > bounds.bytes {
            guard let dropped = try dropOldest(&ledger, db) else { return }
            rows &-= 1
            bytes &-= dropped
        }
    }

    /// Marks messages as taken after all; they stay as a record but no longer count.
    static func release(_ ids: [Int64], at time: Timestamp, _ ledger: inout Ledger, _ db: Database) throws {
        for id in ids {
            let reason = try String.fetchOne(
                db.cachedStatement(sql: "SELECT reason FROM quarantine WHERE id = ? AND released_at IS NULL"),
                arguments: [id])
            guard let reason else { continue }
            try db.cachedStatement(sql: "UPDATE quarantine SET released_at = ? WHERE id = ?")
                .execute(arguments: [time.microseconds, id])
            ledger.add(-1, to: Total.quarantine(reason))
        }
    }

    /// The same message, already held: one that was not acknowledged comes again, and a broken machine repeats itself.
    ///
    /// A digest is no secret, and many messages may be made to share one: only the newest of them are looked at.
    private static func row(of message: RejectedMessage, digest: Int64, _ db: Database) throws -> Int64? {
        try Int64.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT id FROM (
                        SELECT id, topic, body FROM quarantine WHERE digest = ? AND released_at IS NULL
                        ORDER BY id DESC LIMIT 8)
                    WHERE topic = ? AND body = ?
                    """), arguments: [digest, message.topic, Data(message.body)])
    }

    /// FNV-1a of the topic and the body.
    private static func digest(of message: RejectedMessage) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in message.topic.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        for byte in message.body { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return Int64(bitPattern: hash)
    }

    private static func add(_ message: RejectedMessage, _ ledger: inout Ledger, _ db: Database) throws {
        let digest = digest(of: message)
        var times: Int64 = 1
        if let known = try row(of: message, digest: digest, db) {
            // When it was turned away says by how much the clock was wrong then, and the clock may have been moved since: turned
            // away for its time once more, it is a new case.
            guard message.rejection.reason.isAboutTime else {
                try db.cachedStatement(sql: "UPDATE quarantine SET times = times + 1 WHERE id = ?")
                    .execute(arguments: [known])
                return
            }
            times = try remove(known, &ledger, db) &+ 1
        }
        let reason = message.rejection.reason.rawValue
        try db.cachedStatement(
            sql: """
                INSERT INTO quarantine (received_at, topic, body, reason, detail, digest, times)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                message.receivedAt.microseconds, message.topic, Data(message.body), reason, message.rejection.detail,
                digest, times,
            ])
        ledger.add(1, to: Total.quarantineRows)
        ledger.add(Int64(message.body.count), to: Total.quarantineBytes)
        ledger.add(1, to: Total.quarantine(reason))
    }

    /// Takes out a message that was not taken after all; returns how often it had come.
    private static func remove(_ id: Int64, _ ledger: inout Ledger, _ db: Database) throws -> Int64 {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT length(body), reason, times FROM quarantine WHERE id = ?"), arguments: [id])
        guard let row else { return 0 }
        try db.cachedStatement(sql: "DELETE FROM quarantine WHERE id = ?").execute(arguments: [id])
        ledger.add(-1, to: Total.quarantineRows)
        ledger.add(-(try row.decode(Int64.self, atIndex: 0)), to: Total.quarantineBytes)
        ledger.add(-1, to: Total.quarantine(try row.decode(atIndex: 1)))
        return try row.decode(atIndex: 2)
    }

    /// Returns the bytes it freed; `nil` when there is nothing left.
    private static func dropOldest(_ ledger: inout Ledger, _ db: Database) throws -> Int64? {
        let oldest = try Row.fetchOne(
            db.cachedStatement(
                sql: "SELECT id, length(body), reason, released_at IS NULL FROM quarantine ORDER BY id LIMIT 1"))
        guard let oldest else { return nil }
        let (id, bytes): (Int64, Int64) = (try oldest.decode(atIndex: 0), try oldest.decode(atIndex: 1))
        try db.cachedStatement(sql: "DELETE FROM quarantine WHERE id = ?").execute(arguments: [id])
        ledger.add(-1, to: Total.quarantineRows)
        ledger.add(-bytes, to: Total.quarantineBytes)
        ledger.add(1, to: Total.quarantineDropped)
        if try oldest.decode(Bool.self, atIndex: 3) {
            ledger.add(-1, to: Total.quarantine(try oldest.decode(atIndex: 2)))
        }
        return bytes
    }
}

extension Rejection.Reason {
    /// Right or wrong by the daemon's clock.
    fileprivate var isAboutTime: Bool { self == .futureTime || self == .tooOld }
}
