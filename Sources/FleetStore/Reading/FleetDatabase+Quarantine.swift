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
                    id: try row.decode(atIndex: 0), receivedAt: try row.time(1),
                    topic: try row.decode(atIndex: 2), reason: try row.decode(atIndex: 3),
                    detail: try row.decode(atIndex: 4), bytes: try row.decode(atIndex: 5),
                    excerpt: excerpt(try row.decode(Data?.self, atIndex: 6) ?? Data()),
                    times: try row.decode(atIndex: 7))
            }
            return QuarantineDocument(
                total: byReason.values.reduce(0, &+), byReason: byReason, messages: messages,
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
                guard let row, let reason = Rejection.Reason(rawValue: try row.decode(atIndex: 2)) else { return nil }
                let message = RejectedMessage(
                    topic: try row.decode(atIndex: 0), body: [UInt8](try row.decode(Data?.self, atIndex: 1) ?? Data()),
                    rejection: Rejection(reason, try row.decode(atIndex: 3)),
                    receivedAt: try row.time(4))
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
