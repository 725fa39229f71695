import FleetMQTT
import FleetModel
import FleetRuntime
import Rehearsal
import Support
import Testing

@Suite("A look at the broker", .serialized)
struct ProbeTests {
    private func settings(_ rig: Rig, inbox: String = "a", post: String = "b") -> BrokerSettings {
        var settings = rig.settings
        settings.inbox = AccessTests.user("zubrd", password: inbox)
        settings.post = BrokerSettings.Credentials(clientID: "zubrd-post", user: "zubrd-post", password: post)
        return settings
    }

    @Test("tells a right password from a wrong one", arguments: BrokerSettings.ProtocolVersion.allCases)
    func passwords(version: BrokerSettings.ProtocolVersion) async throws {
        let rig = try await Rig(version, access: .accounts(AccessTests.accounts))
        try BrokerProbe(settings(rig)).tryInbox()
        try BrokerProbe(settings(rig)).tryPost()
        let wrong = BrokerProbe(settings(rig, inbox: "no", post: "no"))
        let inbox = #expect(throws: InboxFailure.self) { try wrong.tryInbox() }
        #expect(inbox?.message.contains("refused user zubrd:") == true)
        let post = #expect(throws: InboxFailure.self) { try wrong.tryPost() }
        #expect(post?.message.contains("refused user zubrd-post:") == true)
        await rig.stop()
    }

    @Test(
        "takes nothing from the queue that the broker keeps for the daemon",
        arguments: BrokerSettings.ProtocolVersion.allCases)
    func queue(version: BrokerSettings.ProtocolVersion) async throws {
        let rig = try await Rig(version, access: .accounts(AccessTests.accounts))
        let user = AccessTests.user("zubrd")
        let machine = rig.publisher(as: AccessTests.user("north/truck_1"))
        let inbox = rig.inbox(as: user)
        // Subscribed when its first message has come.
        var isSubscribed = false
        while !isSubscribed {
            try await machine.publish(Rig.message(1_000))
            isSubscribed = try await !inbox.collect().isEmpty
        }
        try await machine.drain()
        try await inbox.acknowledge()
        while try await !inbox.collect().isEmpty { try await inbox.acknowledge() }
        await inbox.shutdown()
        for number in 0..<50 { try await machine.publish(Rig.message(number)) }
        try await machine.drain()
        for _ in 0..<3 { try BrokerProbe(settings(rig)).tryInbox() }
        let next = rig.inbox(as: user)
        var numbers: Set<Int> = []
        while numbers.count < 50 {
            let batch = try await next.gather(1, within: .seconds(10))
            guard !batch.isEmpty else { break }
            numbers.formUnion(batch.compactMap(\.number).filter { $0 < 1_000 })
            try await next.acknowledge()
        }
        #expect(numbers == Set(0..<50))
        await next.shutdown()
        await machine.close()
        await rig.stop()
    }

    @Test("says when nobody answers")
    func nobody() async throws {
        let rig = try await Rig()
        await rig.stop()
        let failure = #expect(throws: InboxFailure.self) { try BrokerProbe(rig.settings).callAtDoor() }
        #expect(failure?.message == "no broker at 127.0.0.1:\(rig.broker.port): Connection refused")
    }

    @Test("a rival under our id is suspected when the broker takes us back at once time and again, and not before")
    func takeover() async throws {
        let rig = try await Rig()
        let inbox = try await rig.subscribedInbox()
        let rival = rig.publisher(as: rig.settings.inbox)
        var connects: [Int] = []
        // The two throw each other out for as long as both call again.
        let isSuspected = await eventually(within: .seconds(30)) {
            _ = try? await inbox.collect()
            let seen = inbox.gauges.snapshot
            if seen.takenOverAt == nil { connects.append(seen.connects) }
            return seen.takenOverAt != nil
        }
        #expect(isSuspected)
        // The first connection, and two that were made anew, are no pattern yet.
        #expect(connects.contains(3) && connects.allSatisfy { $0 <= 3 })
        await rival.close()
        let seen = inbox.gauges.snapshot
        #expect(seen.takenOverAt == Rig.arrival)
        #expect(seen.problems(at: Rig.arrival).contains { $0.contains("as when another client connects as zubrd") })
        // It is told for a while after the connection stands again, for the next throw may be near.
        #expect(seen.takeovers(at: Rig.arrival + .minutes(14)).count == 1)
        #expect(seen.takeovers(at: Rig.arrival + .minutes(15)).isEmpty)
        await inbox.shutdown()
        await rig.stop()
    }

    @Test("the broker's own figures are gauges", .timeLimit(.minutes(1)))
    func figures() async throws {
        let rig = try await Rig()
        let inbox = try await rig.subscribedInbox()
        #expect(
            try await eventually(within: .seconds(20)) {
                _ = try await inbox.collect()
                let seen = inbox.gauges.snapshot
                return seen.software?.hasPrefix("mosquitto") == true && seen.keptMessages != nil
            })
        #expect(inbox.gauges.snapshot.heldMessages == 0)
        try await rig.publish(0..<3)
        let batch = try await inbox.gather(1)
        #expect(inbox.gauges.snapshot.heldMessages == batch.count)
        try await inbox.acknowledge()
        #expect(inbox.gauges.snapshot.heldMessages == 0)
        await inbox.shutdown()
        await rig.stop()
    }
}
