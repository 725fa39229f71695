import FleetModel
import FleetRuntime
import Glibc

/// Telemetry from the broker, of which nothing is acknowledged before it is committed.
///
/// All its work runs on one thread of its own, which alone calls libmosquitto. While the caller commits, the socket
/// fills and the next batch grows by itself: back-pressure is not reading.
package actor MosquittoInbox: TelemetryInbox {
    /// Connected or not, how often, what the broker dropped; readable from anywhere.
    package nonisolated let gauges: BrokerGauges
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private nonisolated let executor: ThreadExecutor
    private nonisolated let wakeUp: WakeUp
    private nonisolated let closing: Closing
    private let line: BrokerLine
    private let limits: IngestLimits
    /// Messages handed out and not yet acknowledged. Above zero, nothing may be written.
    private var uncommitted = 0 {
        didSet { gauges.noteHeld(uncommitted) }
    }

    /// How long `collect` waits when nothing comes.
    private let idleWait = Duration.milliseconds(250)
    static let droppedMessages = "$SYS/broker/publish/messages/dropped"
    static let keptMessages = "$SYS/broker/store/messages/count"
    static let software = "$SYS/broker/version"

    package init(
        _ settings: BrokerSettings, limits: IngestLimits = IngestLimits(), backoff: Backoff = Backoff(),
        now: @escaping @Sendable () -> Timestamp
    ) {
        let greeting = Greeting(
            settings, as: settings.inbox, sessionExpiry: settings.sessionExpiry, inFlightLimit: limits.batchMessages,
            subscriptions: Topic.subscriptions.map {
                Greeting.Subscription(filter: $0, qualityOfService: 1, isEssential: true)
            }
                // Retained, because the broker repeats its counts only when they move: what it dropped while we were
                // away would never be told.
                + [Self.droppedMessages, Self.keptMessages, Self.software].map {
                    Greeting.Subscription(filter: $0, qualityOfService: 0, isEssential: false, wantsRetained: true)
                })
        let wakeUp = WakeUp()
        let gauges = BrokerGauges(address: greeting.address, clientID: greeting.clientID)
        let closing = Closing()
        executor = ThreadExecutor(name: "mqtt-inbox")
        self.wakeUp = wakeUp
        self.gauges = gauges
        self.closing = closing
        self.limits = limits
        line = BrokerLine(
            greeting, wakeUp: wakeUp, gauges: gauges, backoff: backoff, now: now, isClosing: { closing.isSet })
    }

    package func collect() throws(InboxFailure) -> [InboundMessage] {
        let deadline = ContinuousClock.now + idleWait
        do throws(InboxFailure) {
            while true {
                guard !closing.isSet else { throw InboxFailure.closed }
                let left = max(deadline - .now, .zero)
                if let session = try line.session(waitingAtMost: left) {
                    let batch = try collect(from: session, waitingAtMost: left)
                    if !batch.isEmpty { return batch }
                }
                if deadline <= .now { return [] }
            }
        } catch {
            // The connection is gone, and with it the acknowledgements: all of it comes again.
            uncommitted = 0
            throw error
        }
    }

    package func acknowledge() throws(InboxFailure) {
        guard !closing.isSet else { throw .closed }
        uncommitted = 0
        guard let session = line.standing else {
            throw .disconnected("the connection broke during the commit; what was committed comes again")
        }
        do throws(InboxFailure) {
            if session.wantsWrite { try session.write(uncommitted: uncommitted) }
            try session.tick()
        } catch {
            line.fail(error)
            throw error
        }
    }

    package func abandon() {
        uncommitted = 0
        line.hangUp()
    }

    /// Closes the connection without acknowledging what is uncommitted; every later call throws `closed`.
    package nonisolated func shutdown() async {
        closing.set()
        wakeUp.ring()
        await hangUp()
    }

    private func hangUp() { abandon() }

    private func collect(
        from session: MosquittoSession, waitingAtMost wait: Duration
    ) throws(InboxFailure) -> [InboundMessage] {
        do throws(InboxFailure) {
            if session.received.isEmpty {
                // What the last acknowledgement could not get rid of goes before anything new is held.
                if uncommitted == 0, session.wantsWrite { try session.write(uncommitted: uncommitted) }
                let canWrite = uncommitted == 0 && session.wantsWrite
                let events = wakeUp.wait(
                    on: session.descriptor, for: POLLIN | (canWrite ? POLLOUT : 0), atMost: wait)
                if canWrite, events & POLLOUT != 0 { try session.write(uncommitted: uncommitted) }
                if events & ~POLLOUT != 0 { try session.read() }
            }
            // Goes on while each read brings a message; one that brings none has found the socket empty.
            var count = 0
            while session.received.count > count, session.received.count < limits.batchMessages,
                session.receivedBytes < limits.batchBytes
            {
                count = session.received.count
                try session.read()
            }
            try session.tick()
        } catch {
            line.fail(error)
            throw error
        }
        let batch = session.takeReceived().filter { !isAboutTheBroker($0) }
        uncommitted += batch.count
        return batch
    }

    /// The broker's own figures are a gauge, not telemetry. They come at QoS 0, so there is nothing to acknowledge.
    private func isAboutTheBroker(_ message: InboundMessage) -> Bool {
        guard message.topic.hasPrefix("$SYS/") else { return false }
        let text = String(decoding: message.body.prefix(100), as: UTF8.self)
        switch message.topic {
        case Self.droppedMessages: if let count = Int64(text) { gauges.noteDropped(count, at: message.receivedAt) }
        case Self.keptMessages: if let count = Int64(text) { gauges.noteKept(count) }
        case Self.software: gauges.note(software: text)
        default: break
        }
        return true
    }
}
