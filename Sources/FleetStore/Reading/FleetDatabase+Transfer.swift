import FleetModel
import FleetRuntime
import GRDB

extension FleetDatabase {
    /// All that is stored of the machine hangs on its row, so the row gets the new name; the documents that name the
    /// machine in their text get it too.
    package func transfer(_ transfer: MachineTransfer) async throws(StoreFailure) {
        try await write("cannot transfer \(transfer.from)") { [self] db, ledger in
            let id = try check(transfer, &ledger, db)
            let renames = try Cursor.renames.value(db) + 1
            // Sold back: the machine takes its old name again.
            try db.execute(
                sql: "DELETE FROM retired_name WHERE fleet = ? AND equipment = ?",
                arguments: [transfer.to.fleet.text, transfer.to.equipment.text])
            try db.execute(
                sql: "INSERT INTO retired_name (fleet, equipment, machine, retired_at) VALUES (?, ?, ?, ?)",
                arguments: [
                    transfer.from.fleet.text, transfer.from.equipment.text, id, transfer.at.microseconds,
                ])
            // What the configuration said was said of the old name.
            try db.execute(
                sql: "UPDATE machine SET fleet = ?, equipment = ?, configured = NULL WHERE id = ?",
                arguments: [transfer.to.fleet.text, transfer.to.equipment.text, id])
            try rename(id, transfer, db)
            try announce(id, transfer, renames, db)
            try Cursor.renames.set(renames, db)
            try Cursor.registry.set(try Cursor.registry.value(db) + 1, db)
            try ledger.settle(db)
            // It knows the machine by its old name.
            ledger = Ledger(head: head)
        }
    }

    package func check(_ transfer: MachineTransfer) async throws(StoreFailure) {
        // On the writing connection, where the ledger is.
        try await write("cannot transfer \(transfer.from)") { [self] db, ledger in
            _ = try check(transfer, &ledger, db)
        }
    }

    /// The machine's row, when the new name is free for it.
    private func check(_ transfer: MachineTransfer, _ ledger: inout Ledger, _ db: Database) throws -> Int64 {
        if let retired = try ledger.retirement(of: transfer.from, db) {
            throw StoreFailure.conflict("\(transfer.from) is \(retired.successor) since \(retired.until.iso8601)")
        }
        let id = try MachineReader.id(of: transfer.from, db)
        guard transfer.to.fleet != .centers else {
            throw StoreFailure.conflict("the fleet id centers is reserved for service centers; choose another name")
        }
        if let holder = try ledger.index(of: transfer.to, db) {
            let isItself = ledger.entries[holder].id == id
            throw StoreFailure.conflict(
                isItself
                    ? "\(transfer.to) is the name it has" : "\(transfer.to) is another machine; choose another name")
        }
        if let retired = try ledger.retirement(of: transfer.to, db), retired.successor != transfer.from {
            throw StoreFailure.conflict(
                "\(transfer.to) was the name of \(retired.successor) until \(retired.until.iso8601); choose another")
        }
        if transfer.to.fleet != transfer.from.fleet,
            try ledger.machineCount(of: transfer.to.fleet, db) >= limits.machinesPerFleet
        {
            throw StoreFailure.conflict(
                "fleet \(transfer.to.fleet) has its limit of \(limits.machinesPerFleet) machines; raise limits.machines_per_fleet"
            )
        }
        return id
    }

    private func rename(_ id: Int64, _ transfer: MachineTransfer, _ db: Database) throws {
        let name = transfer.to.description
        for (table, path) in [("alert", "$.finding.machine"), ("work_order", "$.need.machine")] {
            try db.execute(
                sql: "UPDATE \(table) SET document = json_set(document, ?, ?) WHERE machine = ?",
                arguments: [path, name, id])
        }
        let registered = try String.fetchOne(
            db, sql: "SELECT document FROM registration WHERE machine = ?", arguments: [id])
        guard let registered else { return }
        var machine = try JSON.value(Machine.self, from: registered)
        machine.key = transfer.to
        machine.owner = transfer.owner ?? transfer.to.fleet.text
        machine.contact = transfer.contact ?? ""
        if let site = transfer.site {
            machine.site = site
            // Where the old site was. What the machine sends says where it is.
            machine.sitePosition = nil
        }
        try db.execute(
            sql: "UPDATE registration SET site = ?, owner = ?, document = ? WHERE machine = ?",
            arguments: [machine.site, machine.owner, try JSON.text(machine), id])
    }

    /// Tells every center that has work of the machine, and the history of the orders. The orders keep their numbers.
    private func announce(_ id: Int64, _ transfer: MachineTransfer, _ renames: Int64, _ db: Database) throws {
        let orders = try String.fetchAll(
            db, sql: "SELECT document FROM work_order WHERE machine = ? AND is_final = 0", arguments: [id]
        ).map { try JSON.value(WorkOrder.self, from: $0) }
        for order in orders {
            try db.execute(
                sql: "INSERT INTO work_order_event (work_order, at, state, center, note) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    order.id.text, transfer.at.microseconds, order.state.rawValue, order.center?.text,
                    "\(transfer.from) is now \(transfer.to)",
                ])
            guard let center = order.center else { continue }
            // The number of the renaming in the place of the offer's, so that a second renaming has an id of its own.
            let dispatch = Dispatch(
                order: order.id, offer: Int(renames), center: center, action: .rename, createdAt: transfer.at)
            try db.execute(
                sql: """
                    INSERT INTO outbox (id, work_order, created_at, next_attempt_at, document) VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [
                    dispatch.id, order.id.text, transfer.at.microseconds, transfer.at.microseconds,
                    try JSON.text(dispatch),
                ])
        }
    }
}
