import FleetMQTT
import FleetModel
import FleetRuntime
import Rehearsal
import Support
import Synchronization
import Testing

@Suite("The publisher knows what the broker has", .serialized)
struct PublisherTests {
    @Test("every message is acknowledged, in order", arguments: BrokerSettings.ProtocolVersion.allCases, [1, 7, 200])
    func acknowledgements(version: BrokerSettings.ProtocolVersion, window: Int) async throws {
        let rig = try await Rig(version)
        let acknowledged = Box<Int>()
        let publisher = rig.publisher(window: window, onAcknowledged: { acknowledged.add($0) })
        for number in 0..<500 { #expect(try await publisher.publish(Rig.message(number)) == number) }
        try await publisher.drain()
        #expect(acknowledged.all == Array(0..<500))
        #expect(publisher.counts.acknowledged == 500)
        #expect(publisher.counts.refused == 0)
        #expect(publisher.counts.repeated == 0)
        await publisher.close()
        await rig.stop()
    }

    @Test("no more than a window is under way, and a window waits")
    func window() async throws {
        let rig = try await Rig()
        let publisher = rig.publisher(window: 5)
        try await publisher.publish(Rig.message(0))
        try await publisher.drain()
        await rig.broker.pause()
        let taken = Atomic(0)
        let filling = Task {
            for number in 1...100 {
                try await publisher.publish(Rig.message(number))
                taken.add(1, ordering: .relaxed)
            }
        }
        #expect(await eventually { taken.load(ordering: .relaxed) >= 10 })
        // Five with the broker, five before it; the frozen broker makes room for no more.
        for _ in 0..<50 { await Task.yield() }
        #expect(taken.load(ordering: .relaxed) == 10)
        await rig.broker.resume()
        try await filling.value
        try await publisher.drain()
        #expect(publisher.counts.acknowledged == 101)
        await publisher.close()
        await rig.stop()
    }

    @Test("what a broken connection leaves unanswered is sent again in its order")
    func repetition() async throws {
        let rig = try await Rig()
        let inbox = try await rig.subscribedInbox()
        // It saves the subscription as it ends, so that it knows it after being killed.
        try await rig.broker.restart()
        let acknowledged = Box<Int>()
        let publisher = rig.publisher(window: 50, onAcknowledged: { acknowledged.add($0) })
        try await publisher.publish(Rig.message(0))
        try await publisher.drain()
        await rig.broker.pause()
        for number in 1..<100 { try await publisher.publish(Rig.message(number)) }
        await rig.broker.kill()
        try await rig.broker.restart()
        try await publisher.drain()
        #expect(acknowledged.all == Array(0..<100))
        #expect(publisher.counts.repeated > 0)
        #expect(publisher.gauges.snapshot.connects == 2)
        let arrived = try await inbox.gather(99).compactMap(\.number)
        #expect(Set(arrived).isSuperset(of: 1..<100))
        #expect(arrived.filter { $0 > 0 } == Array(1..<100))
        await publisher.close()
        await inbox.shutdown()
        await rig.stop()
    }

    @Test(
        "the last will is spoken when it vanishes, not when it says goodbye",
        arguments: BrokerSettings.ProtocolVersion.allCases, [true, false])
    func lastWill(version: BrokerSettings.ProtocolVersion, vanishes: Bool) async throws {
        let rig = try await Rig(version)
        let inbox = try await rig.subscribedInbox()
        let topic = "zubr/v1/north/truck_1/status"
        let machine = rig.publisher(will: OutgoingMessage(topic: topic, body: [0x30]))
        try await machine.publish(OutgoingMessage(topic: topic, body: [0x31]))
        try await machine.drain()
        #expect(try await inbox.gather(1).map(\.number) == [1])
        try await inbox.acknowledge()
        if vanishes { await machine.vanish() } else { await machine.close() }
        if vanishes {
            #expect(try await inbox.gather(1).map(\.number) == [0])
        } else {
            #expect(try await inbox.isQuiet())
        }
        await #expect(throws: InboxFailure.closed) { try await machine.publish(Rig.message(2)) }
        await inbox.shutdown()
        await rig.stop()
    }

    @Test("a topic that MQTT forbids is refused and holds nothing up")
    func forbiddenTopic() async throws {
        let rig = try await Rig()
        let publisher = rig.publisher()
        try await publisher.publish(OutgoingMessage(topic: "zubr/v1/+/truck/telemetry", body: []))
        try await publisher.publish(Rig.message(1))
        try await publisher.drain()
        #expect(publisher.counts.refused == 1)
        #expect(publisher.counts.acknowledged == 1)
        await publisher.close()
        await rig.stop()
    }
}
