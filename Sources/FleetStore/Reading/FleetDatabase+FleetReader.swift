import FleetModel
import FleetRuntime
import GRDB

extension FleetDatabase: FleetReader {
    /// How many alerts and orders that are over are listed; the unfinished ones always are.
    static let historyLimit = 1_000

    package func machines() async throws(StoreFailure) -> [MachineDocument] {
        let head = head.runs
        return try await read("cannot list the machines") { [self] db, deadline in
            try MachineReader(db: db, deadline: deadline, names: try names(db), head: head, catalog: catalog)
                .documents()
        }
    }

    package func machine(_ key: MachineKey) async throws(StoreFailure) -> MachineDetailDocument {
        let head = head.runs
        return try await read("cannot read machine \(key)") { [self] db, deadline in
            try MachineReader(db: db, deadline: deadline, names: try names(db), head: head, catalog: catalog).detail(
                of: key)
        }
    }

    package func alerts(includingResolved: Bool) async throws(StoreFailure) -> [AlertDocument] {
        try await read("cannot list the alerts") { db, deadline in
            let rows = try String.fetchCursor(
                db,
                sql: """
                    SELECT document, fired_at, id FROM alert WHERE state <> 'resolved' UNION ALL
                    SELECT * FROM (SELECT document, fired_at, id FROM alert WHERE state = 'resolved'
                                   ORDER BY fired_at DESC, id DESC LIMIT ?)
                    ORDER BY fired_at DESC, id DESC
                    """, arguments: [includingResolved ? FleetDatabase.historyLimit : 0])
            var documents: [AlertDocument] = []
            while let row = try rows.next() {
                try deadline.check()
                documents.append(AlertDocument(try JSON.value(Alert.self, from: row)))
            }
            return documents
        }
    }

    package func workOrders(includingFinal: Bool) async throws(StoreFailure) -> [WorkOrderDocument] {
        try await read("cannot list the work orders") { [self] db, deadline in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT listed.document, model FROM (
                        SELECT document, opened_at, id, machine FROM work_order WHERE is_final = 0 UNION ALL
                        SELECT * FROM (SELECT document, opened_at, id, machine FROM work_order WHERE is_final = 1
                                       ORDER BY opened_at DESC, id DESC LIMIT ?)
                    ) AS listed LEFT JOIN registration ON registration.machine = listed.machine
                    ORDER BY opened_at DESC, listed.id DESC
                    """, arguments: [includingFinal ? FleetDatabase.historyLimit : 0])
            var documents: [WorkOrderDocument] = []
            while let row = try rows.next() {
                try deadline.check()
                let order = try JSON.value(WorkOrder.self, from: try row.decode(atIndex: 0))
                let machineClass = catalog.machineClass(ofModel: try row.decode(atIndex: 1))
                documents.append(
                    WorkOrderDocument(order, family: machineClass?.family, machineClass: machineClass?.id))
            }
            return documents
        }
    }

    package func gaps() async throws(StoreFailure) -> [GapDocument] {
        let head = head.runs
        return try await read("cannot list the gaps") { [self] db, deadline in
            try GapReader.gaps(db, head: head, names: try names(db), deadline: deadline)
        }
    }

    package func counts() async throws(StoreFailure) -> StoreCounts {
        try await read("cannot read the counts") { db, _ in
            let totals = try Total.all(db)
            func count(_ name: String) -> Int64 { totals[name] ?? 0 }
            var counts = StoreCounts()
            counts.frames = count(Total.frames)
            counts.gaps = count(Total.gaps)
            // It wraps around when machines invent numbers; shown, it is then simply the most there is.
            counts.duplicateFrames = count(Total.duplicateFrames)
            counts.redeliveredMessages = count(Total.redeliveredMessages)
            counts.missingFrames = count(Total.missingFrames) < 0 ? .max : count(Total.missingFrames)
            counts.machines.registered = Int(count(Total.registeredMachines))
            counts.machines.unregistered = Int(count(Total.unregisteredMachines))
            counts.machines.disconnected = Int(count(Total.disconnectedMachines))
            counts.alertsFiring = Int(count(Total.firingAlerts))
            counts.quarantineDropped = count(Total.quarantineDropped)
            if counts.alertsFiring > 0 { counts.firingBySeverity = try Standing.firingBySeverity(db) }
            counts.outbox = try Standing.outbox(db)
            counts.strayReplies = try StrayReplies.count(db)
            for (name, value) in totals where value != 0 {
                if name.hasPrefix(Total.ordersPrefix) {
                    counts.orders[String(name.dropFirst(Total.ordersPrefix.count))] = Int(value)
                }
                if name.hasPrefix(Total.quarantinePrefix) { counts.quarantined &+= value }
            }
            return counts
        }
    }
}

/// Counts that are cheap enough to be made when they are asked for.
private enum Standing {
    static func firingBySeverity(_ db: Database) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        // The first term is that of the index on what is unresolved.
        for row in try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT json_extract(document, '$.finding.severity'), COUNT(*) FROM alert
                    WHERE state <> 'resolved' AND state = 'firing' GROUP BY 1
                    """))
        {
            counts[try row.decode(String?.self, atIndex: 0) ?? "", default: 0] += try row.decode(Int.self, atIndex: 1)
        }
        return counts
    }

    static func outbox(_ db: Database) throws -> OutboxDocument {
        var outbox = OutboxDocument()
        // A withdrawal that was sent waits for nothing; its next attempt is in the distant future.
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT COUNT(*), MIN(created_at), MIN(next_attempt_at) FROM outbox
                    WHERE settled_at IS NULL AND next_attempt_at < ?
                    """), arguments: [Timestamp.distantFuture.microseconds])
        guard let row else { return outbox }
        outbox.waiting = try row.decode(atIndex: 0)
        outbox.oldestAt = try row.timeIfAny(1)
        outbox.nextAttemptAt = try row.timeIfAny(2)
        return outbox
    }
}

extension Catalog {
    /// The class of a model by its name, as far as the catalog knows it.
    fileprivate func machineClass(ofModel name: String?) -> MachineClass? {
        name.flatMap { ModelID($0) }.flatMap { machineClass(of: $0) }
    }
}
