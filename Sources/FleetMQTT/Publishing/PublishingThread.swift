import FleetModel
import FleetRuntime

/// A connection that publishes, on a thread of its own: what the post and the publisher have in common.
final class PublishingThread: Sendable {
    let mailbox: Mailbox
    let gauges: BrokerGauges
    let counts = PublishingCounts()
    private let closing = Closing()

    init(
        name: String, greeting: Greeting, loss: PublishingLoop.Loss, backoff: Backoff,
        observers: PublishingLoop.Observers, now: @escaping @Sendable () -> Timestamp
    ) {
        let mailbox = Mailbox(limit: greeting.inFlightLimit)
        let gauges = BrokerGauges(address: greeting.address, clientID: greeting.clientID)
        self.mailbox = mailbox
        self.gauges = gauges
        let (closing, counts) = (closing, counts)
        OwnThread.start(named: name) {
            let line = BrokerLine(
                greeting, wakeUp: mailbox.wakeUp, gauges: gauges, backoff: backoff, now: now,
                isClosing: { closing.isSet })
            PublishingLoop(
                line: line, mailbox: mailbox, closing: closing, counts: counts, loss: loss,
                window: greeting.inFlightLimit, observers: observers
            ).run()
        }
    }

    deinit {
        closing.set()
        mailbox.wakeUp.ring()
    }

    /// Ends the thread; `silently` leaves without goodbye, so that the broker speaks our last will.
    func close(silently: Bool) async {
        closing.set(silently: silently)
        mailbox.wakeUp.ring()
        await mailbox.awaitEnd()
    }
}
