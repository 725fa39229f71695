import FleetModel
import FleetRuntime
import GRDB

/// Replies of centers to an order that is not theirs: on disk like every reply, and without effect on any order.
///
/// An order is stored before it is offered, so a center that was asked always finds it here.
enum StrayReplies {
    /// Older ones are nobody's concern any more, and the look stays short.
    static let lookedAt = 1_000

    private static let selection = """
        FROM (SELECT *, json_extract(document, '$.order') AS wanted FROM reply ORDER BY id DESC LIMIT \(lookedAt)) AS reply
        LEFT JOIN work_order ON work_order.id = wanted
        WHERE work_order.id IS NULL OR (work_order.center IS NOT reply.center AND NOT EXISTS (
            SELECT 1 FROM json_each(work_order.document, '$.offers') AS offer
            WHERE json_extract(offer.value, '$.center') = reply.center))
        """

    static func count(_ db: Database) throws -> Int {
        try Int.fetchOne(db.cachedStatement(sql: "SELECT COUNT(*) \(selection)")) ?? 0
    }

    /// The newest first.
    static func list(_ db: Database, limit: Int) throws -> [QuarantineDocument.StrayReply] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT reply.received_at, reply.center, wanted, json_extract(reply.document, '$.state'),
                           work_order.id IS NULL
                    \(selection) ORDER BY reply.id DESC LIMIT ?
                    """), arguments: [limit]
        ).map { row in
            let isUnknown: Bool = try row.decode(atIndex: 4)
            return QuarantineDocument.StrayReply(
                receivedAt: try row.time(0),
                center: ServiceCenterID(unchecked: try row.decode(atIndex: 1)),
                order: WorkOrderID(unchecked: try row.decode(String?.self, atIndex: 2) ?? ""),
                state: try row.decode(String?.self, atIndex: 3) ?? "",
                why: isUnknown ? "there is no such order" : "the order was never offered to this center")
        }
    }
}
