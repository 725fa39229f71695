import FleetMQTT
import FleetModel
import FleetRuntime
import Rehearsal
import Support

/// A private broker and what the tests of this folder do with it.
struct Rig {
    let folder = TemporaryFolder()
    let broker: PrivateBroker
    var settings: BrokerSettings

    static let arrival = Timestamp(seconds: 1_800_000_000)
    /// Short pauses, so that no test waits for a back-off.
    static let backoff = Backoff(first: .milliseconds(10), longest: .milliseconds(50))

    init(_ version: BrokerSettings.ProtocolVersion = .v5, access: BrokerAccess = .anonymous) async throws {
        broker = try await PrivateBroker.start(folder: folder.path, access: access)
        settings = BrokerSettings(host: "127.0.0.1", port: broker.port, version: version)
    }

    func inbox(limits: IngestLimits = IngestLimits(), as user: BrokerSettings.Credentials? = nil) -> MosquittoInbox {
        var settings = settings
        if let user { settings.inbox = user }
        return MosquittoInbox(settings, limits: limits, backoff: Rig.backoff, now: { Rig.arrival })
    }

    /// An inbox that has subscribed, so that the broker keeps what comes from now on.
    func subscribedInbox(limits: IngestLimits = IngestLimits()) async throws -> MosquittoInbox {
        let inbox = inbox(limits: limits)
        try await prime(inbox)
        return inbox
    }

    /// Turns the inbox until a message published to it has come and is acknowledged: only then has it subscribed.
    func prime(_ inbox: MosquittoInbox) async throws {
        let publisher = publisher()
        var isPrimed = false
        while !isPrimed {
            try await publisher.publish(OutgoingMessage(topic: "zubr/v1/prime/prime/status", body: []))
            isPrimed = try await !inbox.collect().isEmpty
        }
        try await publisher.drain()
        await publisher.close()
        try await inbox.acknowledge()
        // The answered subscription and the rest of the priming messages.
        while try await !inbox.collect().isEmpty { try await inbox.acknowledge() }
        try await inbox.acknowledge()
    }

    func publisher(
        as user: BrokerSettings.Credentials = BrokerSettings.Credentials(clientID: "machines"), window: Int = 200,
        will: OutgoingMessage? = nil, subscriptions: [String] = [],
        onMessage: @escaping @Sendable (InboundMessage) -> Void = { _ in },
        onAcknowledged: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> MosquittoPublisher {
        var settings = settings
        settings.inbox = user
        return MosquittoPublisher(
            settings, window: window, will: will, subscriptions: subscriptions, backoff: Rig.backoff,
            now: { Rig.arrival }, onMessage: onMessage, onAcknowledged: onAcknowledged)
    }

    static func message(_ number: Int, topic: String = "zubr/v1/north/truck_1/telemetry") -> OutgoingMessage {
        OutgoingMessage(topic: topic, body: Array("\(number)".utf8))
    }

    /// Publishes the numbers and returns when the broker has them all.
    func publish(_ numbers: Range<Int>) async throws {
        let publisher = publisher()
        for number in numbers { try await publisher.publish(Rig.message(number)) }
        try await publisher.drain()
        await publisher.close()
    }

    func stop() async { await broker.stop() }
}

extension MosquittoInbox {
    /// Collects until `count` messages are there or `limit` is over; broken connections are waited out.
    nonisolated func gather(_ count: Int, within limit: Duration = .seconds(20)) async throws -> [InboundMessage] {
        let deadline = ContinuousClock.now + limit
        var gathered: [InboundMessage] = []
        while gathered.count < count, ContinuousClock.now < deadline {
            do throws(InboxFailure) {
                gathered += try await collect()
            } catch {
                guard error.isTransient else { throw error }
                gathered = []
            }
        }
        return gathered
    }

    /// Whether nothing comes in `turns` idle turns.
    nonisolated func isQuiet(turns: Int = 2) async throws -> Bool {
        for _ in 0..<turns where try await !collect().isEmpty { return false }
        return true
    }
}

extension InboundMessage {
    var number: Int? { Int(String(decoding: body, as: UTF8.self)) }
}
