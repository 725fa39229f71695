import FleetModel
import FleetRuntime
import GRDB

extension FleetDatabase: ClockStore {
    package func newestArrival() async throws(StoreFailure) -> Timestamp? {
        if let newest = head.newestArrival { return newest.at }
        return try await read("cannot read when the last message came") { db, _ in
            // A file of version 1 says no more.
            try Int64.fetchOne(db, sql: "SELECT MAX(last_received_at) FROM machine").map { Timestamp(stored: $0) }
        }
    }

    package func lastTurnedAway() async throws(StoreFailure) -> Int64 {
        try await read("cannot read the quarantine") { db, _ in
            try Int64.fetchOne(db.cachedStatement(sql: "SELECT MAX(id) FROM quarantine")) ?? 0
        }
    }

    package func turnedAwayForTime(
        after id: Int64, limit: Int
    ) async throws(StoreFailure) -> [(id: Int64, message: RejectedMessage)] {
        let ids = try await read("cannot read the quarantine") { db, _ in
            try Int64.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT id FROM quarantine WHERE id > ? AND reason IN (?, ?) AND released_at IS NULL
                        ORDER BY id LIMIT ?
                        """),
                arguments: [
                    max(id, try Cursor.clock.value(db)), Rejection.Reason.futureTime.rawValue,
                    Rejection.Reason.tooOld.rawValue, limit,
                ])
        }
        return try await quarantined(ids)
    }

    package func noteClockMoved(upTo last: Int64) async throws(StoreFailure) {
        try await write("cannot note that the clock was moved") { db, _ in
            try Cursor.clock.set(max(last, try Cursor.clock.value(db)), db)
        }
    }
}
