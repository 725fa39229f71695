import FleetMQTT
import FleetModel
import FleetRuntime
import Foundation
import Rehearsal
import Support
import Testing

@Suite("An inbox loses nothing to an outage", .serialized)
struct OutageTests {
    @Test("it comes back after the broker's restart", arguments: BrokerSettings.ProtocolVersion.allCases)
    func restart(version: BrokerSettings.ProtocolVersion) async throws {
        let rig = try await Rig(version)
        let inbox = try await rig.subscribedInbox()
        try await rig.publish(0..<50)
        #expect(try await inbox.gather(50).count == 50)

        try await rig.broker.restart()

        await #expect(throws: InboxFailure.self) {
            // The acknowledgement may still go into the dead socket; the next turn notices.
            try await inbox.acknowledge()
            for _ in 0..<100 { _ = try await inbox.collect() }
        }
        #expect(!inbox.gauges.snapshot.isConnected)
        #expect(inbox.gauges.snapshot.lastFailure != nil)
        try await rig.publish(50..<60)
        // None of the first fifty was acknowledged to the broker that runs now.
        let messages = try await inbox.gather(60)
        #expect(Set(messages.compactMap(\.number)) == Set(0..<60))
        try await inbox.acknowledge()
        #expect(inbox.gauges.snapshot.connects == 2)
        #expect(inbox.gauges.snapshot.isConnected)
        #expect(inbox.gauges.snapshot.address == "127.0.0.1:\(rig.broker.port)")
        await inbox.shutdown()
        await rig.stop()
    }

    @Test("the shipped broker settings keep more than its default of 1000 messages while the daemon is away")
    func queue() async throws {
        let rig = try await Rig()
        let inbox = try await rig.subscribedInbox()
        await inbox.shutdown()
        try await rig.publish(0..<3_000)
        let next = rig.inbox()
        var numbers: [Int?] = []
        while numbers.count < 3_000 {
            let batch = try await next.gather(1)
            guard !batch.isEmpty else { break }
            numbers += batch.map(\.number)
            try await next.acknowledge()
        }
        #expect(numbers == Array(0..<3_000))
        await next.shutdown()
        await rig.stop()
    }

    @Test("what the broker had saved survives its being killed")
    func killedBroker() async throws {
        let rig = try await Rig()
        let inbox = try await rig.subscribedInbox()
        await inbox.shutdown()
        try await rig.publish(0..<1_500)
        // It saves every second or two; its file grows when the messages are in it.
        let saved = "\(rig.folder.path)/mosquitto.db"
        #expect(await eventually { fileSize(saved) > 1_500 * 20 })
        await rig.broker.kill()
        try await rig.broker.restart()
        let next = rig.inbox()
        var numbers: Set<Int> = []
        while numbers.count < 1_500 {
            let batch = try await next.gather(1)
            guard !batch.isEmpty else { break }
            numbers.formUnion(batch.compactMap(\.number))
            try await next.acknowledge()
        }
        #expect(numbers.count == 1_500)
        await next.shutdown()
        await rig.stop()
    }

    @Test("it can be shut down within two seconds while the broker is out of reach", arguments: [true, false])
    func shutdownDuringOutage(isFrozen: Bool) async throws {
        let rig = try await Rig()
        // A long back-off, in whose middle the shutdown falls.
        let inbox = MosquittoInbox(
            rig.settings, backoff: Backoff(first: .seconds(60), longest: .seconds(60), chance: { 0.99 }),
            now: { Rig.arrival })
        // Frozen, the broker's kernel still answers the door, and nobody welcomes us.
        if isFrozen { await rig.broker.pause() } else { await rig.broker.stop() }
        let waiting = Task { () -> InboxFailure in
            while true {
                do throws(InboxFailure) {
                    _ = try await inbox.collect()
                } catch {
                    if !error.isTransient { return error }
                }
            }
        }
        #expect(await eventually { isFrozen || inbox.gauges.snapshot.lastFailure != nil })
        let start = ContinuousClock.now
        await inbox.shutdown()
        #expect(await waiting.value == .closed)
        #expect(start.duration(to: .now) < .seconds(2))
        await #expect(throws: InboxFailure.closed) { try await inbox.collect() }
        await #expect(throws: InboxFailure.closed) { try await inbox.acknowledge() }
        await rig.broker.resume()
        await rig.stop()
    }

    @Test("what the broker dropped while the daemon was away is told at its return, though the count moves no more")
    func droppedMeanwhile() async throws {
        let folder = TemporaryFolder()
        try "persistence true\nmax_queued_messages 10\nsys_interval 1\n".write(
            toFile: "\(folder.path)/mosquitto.conf", atomically: true, encoding: .utf8)
        let broker = try await PrivateBroker.start(folder: "\(folder.path)/broker", configuration: folder.path)
        let settings = try BrokerSettings(url: broker.url, clientID: "zubrd")
        let inbox = MosquittoInbox(settings, now: { Rig.arrival })
        #expect(
            try await eventually(within: .seconds(20)) {
                _ = try await inbox.collect()
                return inbox.gauges.snapshot.droppedMessages == 0
            })
        await inbox.shutdown()

        let told = Box<String>()
        let machine = MosquittoPublisher(
            try BrokerSettings(url: broker.url, clientID: "machine"),
            subscriptions: ["$SYS/broker/publish/messages/dropped"],
            onMessage: { told.add(String(decoding: $0.body, as: UTF8.self)) })
        for _ in 0..<100 {
            try await machine.publish(OutgoingMessage(topic: "zubr/v1/a/b/telemetry", body: [0x7B]))
        }
        try await machine.drain()
        #expect(await eventually(within: .seconds(20)) { (told.all.last.flatMap { Int64($0) } ?? 0) > 0 })

        let next = MosquittoInbox(settings, now: { Rig.arrival })
        #expect(
            try await eventually(within: .seconds(5)) {
                _ = try await next.collect()
                let dropped = next.gauges.snapshot.droppedMessages ?? 0
                return dropped > 0 && dropped == told.all.last.flatMap { Int64($0) }
            })
        #expect(next.gauges.snapshot.droppedAt == Rig.arrival)
        await next.shutdown()
        await machine.close()
        await broker.stop()
    }

    @Test("the broker's own count of dropped messages is a gauge and no telemetry")
    func droppedMessages() async throws {
        let rig = try await Rig()
        let inbox = try await rig.subscribedInbox()
        // The broker retains its figures, so they come with the subscription, once it has written them.
        var telemetry = 0
        #expect(
            try await eventually(within: .seconds(20)) {
                telemetry += try await inbox.collect().count
                return inbox.gauges.snapshot.droppedMessages == 0
            })
        #expect(telemetry == 0)
        await inbox.shutdown()
        await rig.stop()
    }
}
