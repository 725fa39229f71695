import FleetMQTT
import FleetModel
import FleetRuntime
import Support
import Testing

@Suite("An inbox acknowledges only what its caller has committed", .serialized)
struct AcknowledgementTests {
    @Test("what was abandoned comes again, whole and in order", arguments: BrokerSettings.ProtocolVersion.allCases)
    func abandoned(version: BrokerSettings.ProtocolVersion) async throws {
        let rig = try await Rig(version)
        let inbox = try await rig.subscribedInbox()
        try await rig.publish(0..<150)

        let first = try await inbox.gather(150)
        #expect(first.map(\.number) == Array(0..<150))
        #expect(first.allSatisfy { !$0.isRedelivered && $0.receivedAt == Rig.arrival })
        await inbox.abandon()

        let second = try await inbox.gather(150)
        #expect(second.map(\.number) == Array(0..<150))
        #expect(second.allSatisfy { $0.isRedelivered })
        try await inbox.acknowledge()
        #expect(try await inbox.isQuiet())
        await inbox.shutdown()
        await rig.stop()
    }

    @Test(
        "a daemon that vanishes before it acknowledges gets everything again, after it nothing",
        arguments: BrokerSettings.ProtocolVersion.allCases, [true, false])
    func vanished(version: BrokerSettings.ProtocolVersion, hasAcknowledged: Bool) async throws {
        let rig = try await Rig(version)
        let inbox = try await rig.subscribedInbox()
        try await rig.publish(0..<100)
        #expect(try await inbox.gather(100).count == 100)
        if hasAcknowledged {
            try await inbox.acknowledge()
            // The broker lets 200 be under way, so all of these come only when it has read those acknowledgements.
            try await rig.publish(100..<300)
            #expect(try await inbox.gather(200).map(\.number) == Array(100..<300))
        }
        await inbox.shutdown()

        let next = rig.inbox()
        let expected = Array(hasAcknowledged ? 100..<300 : 0..<100)
        #expect(try await next.gather(expected.count).map(\.number) == expected)
        try await next.acknowledge()
        #expect(try await next.isQuiet())
        await next.shutdown()
        await rig.stop()
    }

    @Test("several batches may be collected before one acknowledgement")
    func severalBatches() async throws {
        let rig = try await Rig()
        let inbox = try await rig.subscribedInbox(limits: IngestLimits(batchMessages: 10))
        try await rig.publish(0..<35)
        var batches: [Int] = []
        while batches.reduce(0, +) < 10 { batches.append(try await inbox.collect().count) }
        // The broker sends no more than the batch limit ahead of acknowledgements, as we told it.
        #expect(batches.allSatisfy { $0 <= 10 })
        await inbox.abandon()
        var numbers: [Int?] = []
        while numbers.count < 35 {
            let batch = try await inbox.collect()
            #expect(batch.count <= 10)
            numbers += batch.map(\.number)
            try await inbox.acknowledge()
        }
        #expect(numbers == Array(0..<35))
        await inbox.shutdown()
        await rig.stop()
    }

    @Test("a batch ends with the message that reaches the limit of bytes")
    func byteLimit() async throws {
        let rig = try await Rig()
        let inbox = try await rig.subscribedInbox(limits: IngestLimits(batchBytes: 10_000))
        let publisher = rig.publisher()
        for _ in 0..<20 {
            try await publisher.publish(
                OutgoingMessage(topic: "zubr/v1/a/b/telemetry", body: [UInt8](repeating: 0x20, count: 4_000)))
        }
        try await publisher.drain()
        var count = 0
        while count < 20 {
            let batch = try await inbox.collect()
            #expect(batch.count <= 3)
            count += batch.count
            try await inbox.acknowledge()
        }
        await publisher.close()
        await inbox.shutdown()
        await rig.stop()
    }

    @Test("a message larger than the codec takes is still delivered whole, and a retained one says so")
    func largeAndRetained() async throws {
        let rig = try await Rig()
        let publisher = rig.publisher()
        try await publisher.publish(
            OutgoingMessage(
                topic: "zubr/v1/a/b/status", body: [UInt8](repeating: 0x41, count: 200_000), isRetained: true))
        try await publisher.drain()
        let inbox = rig.inbox()
        let messages = try await inbox.gather(1)
        #expect(messages.map(\.body.count) == [200_000])
        #expect(messages.map(\.isRetained) == [true])
        try await inbox.acknowledge()
        await publisher.close()
        await inbox.shutdown()
        await rig.stop()
    }
}
