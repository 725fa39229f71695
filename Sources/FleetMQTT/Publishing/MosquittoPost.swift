import FleetModel
import FleetRuntime

/// The second connection to the broker, on which work orders leave.
///
/// Apart from the inbox, because there nothing may be written while a batch is uncommitted, and because the broker
/// takes the user name for the client id: two connections need two users.
package final class MosquittoPost: CenterPost {
    /// Connected or not, and how often; readable from anywhere.
    package var gauges: BrokerGauges { thread.gauges }
    private let thread: PublishingThread

    package init(
        _ settings: BrokerSettings, backoff: Backoff = Backoff(), now: @escaping @Sendable () -> Timestamp = { .epoch }
    ) {
        thread = PublishingThread(
            name: "mqtt-post",
            // No session is kept: what the broker did not answer, the outbox sends again.
            greeting: Greeting(settings, as: settings.post, sessionExpiry: nil, inFlightLimit: 200),
            loss: .isReported, backoff: backoff, observers: PublishingLoop.Observers(), now: now)
    }

    /// Returns when the broker has the message (PUBACK); throws at once while the broker is out of reach.
    package func publish(_ body: [UInt8], to topic: Topic) async throws(InboxFailure) {
        try await thread.mailbox.deliver(OutgoingMessage(topic: topic.description, body: body))
    }

    /// Says goodbye to the broker and ends the thread; what is unanswered fails with `closed`.
    package func shutdown() async { await thread.close(silently: false) }
}
