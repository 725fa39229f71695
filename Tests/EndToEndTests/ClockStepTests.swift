import FleetModel
import FleetRuntime
import Foundation
import Rehearsal
import Support
import Testing

/// Debian's libfaketime: it lies to one process about the clock that can be set, and leaves the others true; but not
/// the timers that run by them, for which `CTrueTimers` stands before it.
private let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"

@Suite(
    "the server's clock", .serialized, .enabled(if: FileManager.default.fileExists(atPath: library), "needs faketime"))
struct ClockStepTests {
    /// Of the example's fleet, so that silence and services would be noticed.
    private static let machines = [
        "kuzbass-coal/truck-17", "kuzbass-coal/robot-03", "kuzbass-coal/dump-04", "gomel-farm/tractor-08",
        "minsk-bus/ebus-11",
    ].map { MachineKey($0)! }

    private func lie(_ offset: String, in folder: TemporaryFolder) throws {
        // Renamed into place, so that nobody reads half of it.
        try "\(offset)\n".write(toFile: "\(folder.path)/clock", atomically: true, encoding: .utf8)
    }

    private func environment(_ folder: TemporaryFolder) throws -> [String: String] {
        let timers = try sibling(library: "libZubrTrueTimers.so", product: "ZubrTrueTimers")
        return [
            "LD_PRELOAD": "\(timers):\(library)", "FAKETIME_TIMESTAMP_FILE": "\(folder.path)/clock",
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1",
        ]
    }

    /// The clock as the status tells it, once `condition` holds of it.
    private func clock(
        _ stage: Stage, _ condition: @escaping (ClockDocument) -> Bool
    ) async throws -> StatusDocument {
        var last: StatusDocument?
        let holds = try await eventually(within: .seconds(30)) {
            last = try await stage.status()
            return last.map { condition($0.clock) } ?? false
        }
        #expect(holds, "\(last.map { "\($0.clock) \($0.problems)" } ?? "no answer")\n\(stage.log)")
        return try #require(last)
    }

    @Test("steps of it under traffic raise no alert, lose nothing and turn nothing away", .timeLimit(.minutes(4)))
    func steps() async throws {
        let work = TemporaryFolder()
        let file = try exampleConfiguration(in: work)
        let folder = TemporaryFolder()
        try lie("+0", in: folder)
        let stage = Stage(folder: folder, broker: try await PrivateBroker.start(folder: "\(folder.path)/broker"))
        do {
            let daemon = try await stage.startDaemon(configuration: file, environment: environment(folder))
            let traffic = try Traffic(broker: stage.broker.url, machines: Self.machines)
            try await traffic.flow {
                _ = try await clock(stage) { $0.standing == .agreed && $0.fleetMachines == 5 }
                let hasOrders = try await eventually(within: .seconds(20)) {
                    try await stage.status()?.orders.isEmpty == false
                }
                #expect(hasOrders)
                let orders = try await stage.ask("work-orders", as: WorkOrdersDocument.self).workOrders
                let alerts = try await stage.ask("alerts", "--all", as: AlertsDocument.self).alerts.count
                for (step, seconds) in [
                    ("+365d", 31_536_000.0), ("+0", 0), ("-365d", -31_536_000), ("+0", 0), ("+3600", 3_600),
                    ("-10", -10),
                    ("+10", 10), ("+0", 0),
                ] {
                    try lie(step, in: folder)
                    let status = try await clock(stage) {
                        $0.standing == (seconds == 0 ? .agreed : .overruled)
                            && abs(($0.serverSecondsAhead ?? 0) - seconds) < 2
                    }
                    #expect(abs((status.now - Timestamp.systemNow()).inSeconds) < 5, "after \(step)")
                    #expect((status.state == .degraded) == (seconds != 0))
                    if seconds != 0 {
                        #expect(status.problems.contains { $0.contains("which is wrong: 5 machines say") })
                    }
                }
                #expect(try await stage.ask("alerts", "--all", as: AlertsDocument.self).alerts.count == alerts)
                let after = try await stage.ask("work-orders", as: WorkOrdersDocument.self).workOrders
                #expect(after.map(\.id) == orders.map(\.id))
                #expect(after.map(\.offers.count) == orders.map(\.offers.count), "nothing was passed on")
            }
            try await expectEverything(of: traffic, stage)
            await traffic.close()
            await daemon.stop()
        } catch {
            await stage.broker.stop()
            throw error
        }
        await stage.broker.stop()
    }

    @Test(
        "a clock that was an hour behind and is set right brings back what was turned away", .timeLimit(.minutes(2)))
    func correction() async throws {
        let work = TemporaryFolder()
        let folder = TemporaryFolder()
        try lie("-3600", in: folder)
        let stage = Stage(folder: folder, broker: try await PrivateBroker.start(folder: "\(folder.path)/broker"))
        do {
            let daemon = try await stage.startDaemon(
                configuration: try exampleConfiguration(in: work), environment: environment(folder))
            // Two machines are too few to dispute our time.
            let traffic = try Traffic(broker: stage.broker.url, machines: Array(Self.machines.prefix(2)))
            try await traffic.flow {
                let isTurnedAway = try await eventually(within: .seconds(20)) {
                    try await stage.status()?.store.quarantined ?? 0 > 10
                }
                #expect(isTurnedAway)
                try lie("+0", in: folder)
                _ = try await clock(stage) { $0.standing == .agreed && abs($0.fleetSecondsAhead ?? 99) < 5 }
            }
            try await expectEverything(of: traffic, stage)
            await traffic.close()
            await daemon.stop()
        } catch {
            await stage.broker.stop()
            throw error
        }
        await stage.broker.stop()
    }

    @Test(
        "a daemon that starts with a clock years off takes everything, and lets nothing fall due before it knows the time",
        .timeLimit(.minutes(4)), arguments: ["-20000d", "+400d"])
    func wrongStart(offset: String) async throws {
        let work = TemporaryFolder()
        let file = try exampleConfiguration(in: work)
        let folder = TemporaryFolder()
        try lie("+0", in: folder)
        let stage = Stage(folder: folder, broker: try await PrivateBroker.start(folder: "\(folder.path)/broker"))
        do {
            let traffic = try Traffic(broker: stage.broker.url, machines: Self.machines)
            var daemon = try await stage.startDaemon(configuration: file, environment: environment(folder))
            try await traffic.flow {
                _ = try await eventually { try await stage.status()?.store.frames ?? 0 > 20 }
            }
            let isSettled = try await eventually(within: .seconds(20)) {
                let status = try await stage.status()
                return status?.store.frames == traffic.frames && status?.ingest.evaluatorLag == 0
                    && status?.orders.isEmpty == false
            }
            #expect(isSettled, "\(stage.log)")
            let orders = try await stage.ask("work-orders", as: WorkOrdersDocument.self).workOrders
            await daemon.stop()

            try lie(offset, in: folder)
            daemon = try await stage.startDaemon(configuration: file, environment: environment(folder))
            try await traffic.flow {
                let unknown = try await clock(stage) { $0.standing == .unknown && $0.fleetMachines == 5 }
                #expect(unknown.problems.contains { $0.contains("orders and alerts wait until the time is known") })
                let count = traffic.frames
                let isTaken = try await eventually(within: .seconds(20)) {
                    try await stage.status()?.store.frames ?? 0 > count
                }
                #expect(isTaken)
                // Somebody sets the clock.
                try lie("+0", in: folder)
                let known = try await clock(stage) { $0.standing == .agreed }
                #expect(abs((known.now - Timestamp.systemNow()).inSeconds) < 5)
            }
            try await expectEverything(of: traffic, stage)
            let after = try await stage.ask("work-orders", as: WorkOrdersDocument.self).workOrders
            #expect(after.map(\.id) == orders.map(\.id))
            #expect(after.map(\.offers.count) == orders.map(\.offers.count), "nothing was passed on")
            await traffic.close()
            await daemon.stop()
        } catch {
            await stage.broker.stop()
            throw error
        }
        await stage.broker.stop()
    }

    private func expectEverything(of traffic: Traffic, _ stage: Stage) async throws {
        let isComplete = try await eventually(within: .seconds(30)) {
            let status = try await stage.status()
            return status?.store.frames == traffic.frames && status?.store.quarantined == 0
        }
        let status = try #require(try await stage.status())
        #expect(isComplete, "\(traffic.frames) sent, \(status.store)\n\(stage.log)")
        #expect(status.store.gaps == 0)
        #expect(status.state == .running, "\(status.problems)")
    }
}
