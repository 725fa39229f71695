import FleetModel
import FleetRuntime
import FleetStore
import Foundation

/// Counts the publisher's ledger again in the database.
struct ChaosCheck {
    var stored = 0
    var lost = 0
    var duplicated = 0
    /// Stored under its number but with another's value.
    var altered = 0
    /// In the database and not in the ledger: published, and the broker's answer did not come in time.
    var unledgered = 0

    /// Reads every frame of the run's machines from `database`; does not trust the store's own counts.
    static func count(_ ledger: Set<LedgerEntry>, plan: ChaosPlan, database path: String) async throws -> ChaosCheck {
        let database = try await FleetDatabase.open(path: path, access: .readOnly)
        var check = ChaosCheck()
        var found: [LedgerEntry: Int] = [:]
        for machine in 0..<ChaosPlan.machines {
            let equipment = EquipmentID(unchecked: "unit-\(machine)")
            let key = MachineKey(fleet: ChaosPlan.fleet, equipment: equipment)
            for point in try await points(of: key, in: database) where point.signal == ChaosPlan.signal {
                let entry = LedgerEntry(equipment: equipment, boot: point.boot, seq: point.seq)
                found[entry, default: 0] += 1
                if point.value != plan.mark(of: entry) { check.altered += 1 }
            }
        }
        await database.close()
        check.stored = found.count
        check.duplicated = found.values.reduce(0) { $0 + $1 - 1 }
        check.lost = ledger.count { found[$0] == nil }
        check.unledgered = found.keys.count { !ledger.contains($0) }
        return check
    }

    private static func points(of machine: MachineKey, in database: FleetDatabase) async throws -> [SeriesPoint] {
        do {
            var points: [SeriesPoint] = []
            try await database.export(machine: machine) { points.append($0) }
            return points
        } catch StoreFailure.notFound {
            return []
        }
    }
}
