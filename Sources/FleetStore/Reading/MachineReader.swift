import FleetModel
import FleetRuntime
import GRDB
import Prognosis

/// Puts together what is known of machines, within one read.
struct MachineReader {
    let db: Database
    let deadline: ReadDeadline
    let names: StoredNames
    let head: [Int64: Head.Run]
    let catalog: Catalog

    /// The row of a machine.
    static func id(of key: MachineKey, _ db: Database) throws -> Int64 {
        let id = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM machine WHERE fleet = ? AND equipment = ?"),
            arguments: [key.fleet.text, key.equipment.text])
        guard let id else {
            if let retired = try Retirement.all(db)[key] {
                throw StoreFailure.notFound("\(key) is \(retired.successor) since \(retired.until.iso8601)")
            }
            throw StoreFailure.notFound("there is no machine \(key); zubr machines lists those that are known")
        }
        return id
    }

    /// All machines, or the one with this row, in order of fleet and equipment.
    func documents(only id: Int64? = nil) throws -> [MachineDocument] {
        let alerts = try unresolvedAlerts(only: id)
        let orders = try openOrders(only: id)
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT fleet, equipment, id, is_registered, is_connected, machine.last_received_at, last_observed_at,
                       latest, next, model, site
                FROM machine LEFT JOIN condition ON condition.machine = id LEFT JOIN standing ON standing.machine = id
                LEFT JOIN registration ON registration.machine = id
                WHERE ?1 IS NULL OR id = ?1 ORDER BY fleet, equipment
                """, arguments: [id])
        var documents: [MachineDocument] = []
        while let row = try rows.next() {
            try deadline.check()
            documents.append(
                try document(
                    row, alerts: alerts[try row.decode(atIndex: 2)] ?? [],
                    openOrders: orders[try row.decode(atIndex: 2)] ?? []))
        }
        return documents
    }

    func detail(of key: MachineKey) throws -> MachineDetailDocument {
        let id = try MachineReader.id(of: key, db)
        guard let summary = try documents(only: id).first else {
            throw StoreFailure.notFound("there is no machine \(key)")
        }
        let registration = try String.fetchOne(
            db, sql: "SELECT document FROM registration WHERE machine = ?", arguments: [id]
        ).map { try JSON.value(Machine.self, from: $0) }
        let machineClass = registration.flatMap { catalog.machineClass(of: $0.model) }
        let condition = try condition(of: key, id: id)
        let standings = try String.fetchOne(
            db, sql: "SELECT document FROM standing WHERE machine = ?", arguments: [id]
        ).map { try JSON.value([ServiceStanding].self, from: $0) }
        let orders = try String.fetchAll(
            db, sql: "SELECT document FROM work_order WHERE machine = ? ORDER BY opened_at DESC, id DESC LIMIT 100",
            arguments: [id]
        ).map {
            WorkOrderDocument(
                try JSON.value(WorkOrder.self, from: $0), family: machineClass?.family, machineClass: machineClass?.id)
        }
        let gaps = try GapReader.gaps(db, head: head, names: names, deadline: deadline, only: id)
        return MachineDetailDocument(
            summary: summary, registration: registration, services: standings ?? [],
            signals: condition.signalDocuments(machineClass), faults: condition.faultTexts,
            alerts: try alertDocuments(of: id), orders: orders, gaps: gaps, formerNames: try formerNames(of: id))
    }

    private func formerNames(of id: Int64) throws -> [FormerName] {
        try Row.fetchAll(
            db, sql: "SELECT fleet, equipment, retired_at FROM retired_name WHERE machine = ? ORDER BY retired_at",
            arguments: [id]
        ).map { FormerName(equipment: try MachineKey($0), until: try $0.time(2)) }
    }

    private func document(
        _ row: Row, alerts: [Alert], openOrders: [WorkOrderID]
    ) throws -> MachineDocument {
        let key = try MachineKey(row)
        let isRegistered: Bool = try row.decode(atIndex: 3)
        var document = MachineDocument(
            equipment: key, isRegistered: isRegistered,
            health: isRegistered ? MachineHealth(alerts, isHeard: !row.hasNull(atIndex: 5)) : .unregistered)
        document.model = (try row.decode(String?.self, atIndex: 9)).flatMap { ModelID($0) }
        document.machineClass = document.model.flatMap { catalog.machineClass(of: $0)?.id }
        document.site = try row.decode(atIndex: 10)
        document.alerts = alerts.map(\.finding.title)
        document.isConnected = try row.decode(atIndex: 4)
        // The machine's own row is written when its frames leave the journal.
        document.lastReceivedAt = [
            try row.timeIfAny(5),
            head[try row.decode(atIndex: 2)]?.lastReceivedAt,
        ].compactMap { $0 }.max()
        document.lastObservedAt = try row.timeIfAny(6)
        document.openOrders = openOrders
        document.nextService = try (try row.decode(String?.self, atIndex: 8)).map {
            try JSON.value(ServiceStanding.self, from: $0)
        }
        guard !row.hasNull(atIndex: 7) else { return document }
        let latest = try ConditionDocument.latest(of: key, row, column: 7, names: names)
        let values = ConditionDocument.values(latest)
        document.position = ConditionDocument.position(latest)
        document.mode = values[.operatingMode].flatMap { OperatingMode(code: $0.value) }
        for meter in Meter.allCases { document.meters[meter.rawValue] = values[meter.signal]?.value }
        return document
    }

    /// By machine, the worst first.
    private func unresolvedAlerts(only id: Int64?) throws -> [Int64: [Alert]] {
        var alerts: [Int64: [Alert]] = [:]
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT machine, document FROM alert WHERE state <> 'resolved' AND (?1 IS NULL OR machine = ?1)
                ORDER BY machine, fired_at
                """, arguments: [id])
        while let row = try rows.next() {
            try deadline.check()
            alerts[try row.decode(atIndex: 0), default: []].append(
                try JSON.value(Alert.self, from: try row.decode(atIndex: 1)))
        }
        return alerts.mapValues { $0.sorted { $0.finding.severity > $1.finding.severity } }
    }

    private func openOrders(only id: Int64?) throws -> [Int64: [WorkOrderID]] {
        var orders: [Int64: [WorkOrderID]] = [:]
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT machine, id FROM work_order WHERE is_final = 0 AND (?1 IS NULL OR machine = ?1)
                ORDER BY opened_at, id
                """, arguments: [id])
        while let row = try rows.next() {
            orders[try row.decode(atIndex: 0), default: []].append(WorkOrderID(unchecked: try row.decode(atIndex: 1)))
        }
        return orders
    }

    private func alertDocuments(of id: Int64) throws -> [AlertDocument] {
        try String.fetchAll(
            db, sql: "SELECT document FROM alert WHERE machine = ? ORDER BY fired_at DESC, id DESC LIMIT 100",
            arguments: [id]
        ).map { AlertDocument(try JSON.value(Alert.self, from: $0)) }
    }

    private func condition(of key: MachineKey, id: Int64) throws -> MachineCondition {
        let row = try Row.fetchOne(
            db, sql: "SELECT latest, document FROM condition WHERE machine = ?", arguments: [id])
        guard let row else { return MachineCondition() }
        let latest = try ConditionDocument.latest(of: key, row, column: 0, names: names)
        return try ConditionDocument.condition(latest: latest, document: try row.decode(atIndex: 1))
    }
}
