import FleetMQTT
import FleetModel
import FleetRuntime
import Rehearsal
import Support
import Testing

@Suite("The shipped broker settings let nobody speak for another", .serialized)
struct AccessTests {
    static let accounts = [
        "zubrd": "a", "zubrd-post": "b", "north/truck_1": "c", "north": "d", "centers/belovo": "e",
    ]

    static func user(_ name: String, password: String? = nil) -> BrokerSettings.Credentials {
        // Every client claims the daemon's id, to show that it does not help.
        BrokerSettings.Credentials(clientID: "zubrd", user: name, password: password ?? accounts[name])
    }

    @Test(
        "a wrong password is refused for good",
        arguments: BrokerSettings.ProtocolVersion.allCases,
        [
            BrokerSettings.Credentials(clientID: "zubrd", user: "zubrd", password: "wrong"),
            BrokerSettings.Credentials(clientID: "zubrd"),
        ])
    func wrongPassword(
        version: BrokerSettings.ProtocolVersion, credentials: BrokerSettings.Credentials
    ) async throws {
        let rig = try await Rig(version, access: .accounts(Self.accounts))
        let inbox = rig.inbox(as: credentials)
        let failure = await #expect(throws: InboxFailure.self) { while true { _ = try await inbox.collect() } }
        guard case .refused(let text) = failure else {
            Issue.record("not refused: \(String(describing: failure))")
            return
        }
        #expect(text.contains("check the user, the password"))
        #expect(inbox.gauges.snapshot.lastFailure == text)
        await inbox.shutdown()

        let publisher = rig.publisher(as: credentials)
        await #expect(throws: InboxFailure.self) {
            try await publisher.publish(Rig.message(1))
            try await publisher.drain()
        }
        await publisher.close()
        await rig.stop()
    }

    @Test(
        "a user reaches the daemon only under its own name",
        arguments: [
            (user: "north/truck_1", topic: "zubr/v1/north/truck_1/telemetry", isAllowed: true),
            (user: "north/truck_1", topic: "zubr/v1/north/truck_1/status", isAllowed: true),
            (user: "north/truck_1", topic: "zubr/v1/north/truck_2/telemetry", isAllowed: false),
            (user: "north/truck_1", topic: "zubr/v1/centers/belovo/replies", isAllowed: false),
            (user: "north", topic: "zubr/v1/north/truck_1/telemetry", isAllowed: false),
            (user: "centers/belovo", topic: "zubr/v1/centers/belovo/replies", isAllowed: true),
            (user: "centers/belovo", topic: "zubr/v1/centers/minsk/replies", isAllowed: false),
            (user: "zubrd-post", topic: "zubr/v1/north/truck_1/telemetry", isAllowed: false),
        ])
    func accessList(user: String, topic: String, isAllowed: Bool) async throws {
        let rig = try await Rig(access: .accounts(Self.accounts))
        let inbox = rig.inbox(as: Self.user("zubrd"))
        let publisher = rig.publisher(as: Self.user(user))
        // Whatever comes through proves that the inbox has subscribed; only the machine may write it.
        let machine = rig.publisher(as: Self.user("north/truck_1"))
        if user != "north/truck_1" { try await primeAsMachine(inbox, machine) }
        if user == "north/truck_1" { try await primeAsMachine(inbox, publisher) }

        try await publisher.publish(OutgoingMessage(topic: topic, body: [0x31]))
        try await publisher.drain()
        if isAllowed {
            let messages = try await inbox.gather(1)
            #expect(messages.map(\.topic) == [topic])
        } else {
            #expect(publisher.counts.refused == 1)
            // Told no, and not thrown out: a client that is thrown out sends the same message again, and so for ever.
            #expect(publisher.gauges.snapshot.connects == 1)
            #expect(try await inbox.isQuiet())
        }
        await publisher.close()
        await machine.close()
        await inbox.shutdown()
        await rig.stop()
    }

    @Test("a message too large even for the broker is answered with no, and the connection stands")
    func oversize() async throws {
        let rig = try await Rig(access: .accounts(Self.accounts))
        let machine = rig.publisher(as: Self.user("north/truck_1"))
        let topic = "zubr/v1/north/truck_1/telemetry"
        try await machine.publish(OutgoingMessage(topic: topic, body: [UInt8](repeating: 0x41, count: 262_145)))
        try await machine.publish(OutgoingMessage(topic: topic, body: [UInt8](repeating: 0x41, count: 262_144)))
        try await machine.drain()
        #expect(machine.counts.refused == 1)
        #expect(machine.counts.acknowledged == 1)
        #expect(machine.gauges.snapshot.connects == 1)
        await machine.close()
        await rig.stop()
    }

    @Test("a client that claims the daemon's id with a clean session does not delete its queue")
    func claimedID() async throws {
        let rig = try await Rig(access: .accounts(Self.accounts))
        let machine = rig.publisher(as: Self.user("north/truck_1"))
        let inbox = rig.inbox(as: Self.user("zubrd"))
        try await primeAsMachine(inbox, machine)
        await inbox.shutdown()
        for number in 0..<20 { try await machine.publish(Rig.message(number)) }
        try await machine.drain()

        let intruder = rig.publisher(as: Self.user("centers/belovo"))
        try await intruder.publish(OutgoingMessage(topic: "zubr/v1/centers/belovo/replies", body: [0x39, 0x39]))
        try await intruder.drain()
        await intruder.close()

        let next = rig.inbox(as: Self.user("zubrd"))
        #expect(try await next.gather(21).map(\.number) == Array(0..<20) + [99])
        await next.shutdown()
        await machine.close()
        await rig.stop()
    }

    @Test("a center reads the work orders that the post has sent to it, and no others")
    func workOrders() async throws {
        let rig = try await Rig(access: .accounts(Self.accounts))
        let arrived = Box<String>()
        let center = rig.publisher(
            as: Self.user("centers/belovo"), subscriptions: ["zubr/v1/centers/+/work-orders"],
            onMessage: { arrived.add($0.topic) })
        var settings = rig.settings
        settings.post = Self.user("zubrd-post")
        let post = MosquittoPost(settings, backoff: Rig.backoff)
        let (belovo, minsk) = (ServiceCenterID("belovo")!, ServiceCenterID("minsk")!)
        // Until the subscription stands, the broker has nobody to give it to.
        #expect(
            await eventually {
                try? await post.publish([0x31], to: .workOrders(minsk))
                try? await post.publish([0x31], to: .workOrders(belovo))
                return !arrived.all.isEmpty
            })
        #expect(Set(arrived.all) == ["zubr/v1/centers/belovo/work-orders"])
        let forbidden = Topic.machine(MachineKey("north/truck_1")!, .telemetry)
        let failure = await #expect(throws: InboxFailure.self) { try await post.publish([0x31], to: forbidden) }
        #expect(failure?.isTransient == false, "\(String(describing: failure))")
        await post.shutdown()
        await center.close()
        await rig.stop()
    }

    private func primeAsMachine(_ inbox: MosquittoInbox, _ machine: MosquittoPublisher) async throws {
        var isPrimed = false
        while !isPrimed {
            try await machine.publish(OutgoingMessage(topic: "zubr/v1/north/truck_1/status", body: []))
            isPrimed = try await !inbox.collect().isEmpty
        }
        try await machine.drain()
        try await inbox.acknowledge()
        while try await !inbox.collect().isEmpty { try await inbox.acknowledge() }
    }
}
