import FleetMQTT
import FleetModel
import FleetRuntime
import Rehearsal

/// Publishes to a broker at QoS 1.
final class BrokerSink: MessageSink {
    private let publisher: MosquittoPublisher
    private let url: String

    init(
        url: String, clientID: String, subscriptions: [String] = [],
        onMessage: @escaping @Sendable (InboundMessage) -> Void = { _ in }
    ) throws {
        self.url = url
        publisher = MosquittoPublisher(
            try BrokerSettings(url: url, clientID: clientID), subscriptions: subscriptions, onMessage: onMessage)
    }

    /// How long the broker may take to let us in at the start; later it may be away for as long as it likes.
    private static let patience = Duration.seconds(10)

    /// Returns when the broker has let us in.
    func open() async throws {
        let deadline = ContinuousClock.now + Self.patience
        while !publisher.gauges.snapshot.isConnected {
            guard ContinuousClock.now < deadline, !Interruption.isAsked else {
                let cause = publisher.gauges.snapshot.lastFailure ?? "it does not answer"
                await publisher.close()
                throw CommandFailure("no connection to \(url): \(cause); is a broker running there?")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func send(_ message: SentMessage) async throws {
        try await publisher.publish(
            OutgoingMessage(topic: message.topic, body: message.body, isRetained: message.isRetained))
    }

    func close() async throws {
        try await publisher.drain()
        await publisher.close()
    }
}
