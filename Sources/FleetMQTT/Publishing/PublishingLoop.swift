import FleetModel
import FleetRuntime
import Glibc

/// Sends what is in the mailbox and waits for the broker's answers. Belongs to its thread.
final class PublishingLoop {
    /// What becomes of messages under way when the connection breaks.
    enum Loss: Sendable {
        /// Who published them is told and tries again himself.
        case isReported
        /// They are sent again with the next connection, in their order.
        case isRepaired
    }

    struct Observers: Sendable {
        /// The broker has this message. In the order of its answers.
        var onAcknowledged: @Sendable (_ number: Int) -> Void = { _ in }
        var onMessage: @Sendable (InboundMessage) -> Void = { _ in }
    }

    private let line: BrokerLine
    private let mailbox: Mailbox
    private let closing: Closing
    private let counts: PublishingCounts
    private let loss: Loss
    private let window: Int
    private let observers: Observers
    /// Sent and unanswered, oldest first, with the packet id.
    private var inFlight: [(id: Int32, entry: Mailbox.Entry)] = []
    /// To be sent again before anything new.
    private var toRepeat: [Mailbox.Entry] = []
    private var isUp = false

    /// How long one turn waits when nothing happens; ends with the bell.
    private let idleWait = Duration.milliseconds(250)

    init(
        line: BrokerLine, mailbox: Mailbox, closing: Closing, counts: PublishingCounts, loss: Loss, window: Int,
        observers: Observers
    ) {
        self.line = line
        self.mailbox = mailbox
        self.closing = closing
        self.counts = counts
        self.loss = loss
        self.window = window
        self.observers = observers
    }

    func run() {
        while !closing.isSet {
            do throws(InboxFailure) {
                try turn()
            } catch {
                recover(from: error)
            }
        }
        if closing.isSilent { line.hangUp() } else { line.close() }
        mailbox.failAll(.closed, inFlight: inFlight.map(\.entry) + toRepeat)
        mailbox.end()
    }

    private func turn() throws(InboxFailure) {
        guard let session = try line.session(waitingAtMost: idleWait) else { return }
        if !isUp {
            isUp = true
            mailbox.endOutage()
        }
        do throws(InboxFailure) {
            try send(through: session)
            try listen(to: session)
        } catch {
            line.fail(error)
            throw error
        }
    }

    private func send(through session: MosquittoSession) throws(InboxFailure) {
        let room = window - inFlight.count
        if room > 0 {
            let repeated = toRepeat.prefix(room)
            toRepeat.removeFirst(repeated.count)
            counts.noteRepeated(repeated.count)
            // In place before anything can fail, so that none is forgotten.
            var next = Array(repeated)
            if next.count < room { next += mailbox.take(room - next.count) }
            while !next.isEmpty {
                let entry = next.removeFirst()
                do throws(InboxFailure) {
                    inFlight.append((try session.publish(entry.message), entry))
                } catch {
                    guard case .refused = error else {
                        toRepeat = [entry] + next + toRepeat
                        throw error
                    }
                    settle(entry, refusal: error)
                }
            }
        }
        if session.wantsWrite { try session.write(uncommitted: 0) }
    }

    private func listen(to session: MosquittoSession) throws(InboxFailure) {
        let hasRoom = inFlight.count < window
        let mayWait = hasRoom ? mailbox.fallAsleep() : true
        let events = mailbox.wakeUp.wait(
            on: session.descriptor, for: POLLIN | (session.wantsWrite ? POLLOUT : 0),
            atMost: mayWait ? idleWait : .zero)
        if hasRoom { mailbox.wake() }
        if events & ~POLLOUT != 0 {
            var before = -1
            while session.answered.count + session.received.count > before {
                before = session.answered.count + session.received.count
                try session.read()
            }
        }
        for (id, reason) in session.takeAnswered() { settle(id, reason: reason) }
        for message in session.takeReceived() { observers.onMessage(message) }
        try session.tick()
    }

    private func settle(_ id: Int32, reason: Int32) {
        guard let index = inFlight.firstIndex(where: { $0.id == id }) else { return }
        let entry = inFlight.remove(at: index).entry
        settle(entry, refusal: PublishAnswer.failure(reason, topic: entry.message.topic))
    }

    private func settle(_ entry: Mailbox.Entry, refusal: InboxFailure?) {
        if let refusal {
            counts.noteRefused()
            entry.reply?.resume(returning: .failure(refusal))
        } else {
            counts.noteAcknowledged()
            observers.onAcknowledged(entry.number)
            entry.reply?.resume(returning: .success(entry.number))
        }
        mailbox.settle(1)
    }

    private func recover(from failure: InboxFailure) {
        isUp = false
        let unanswered = inFlight.map(\.entry)
        inFlight = []
        switch (loss, failure) {
        case (.isRepaired, .disconnected):
            toRepeat = unanswered + toRepeat
        default:
            mailbox.failAll(failure, inFlight: unanswered + toRepeat)
            toRepeat = []
        }
    }
}
