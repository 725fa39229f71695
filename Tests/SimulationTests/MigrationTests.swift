import FleetModel
import FleetRuntime
import Foundation
import Testing

@testable import FleetStore

@Suite("a file of version 1")
struct MigrationTests {
    @Test("opens with everything that is in it, wherever the power is cut while it is moved over")
    func powerCut() async throws {
        let golden = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../FleetStoreTests/Fixtures/version-1.db")
        let expected = try await content(of: golden, cutAfter: nil, seed: 0).content
        #expect(expected.contains { $0.contains("coolant_temp") })
        var operations = 0
        while true {
            let found = try await content(of: golden, cutAfter: operations, seed: UInt64(operations))
            #expect(found.content == expected, "cut after \(operations) operations")
            guard found.wasCut else { break }
            operations += 1
        }
        #expect(operations > 100, "\(operations)")
    }

    /// What a copy of the file has when it is opened, and opened again if the power was cut meanwhile.
    private func content(
        of golden: URL, cutAfter operations: Int?, seed: UInt64
    ) async throws -> (content: [String], wasCut: Bool) {
        let folder = try Simulation.makeFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/zubr.db"
        try FileManager.default.copyItem(at: golden, to: URL(filePath: path))
        let disk = SimulatedDisk(folder: folder, chance: Chance(seed: seed), trace: Trace())
        if let operations { disk.plan(.death(.powerCut), after: operations) }
        disk.isArmed = true
        let first = try? await FleetDatabase.open(path: path, access: .daemon)
        await first?.close()
        disk.isArmed = false
        let wasCut = disk.death != nil
        disk.start()
        disk.planNothing()
        let store = try await FleetDatabase.open(path: path, access: .daemon)
        let content = try await store.content()
        await store.close()
        return (content, wasCut)
    }
}

extension FleetDatabase {
    /// What the fleet knows of itself, as texts.
    fileprivate func content() async throws -> [String] {
        var content = ["\(try await counts())"]
        for machine in try await machineKeys() {
            content.append("\(machine)")
            try await exportFrames(of: machine, tags: [:]) { content.append("\($0.frame)") }
        }
        content += try await gaps().map { "\($0)" }
        content += try await workOrders(includingFinal: true).map { "\($0)" }
        content += try await alerts(includingResolved: true).map { "\($0)" }
        content += try await registeredMachines().map { "\($0)" }
        content += try await journal(after: .start, limit: 1_000).frames.map { "\($0)" }
        return content
    }
}
