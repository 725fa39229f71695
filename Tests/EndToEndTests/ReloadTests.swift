import FleetModel
import FleetRuntime
import Foundation
import Rehearsal
import Support
import Testing

@Suite("a configuration read anew")
struct ReloadTests {
    private static let hot = """
        rules:
          warm:
            title: Warm at all
            signal: coolant_temp
            above: 50
            reset: 45
            mark: assumed
            severity: major

        """

    @Test(
        "is taken whole or not at all, says what must wait for a restart, and loses no message",
        .timeLimit(.minutes(3)))
    func reload() async throws {
        let work = TemporaryFolder()
        let file = try exampleConfiguration(in: work)
        let folder = "\(work.path)/Config"
        let rules = try String(contentsOfFile: "\(folder)/rules.yaml", encoding: .utf8)
        let fleet = try String(contentsOfFile: "\(folder)/fleet.yaml", encoding: .utf8)
        func write(_ text: String, _ name: String) throws {
            try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        }
        try await Stage.open(configuration: file) { stage, daemon in
            func configuration() async throws -> ConfigurationDocument {
                try #require(try await stage.status()).configuration
            }
            let traffic = try Traffic(broker: stage.broker.url, machines: [MachineKey("kuzbass-coal/truck-17")!])
            let started = try #require(try await configuration().loadedAt)
            #expect(try await configuration().file == file)
            try await traffic.flow {
                // Another rule and one more machine.
                try write(Self.hot, "rules.yaml")
                try write(Self.addingMachine(to: fleet), "fleet.yaml")
                daemon.kill(SIGHUP)
                let isTaken = try await eventually(within: .seconds(20)) {
                    guard try await stage.firing("warm") == 1 else { return false }
                    return try await stage.ask("machines", as: MachinesDocument.self).machines
                        .contains { $0.equipment.description == "kuzbass-coal/truck-99" && $0.isRegistered }
                }
                #expect(isTaken, "\(stage.log)")
                let loaded = try #require(try await configuration().loadedAt)
                #expect(loaded > started)

                // One bad file: nothing of the other is taken either.
                try write(Self.hot + "  other: {title: Other, signal: coolant_temp, abvoe: 7}\n", "rules.yaml")
                try write(fleet, "fleet.yaml")
                daemon.kill(SIGHUP)
                let isRefused = try await eventually(within: .seconds(20)) {
                    try await configuration().refusedAt != nil
                }
                #expect(isRefused, "\(stage.log)")
                let refused = try #require(try await stage.status())
                #expect(refused.configuration.loadedAt == loaded)
                #expect(
                    refused.configuration.problems.contains { $0.contains("rules.yaml:9:") && $0.contains("abvoe") })
                #expect(refused.state == .degraded)
                #expect(refused.problems.contains { $0.hasPrefix("configuration refused since") })
                #expect(stage.log.contains("rules.yaml:9:"))
                #expect(try await stage.firing("warm") == 1)

                // Mended: the rule that is gone takes its alert with it. The broker's settings wait, the rest is taken.
                try write(rules, "rules.yaml")
                let settings = try String(contentsOfFile: file, encoding: .utf8)
                try write(
                    settings.replacing("keep_alive: 60s", with: "keep_alive: 30s").replacing(
                        "log: info", with: "log: debug"),
                    "zubrd.yaml")
                daemon.kill(SIGHUP)
                let isMended = try await eventually(within: .seconds(20)) {
                    guard try await configuration().refusedAt == nil else { return false }
                    return try await stage.firing("warm") == 0
                }
                #expect(isMended, "\(stage.log)")
                let mended = try #require(try await stage.status())
                #expect(mended.configuration.needsRestart == ["broker"])
                #expect(mended.state == .running)
                #expect(stage.log.contains("not taken before a restart: broker"))
            }
            let isComplete = try await eventually(within: .seconds(20)) {
                try await stage.status()?.store.frames == traffic.frames
            }
            #expect(isComplete)
            let end = try #require(try await stage.status())
            #expect(end.store.quarantined == 0)
            #expect(end.store.gaps == 0)
            #expect(end.broker.connects == 1)
            await traffic.close()
        }
    }

    /// The example's first machine once more, under another name.
    private static func addingMachine(to fleet: String) throws -> String {
        let parts = fleet.components(separatedBy: "  - fleet: ")
        let first = try #require(parts.first { $0.contains("equipment: truck-17") })
        return fleet + (fleet.hasSuffix("\n") ? "" : "\n") + "  - fleet: "
            + first.replacing("truck-17", with: "truck-99").replacing("Y3B75131EXA000017", with: "Y3B75131EXA000099")
    }
}

extension Stage {
    /// How many alerts of a rule are not resolved.
    func firing(_ rule: String) async throws -> Int {
        try await ask("alerts", as: AlertsDocument.self).alerts.count { $0.rule.text == rule }
    }
}
