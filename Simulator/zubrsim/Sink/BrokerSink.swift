import FleetMQTT
import FleetModel
import FleetRuntime

/// Publishes to a broker at QoS 1.
final class BrokerSink: MessageSink {
    private let publisher: MosquittoPublisher

    init(
        url: String, clientID: String, subscriptions: [String] = [],
        onMessage: @escaping @Sendable (InboundMessage) -> Void = { _ in }
    ) throws {
        publisher = MosquittoPublisher(
            try BrokerSettings(url: url, clientID: clientID), subscriptions: subscriptions, onMessage: onMessage)
    }

    func send(topic: String, body: [UInt8], at _: Timestamp) async throws {
        try await publisher.publish(OutgoingMessage(topic: topic, body: body))
    }

    func settle() async throws { try await publisher.drain() }

    func close() async throws {
        try await publisher.drain()
        await publisher.close()
    }
}
