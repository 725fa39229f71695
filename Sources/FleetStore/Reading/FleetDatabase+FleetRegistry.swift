import FleetModel
import FleetRuntime
import GRDB

extension FleetDatabase: FleetRegistry {
    package func register(_ machines: [Machine]) async throws(StoreFailure) -> Int {
        try await write("cannot register machines") { db, ledger in
            var added = 0
            for machine in machines {
                let index = try ledger.addingIndex(of: machine.key, db)
                let id = ledger.entries[index].id
                try db.cachedStatement(sql: "UPDATE machine SET is_registered = 1 WHERE id = ? AND is_registered = 0")
                    .execute(arguments: [id])
                if db.changesCount == 1 {
                    added += 1
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
                        id, machine.model.text, machine.pin, machine.vin, machine.site, machine.owner,
                        try JSON.text(machine),
                    ])
            }
            if !machines.isEmpty { try Cursor.registry.set(try Cursor.registry.value(db) + 1, db) }
            try ledger.settle(db)
            return added
        }
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
