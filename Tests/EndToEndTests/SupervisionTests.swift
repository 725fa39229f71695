import FleetRuntime
import Foundation
import Rehearsal
import Support
import Testing

@Suite("under a service manager")
struct SupervisionTests {
    @Test("the daemon says READY when it answers, then that it lives, and at SIGTERM that it stops")
    func notices() async throws {
        let folder = TemporaryFolder()
        let listener = NoticeListener("\(folder.path)/notify")
        // No broker: starting does not wait for one, and its absence is no reason to be restarted.
        let daemon = try await ChildProcess.start(
            try sibling(program: "zubrd"),
            arguments: [
                "--config", "\(try configurationFolder())/zubrd.yaml", "--broker",
                "mqtt://127.0.0.1:\(try freeLoopbackPort())", "--database", "\(folder.path)/zubr.db", "--socket",
                "\(folder.path)/z.sock",
            ],
            environment: ["NOTIFY_SOCKET": listener.address, "WATCHDOG_USEC": "200000"],
            output: "\(folder.path)/zubrd.log")
        let isReady = await listener.hears("READY=1")
        #expect(isReady)
        let status = try await Stage.run("zubr", ["status", "--socket", "\(folder.path)/z.sock"])
        #expect(status.status == 0, "ready, and yet: \(status.output)")
        for _ in 0..<3 {
            let isAlive = await listener.hears("WATCHDOG=1")
            #expect(isAlive)
        }
        daemon.kill(SIGTERM)
        let isStopping = await listener.hears("STOPPING=1")
        #expect(isStopping)
        #expect(await daemon.wait() == .exited(0))
        #expect(listener.next() == nil, "STOPPING is the last word")
    }

    @Test("a daemon that cannot start is never ready")
    func refused() async throws {
        let folder = TemporaryFolder()
        let listener = NoticeListener("\(folder.path)/notify")
        let daemon = try await ChildProcess.start(
            try sibling(program: "zubrd"),
            arguments: [
                "--config", "/nowhere/zubrd.yaml", "--database", "\(folder.path)/zubr.db",
            ], environment: ["NOTIFY_SOCKET": listener.address], output: "\(folder.path)/zubrd.log")
        #expect(await daemon.wait() == .exited(1))
        #expect(listener.next() == nil)
    }
}
