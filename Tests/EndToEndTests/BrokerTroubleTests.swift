import FleetMQTT
import FleetModel
import FleetRuntime
import Foundation
import Rehearsal
import Support
import Testing

@Suite("a broker in trouble", .serialized)
struct BrokerTroubleTests {
    private func publish(_ numbers: Range<Int>, to url: String) async throws {
        let publisher = MosquittoPublisher(try BrokerSettings(url: url, clientID: "test-truck"))
        for number in numbers {
            let body = #"{"boot":1,"seq":\#(number),"at":"\#(Timestamp.systemNow().iso8601)","signals":{"rpm":1}}"#
            try await publisher.publish(
                OutgoingMessage(topic: "zubr/v1/north/truck-1/telemetry", body: Array(body.utf8)))
        }
        try await publisher.drain()
        await publisher.close()
    }

    @Test(
        "a broker that is killed loses at most what it had not saved, and what it lost is shown as missing to the frame",
        .timeLimit(.minutes(2)))
    func killed() async throws {
        try await Stage.open { stage, daemon in
            // The session at least must be saved, or there is no queue to lose from.
            let saved = "\(stage.broker.folder)/mosquitto.db"
            let isSaved = await eventually(within: .seconds(20)) {
                FileManager.default.contents(atPath: saved)?.firstRange(of: Data("zubrd".utf8)) != nil
            }
            #expect(isSaved)
            try await publish(0..<1, to: stage.broker.url)
            #expect(try await eventually { try await stage.status()?.store.frames == 1 })
            await daemon.stop()
            try await publish(1..<2_000, to: stage.broker.url)
            await stage.broker.kill()
            try await stage.broker.restart()

            let next = try await stage.startDaemon(configuration: "zubrd.yaml")
            // A gap has an end once something comes after it.
            try await publish(2_000..<2_001, to: stage.broker.url)
            let isAccountedFor = try await eventually(within: .seconds(30)) {
                guard let store = try await stage.status()?.store else { return false }
                return store.frames + store.missingFrames == 2_001
            }
            let store = try await stage.status()?.store
            print("a killed broker lost \(store?.missingFrames ?? -1) of 2000 frames")
            #expect(isAccountedFor, "\(String(describing: store))")
            #expect(await next.stop() == .exited(0))
        }
    }

    @Test("a broker that hangs is noticed, and a stop does not wait for it", .timeLimit(.minutes(2)))
    func hung() async throws {
        let work = TemporaryFolder()
        let configuration = try exampleConfiguration(in: work)
        let settings = try String(contentsOfFile: configuration, encoding: .utf8)
        try settings.replacing("keep_alive: 60s", with: "keep_alive: 5s")
            .write(toFile: configuration, atomically: true, encoding: .utf8)
        try await Stage.open(configuration: configuration) { stage, daemon in
            await stage.broker.pause()
            // One keep-alive until we ask, one for the answer.
            let isNoticed = try await eventually(within: .seconds(30)) {
                let status = try await stage.status()
                return status?.state == .degraded && status?.broker.isConnected == false
            }
            #expect(isNoticed, "\(stage.log)")
            let start = ContinuousClock.now
            let end = await daemon.stop()
            #expect(end == .exited(0))
            // One call at the broker's door, which is given five seconds, may be under way.
            #expect(ContinuousClock.now - start < .seconds(9))
            await stage.broker.resume()
        }
    }

    @Test(
        "a name server that does not answer is named, and a stop does not wait for it",
        .enabled(if: canMount, "needs root and mount namespaces"), .timeLimit(.minutes(2)))
    func nameServer() async throws {
        // It takes every question and answers none.
        let deaf = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(deaf) }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = in_port_t(53).bigEndian
        place.sin_addr.s_addr = inet_addr("127.53.\(Int.random(in: 1...250)).1")
        let isBound = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(deaf, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        try #require(isBound)
        let folder = TemporaryFolder()
        let address = String(cString: inet_ntoa(place.sin_addr))
        try "nameserver \(address)\noptions timeout:30 attempts:3\n".write(
            toFile: "\(folder.path)/resolv.conf", atomically: true, encoding: .utf8)
        let door = "\(folder.path)/z.sock"
        let daemon = try await ChildProcess.start(
            "/usr/bin/unshare",
            arguments: [
                "--mount", "sh", "-c", "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"",
                "\(folder.path)/resolv.conf", try sibling(program: "zubrd"), "--config",
                "\(try configurationFolder())/zubrd.yaml", "--broker", "mqtt://broker.pit.test:1883", "--database",
                "\(folder.path)/zubr.db", "--socket", door,
            ], output: "\(folder.path)/zubrd.log")
        let isNamed = try await eventually(within: .seconds(30)) {
            let answer = try await Stage.run("zubr", ["status", "--socket", door, "--output", "json"])
            return answer.output.contains("broker.pit.test has no address: no answer within")
        }
        let log = try? String(contentsOfFile: "\(folder.path)/zubrd.log", encoding: .utf8)
        #expect(isNamed, "\(log ?? "")")
        let start = ContinuousClock.now
        let end = await daemon.stop()
        #expect(end == .exited(0))
        // One call at the broker's door, which is given five seconds, may be under way.
        #expect(ContinuousClock.now - start < .seconds(9))
    }
}
