import FleetModel
import FleetRuntime

/// Publishes many messages fast and knows which of them the broker has; for simulators and replays.
///
/// A bounded window is under way at once: with thousands in flight, broker and library become slow. What a broken
/// connection leaves unanswered is sent again, in its order, so a message may arrive twice and none is lost.
package final class MosquittoPublisher: Sendable {
    /// Connected or not, and how often; readable from anywhere.
    package var gauges: BrokerGauges { thread.gauges }
    package var counts: PublishingCounts { thread.counts }
    private let thread: PublishingThread

    /// Connects as the settings' `inbox` user.
    ///
    /// - Parameters:
    ///   - will: what the broker says for us when we vanish without a goodbye.
    ///   - subscriptions: topic filters whose messages go to `onMessage`.
    ///   - onAcknowledged: called on the connection's thread for each message the broker has, with the number that
    ///     `publish` returned, in the order of the broker's answers.
    package init(
        _ settings: BrokerSettings, window: Int = 200, will: OutgoingMessage? = nil, subscriptions: [String] = [],
        backoff: Backoff = Backoff(first: .milliseconds(100), longest: .seconds(2)),
        now: @escaping @Sendable () -> Timestamp = { .epoch },
        onMessage: @escaping @Sendable (InboundMessage) -> Void = { _ in },
        onAcknowledged: @escaping @Sendable (_ number: Int) -> Void = { _ in }
    ) {
        thread = PublishingThread(
            name: "mqtt-publisher",
            greeting: Greeting(
                settings, as: settings.inbox, sessionExpiry: nil, inFlightLimit: window, will: will,
                subscriptions: subscriptions.map {
                    Greeting.Subscription(filter: $0, qualityOfService: 1, isEssential: true)
                }),
            loss: .isRepaired, backoff: backoff,
            observers: PublishingLoop.Observers(onAcknowledged: onAcknowledged, onMessage: onMessage), now: now)
    }

    /// Takes the message and returns its number (from 0); waits while a whole window waits before it.
    ///
    /// Throws `refused` when the broker will not have us, `closed` after `close`; a broken connection is mended inside.
    @discardableResult
    package func publish(_ message: OutgoingMessage) async throws(InboxFailure) -> Int {
        try await thread.mailbox.admit(message)
    }

    /// Returns when the broker has answered everything published so far.
    package func drain() async throws(InboxFailure) { try await thread.mailbox.drain() }

    /// Says goodbye and ends the thread; what is unanswered is dropped, so drain before.
    package func close() async { await thread.close(silently: false) }

    /// Vanishes without a goodbye, as a machine that loses power: the broker speaks its last will.
    package func vanish() async { await thread.close(silently: true) }
}
