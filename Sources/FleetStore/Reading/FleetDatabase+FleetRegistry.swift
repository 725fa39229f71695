import FleetModel
import FleetRuntime
import GRDB

extension FleetDatabase: FleetRegistry {
    package func register(_ machines: [Machine]) async throws(StoreFailure) -> Int {
        try await write("cannot register machines") { db, ledger in
            for machine in machines {
                guard let retired = try ledger.retirement(of: machine.key, db) else { continue }
                throw StoreFailure.conflict(
                    "\(machine.key) is \(retired.successor) since \(retired.until.iso8601), and the old name stays retired; register it under the new one, or give another machine another name"
                )
            }
            var added = 0
            for machine in machines where try Registration.write(machine, &ledger, db).isNew { added += 1 }
            if !machines.isEmpty { try Cursor.registry.set(try Cursor.registry.value(db) + 1, db) }
            try ledger.settle(db)
            return added
        }
    }

    @discardableResult package func configure(_ machines: [Machine]) async throws(StoreFailure) -> [MachineKey] {
        let (stored, retired) = try await read("cannot read what the configuration said last") { db, deadline in
            let retired = try Retirement.all(db)
            let rows = try Row.fetchCursor(
                db, sql: "SELECT fleet, equipment, configured FROM machine WHERE configured IS NOT NULL")
            var stored: [MachineKey: String] = [:]
            while let row = try rows.next() {
                try deadline.check()
                stored[try MachineKey(row)] = try row.decode(atIndex: 2)
            }
            return (stored, retired)
        }
        let leftOut = machines.map(\.key).filter { retired[$0] != nil }
        let changed = machines.filter { machine in
            // A file that still has the old name must not bring a second machine into being.
            guard retired[machine.key] == nil else { return false }
            // What another version wrote and this one cannot read is simply taken anew.
            return stored[machine.key].flatMap { try? JSON.value(Machine.self, from: $0) } != machine
        }
        guard !changed.isEmpty else { return leftOut }
        try await write("cannot register the machines of the configuration") { db, ledger in
            for machine in changed {
                let (id, _) = try Registration.write(machine, &ledger, db)
                try db.cachedStatement(sql: "UPDATE machine SET configured = ? WHERE id = ?")
                    .execute(arguments: [try JSON.text(machine), id])
            }
            try Cursor.registry.set(try Cursor.registry.value(db) + 1, db)
            try ledger.settle(db)
        }
        return leftOut
    }

    package func acknowledge(_ acknowledgement: AlertAcknowledgement) async throws(StoreFailure) {
        try await write("cannot acknowledge the alert") { db, ledger in
            let episode = acknowledgement.episode.description
            let machine = try ledger.index(of: acknowledgement.machine, db).map { ledger.entries[$0].id }
            let state = try String.fetchOne(
                db.cachedStatement(sql: "SELECT state FROM alert WHERE machine = ? AND episode = ?"),
                arguments: [machine, episode])
            guard let machine, let state, state != Alert.State.resolved.rawValue else {
                throw StoreFailure.notFound("\(acknowledgement.machine) has no unresolved alert \(episode)")
            }
            // A second person who has seen it changes nothing: the first did.
            try db.cachedStatement(
                sql: "INSERT OR IGNORE INTO acknowledgement (machine, episode, at, document) VALUES (?, ?, ?, ?)"
            ).execute(
                arguments: [
                    machine, episode, acknowledgement.at.microseconds,
                    try JSON.text(AcknowledgementDocument(episode: acknowledgement.episode, by: acknowledgement.by)),
                ])
        }
    }
}

/// What the owner tells of a machine, within a transaction.
private enum Registration {
    /// Adds it or replaces what was known; returns the machine's row and whether it was not registered before.
    static func write(
        _ machine: Machine, _ ledger: inout Ledger, _ db: Database
    ) throws -> (id: Int64, isNew: Bool) {
        let index = try ledger.addingIndex(of: machine.key, db)
        let id = ledger.entries[index].id
        try db.cachedStatement(sql: "UPDATE machine SET is_registered = 1 WHERE id = ? AND is_registered = 0")
            .execute(arguments: [id])
        let isNew = db.changesCount == 1
        if isNew {
            ledger.add(1, to: Total.registeredMachines)
            ledger.add(-1, to: Total.unregisteredMachines)
        }
        try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO registration (machine, model, pin, vin, site, owner, document)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                id, machine.model.text, machine.pin, machine.vin, machine.site, machine.owner, try JSON.text(machine),
            ])
        return (id, isNew)
    }
}
