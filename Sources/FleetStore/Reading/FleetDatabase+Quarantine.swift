import FleetModel
import FleetRuntime
import FoundationEssentials
import GRDB

extension FleetDatabase {
    package func quarantine(limit: Int) async throws(StoreFailure) -> QuarantineDocument {
        try await read("cannot list the quarantine") { db, _ in
            var byReason: [String: Int64] = [:]
            let totals = try Total.all(db)
            for (name, value) in totals where value != 0 && name.hasPrefix(Total.quarantinePrefix) {
                byReason[String(name.dropFirst(Total.quarantinePrefix.count))] = value
            }
            let messages = try Row.fetchAll(
                db,
                sql: """
                    SELECT id, received_at, topic, reason, detail, length(body), substr(body, 1, 200), times
                    FROM quarantine
                    WHERE released_at IS NULL ORDER BY id DESC LIMIT ?
                    """, arguments: [limit]
            ).map { row in
                QuarantineDocument.Message(
                    id: row[0], receivedAt: Timestamp(microseconds: row[1]), topic: row[2], reason: row[3],
                    detail: row[4], bytes: row[5], excerpt: excerpt(row[6] as Data? ?? Data()),
                    times: row[7])
            }
            return QuarantineDocument(
                total: byReason.values.reduce(0, +), byReason: byReason, messages: messages,
                dropped: totals[Total.quarantineDropped] ?? 0, strayReplies: try StrayReplies.list(db, limit: limit))
        }
    }

    package func quarantined(
        _ ids: [Int64]
    ) async throws(StoreFailure) -> [(id: Int64, message: RejectedMessage)] {
        let found = try await read("cannot read the quarantine") { db, _ in
            try ids.compactMap { id -> Quarantined? in
                let row = try Row.fetchOne(
                    db.cachedStatement(
                        sql: """
                            SELECT topic, body, reason, detail, received_at FROM quarantine
                            WHERE id = ? AND released_at IS NULL
                            """), arguments: [id])
                guard let row, let reason = Rejection.Reason(rawValue: row[2]) else { return nil }
                let message = RejectedMessage(
                    topic: row[0], body: [UInt8](row[1] as Data? ?? Data()), rejection: Rejection(reason, row[3]),
                    receivedAt: Timestamp(microseconds: row[4]))
                return Quarantined(id: id, message: message)
            }
        }
        return found.map { ($0.id, $0.message) }
    }
}

private struct Quarantined: Sendable {
    var id: Int64
    var message: RejectedMessage
}

/// What a person may safely look at: control characters would move the terminal's cursor.
private func excerpt(_ body: Data) -> String {
    var text = ""
    for scalar in String(decoding: body, as: UTF8.self).unicodeScalars {
        let isControl = [.control, .format, .lineSeparator, .paragraphSeparator]
            .contains(scalar.properties.generalCategory)
        text.unicodeScalars.append(isControl ? "·" : scalar)
    }
    return text
}
