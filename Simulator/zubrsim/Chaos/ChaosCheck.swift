import FleetModel
import FleetRuntime
import FleetStore
import Foundation

/// Counts the publisher's ledger again in the database.
struct ChaosCheck {
    var stored = 0
    var lost = 0
    var duplicated = 0
    /// Stored under its number but with another's value, or never sent at all.
    var altered = 0
    /// In the database and not in the ledger: published, and the broker's answer did not come in time.
    var unledgered = 0
    var poisonFound = 0
    var poisonLost = 0
    var poisonDuplicated = 0

    /// Reads every frame of the run's machines from `database`; does not trust the store's own counts.
    static func count(
        isFrameTaken: [Bool], isPoisonTaken: [Bool], plan: ChaosPlan, database path: String
    ) async throws -> ChaosCheck {
        let database = try await FleetDatabase.open(path: path, access: .readOnly)
        var check = ChaosCheck()
        do {
            try await check.countFrames(isFrameTaken, plan, database)
            if plan.poisons > 0 { try await check.countPoison(isPoisonTaken, database) }
        } catch {
            await database.close()
            throw error
        }
        await database.close()
        return check
    }

    private mutating func countFrames(_ isTaken: [Bool], _ plan: ChaosPlan, _ database: FleetDatabase) async throws {
        var found = [UInt8](repeating: 0, count: plan.messages)
        var foreign = 0
        var changed = 0
        for machine in 0..<ChaosPlan.machines {
            let key = MachineKey(fleet: ChaosPlan.fleet, equipment: plan.equipment(machine))
            do {
                try await database.exportFrames(of: key, only: [ChaosPlan.signal], tags: [:]) { exported in
                    let frame = exported.frame
                    guard let number = plan.number(machine: machine, boot: frame.boot, seq: frame.seq) else {
                        foreign += 1
                        return
                    }
                    found[number] = found[number] &+ 1
                    if frame.readings[0].value != plan.mark(of: plan.entry(number)) { changed += 1 }
                }
            } catch StoreFailure.notFound {
                continue
            }
        }
        altered = changed + foreign
        for number in found.indices {
            let times = Int(found[number])
            stored += times > 0 ? 1 : 0
            duplicated += max(0, times - 1)
            if isTaken[number], times == 0 { lost += 1 }
            if !isTaken[number], times > 0 { unledgered += 1 }
        }
    }

    private mutating func countPoison(_ isTaken: [Bool], _ database: FleetDatabase) async throws {
        var found = [Int](repeating: 0, count: isTaken.count)
        for message in try await database.quarantine(limit: 10 * isTaken.count + 1_000).messages {
            if let number = Poison.number(in: message.excerpt), found.indices.contains(number) { found[number] += 1 }
        }
        for number in found.indices {
            poisonFound += found[number] > 0 ? 1 : 0
            poisonDuplicated += max(0, found[number] - 1)
            if isTaken[number], found[number] == 0 { poisonLost += 1 }
        }
    }
}
