import FleetModel
import FleetRuntime
import GRDB

extension FleetDatabase: Outbox {
    package func dueDispatches(at now: Timestamp, limit: Int) async throws(StoreFailure) -> [OutgoingDispatch] {
        try await read("cannot read the outbox") { [self] db, deadline in
            let names = try names(db)
            return try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT outbox.document, work_order.document, registration.document, latest, attempts
                        FROM outbox JOIN work_order ON work_order.id = work_order
                        LEFT JOIN registration ON registration.machine = work_order.machine
                        LEFT JOIN condition ON condition.machine = work_order.machine
                        WHERE settled_at IS NULL AND next_attempt_at <= ?
                        ORDER BY next_attempt_at, created_at, outbox.id LIMIT ?
                        """), arguments: [now.microseconds, limit]
            ).map { row in
                try deadline.check()
                let order = try JSON.value(WorkOrder.self, from: try row.decode(atIndex: 1))
                let registration: String? = try row.decode(atIndex: 2)
                var latest: [ReceivedFrame] = []
                if !row.hasNull(atIndex: 3) {
                    latest = try ConditionDocument.latest(of: order.need.machine, row, column: 3, names: names)
                }
                return OutgoingDispatch(
                    dispatch: try JSON.value(Dispatch.self, from: try row.decode(atIndex: 0)), order: order,
                    machine: try registration.map { try JSON.value(Machine.self, from: $0) },
                    position: ConditionDocument.position(latest), attempts: try row.decode(atIndex: 4))
            }
        }
    }

    package func published(_ id: String, at now: Timestamp, next: Timestamp) async throws(StoreFailure) {
        try await write("cannot note that \(id) was sent") { db, _ in
            try db.cachedStatement(sql: "UPDATE outbox SET attempts = attempts + 1, next_attempt_at = ? WHERE id = ?")
                .execute(arguments: [next.microseconds, id])
            guard db.changesCount == 1 else {
                throw StoreFailure.notFound("the outbox has no dispatch \(id)")
            }
        }
    }

    package func bringForward(to latest: Timestamp, now: Timestamp) async throws(StoreFailure) {
        try await write("cannot bring forward what waits in the outbox") { db, _ in
            try db.execute(
                sql: """
                    UPDATE outbox SET next_attempt_at = CASE attempts WHEN 0 THEN ?1 ELSE MIN(next_attempt_at, ?2) END
                    WHERE settled_at IS NULL AND next_attempt_at > ?1 AND next_attempt_at < ?3
                    """,
                arguments: [now.microseconds, latest.microseconds, Timestamp.distantFuture.microseconds])
        }
    }
}

extension ConditionDocument {
    /// Where the machine was last.
    static func position(_ latest: [ReceivedFrame]) -> Coordinate? {
        let values = values(latest)
        guard let latitude = values[.latitude]?.value, let longitude = values[.longitude]?.value else { return nil }
        return Coordinate(latitude: latitude, longitude: longitude)
    }
}
