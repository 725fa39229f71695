import FleetMQTT
import FleetModel
import FleetRuntime
import Foundation
import Rehearsal
import Support
import Testing

/// Whether this system lets us have a small file system of our own, in a mount namespace that ends with the daemon.
let canMount: Bool = {
    let probe = Process()
    probe.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    probe.arguments = ["--mount", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"]
    probe.standardError = nil
    guard geteuid() == 0, (try? probe.run()) != nil else { return false }
    probe.waitUntilExit()
    return probe.terminationStatus == 0
}()

@Suite("a full disk")
struct DiskFullTests {
    @Test(
        "nothing is acknowledged, reads go on, degraded is shown, and it goes on by itself when there is room again",
        .enabled(if: canMount, "needs root and mount namespaces"), .timeLimit(.minutes(3)))
    func full() async throws {
        let folder = TemporaryFolder()
        let broker = try await PrivateBroker.start(folder: "\(folder.path)/broker")
        let disk = "\(folder.path)/disk"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        let stage = Stage(folder: folder, broker: broker, database: "\(disk)/zubr.db")
        // The small file system is the daemon's alone; we reach it through /proc.
        let daemon = try await ChildProcess.start(
            "/usr/bin/unshare",
            arguments: [
                "--mount", "sh", "-c", "mount -t tmpfs -o size=200m tmpfs \(disk) && exec \"$0\" \"$@\"",
                try sibling(program: "zubrd"), "--config", "\(try configurationFolder())/zubrd.yaml", "--broker",
                broker.url, "--database", stage.database, "--socket", stage.socket,
            ], output: "\(stage.folder.path)/zubrd.log")
        do {
            let isUp = try await eventually(within: .seconds(30)) {
                try await stage.status()?.broker.isConnected == true
            }
            #expect(isUp, "\(stage.log)")
            let publisher = MosquittoPublisher(try BrokerSettings(url: broker.url, clientID: "test-trucks"))
            try await publish(0..<200, by: publisher)
            let hasFirst = try await eventually(within: .seconds(30)) { try await stage.status()?.store.frames == 200 }
            #expect(hasFirst)

            let filler = "/proc/\(daemon.id)/root\(disk)/filler"
            fill(filler)
            try await publish(200..<3_000, by: publisher)
            let isDegraded = try await eventually(within: .seconds(30)) {
                let status = try await stage.status()
                return status?.state == .degraded
                    && status?.problems.contains { $0.contains("nothing is being stored") } == true
            }
            #expect(isDegraded, "\(stage.log)")
            // It says since when, and keeps off the reserve that house-keeping needs.
            let held = try #require(try await stage.status())
            #expect(held.store.fullAt != nil)
            #expect(held.store.frames < 3_000)
            #expect(held.store.freeBytes > 32 << 20)
            // Reads go on.
            let machines = try await stage.ask("machines", as: MachinesDocument.self)
            #expect(machines.machines.contains { $0.equipment.description == "north/truck-1" })

            try FileManager.default.removeItem(atPath: filler)
            let isComplete = try await eventually(within: .seconds(60)) {
                let status = try await stage.status()
                return status?.store.frames == 3_000 && status?.state == .running
            }
            #expect(isComplete, "\(stage.log)")
            await publisher.close()
        } catch {
            await daemon.stop()
            await broker.stop()
            throw error
        }
        await daemon.stop()
        await broker.stop()
    }

    @Test(
        "a disk that is full at the very first start is named, and leaves nothing behind that keeps the next from working",
        .enabled(if: canMount, "needs root and mount namespaces"), .timeLimit(.minutes(3)))
    func fullFromTheFirst() async throws {
        let folder = TemporaryFolder()
        let broker = try await PrivateBroker.start(folder: "\(folder.path)/broker")
        let place = "\(folder.path)/disk"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let disk = try await SmallDisk.mount(at: place, bytes: 32 << 20)
        let stage = Stage(folder: folder, broker: broker, database: "\(place)/zubr.db")
        func startDaemon() async throws -> ChildProcess {
            let (program, arguments) = try disk.inside(
                try sibling(program: "zubrd"),
                [
                    "--config", "\(try configurationFolder())/zubrd.yaml", "--broker", broker.url, "--database",
                    stage.database, "--socket", stage.socket,
                ])
            return try await ChildProcess.start(
                program, arguments: arguments, output: "\(stage.folder.path)/zubrd.log")
        }
        // With no room at all, and with some of what it needs.
        for free: Int64 in [0, 8_192, 65_536] {
            disk.fill(leaving: free)
            let daemon = try await startDaemon()
            let end = await daemon.wait(timeout: .seconds(30))
            #expect(end == .exited(1))
            #expect(stage.log.contains("no space is left"), "\(free): \(stage.log)")
            #expect(stage.log.contains("then start again"), "\(free): \(stage.log)")
            await daemon.stop()
            disk.makeRoom()
        }
        let daemon = try await startDaemon()
        let isUp = try await eventually(within: .seconds(30)) {
            try await stage.status()?.broker.isConnected == true
        }
        #expect(isUp, "\(stage.log)")
        await daemon.stop()
        await disk.unmount()
        await broker.stop()
    }

    private func publish(_ numbers: Range<Int>, by publisher: MosquittoPublisher) async throws {
        for number in numbers {
            // Values that do not compress, so that the disk feels them.
            let signals = (0..<60).map { #""s\#($0)":\#(Double(number * 60 + $0).squareRoot())"# }.joined(
                separator: ",")
            let body =
                #"{"boot":1,"seq":\#(number),"at":"\#(Timestamp.systemNow().iso8601)","signals":{\#(signals)}}"#
            try await publisher.publish(
                OutgoingMessage(topic: "zubr/v1/north/truck-1/telemetry", body: Array(body.utf8)))
        }
        try await publisher.drain()
    }

    /// Writes until nothing more goes in.
    private func fill(_ path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(descriptor) }
        for size in [1 << 20, 4_096] {
            let zeros = [UInt8](repeating: 0, count: size)
            while write(descriptor, zeros, size) == size {}
        }
    }
}
