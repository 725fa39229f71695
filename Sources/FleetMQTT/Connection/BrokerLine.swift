import FleetModel
import FleetRuntime
import Glibc

/// Keeps a connection to the broker: calls, waits for the welcome, subscribes, and calls again after a pause.
///
/// Belongs to one thread and never blocks it for longer than asked, except for the moment of a call.
final class BrokerLine {
    private enum State {
        case down(redialAt: ContinuousClock.Instant)
        case dialling(MosquittoSession, deadline: ContinuousClock.Instant)
        case up(MosquittoSession, since: ContinuousClock.Instant)
    }

    private let greeting: Greeting
    private let wakeUp: WakeUp
    private let gauges: BrokerGauges
    private let now: () -> Timestamp
    private let isClosing: () -> Bool
    private var backoff: Backoff
    private var state = State.down(redialAt: .now)

    /// The connection stood, broke, and no call has failed since.
    private var hasJustBroken = false
    /// When the broker took us back at once, of late.
    private var breaks: [ContinuousClock.Instant] = []
    private static let rivalryWindow = Duration.seconds(300)
    private static let rivalryBreaks = 3

    /// How long a broker may take to answer the door, and then to welcome us.
    private let patience = Duration.seconds(5)

    init(
        _ greeting: Greeting, wakeUp: WakeUp, gauges: BrokerGauges, backoff: Backoff, now: @escaping () -> Timestamp,
        isClosing: @escaping () -> Bool
    ) {
        self.greeting = greeting
        self.wakeUp = wakeUp
        self.gauges = gauges
        self.backoff = backoff
        self.now = now
        self.isClosing = isClosing
    }

    /// The connection, when there is one: it may take several turns of at most `wait`.
    ///
    /// Throws once for every call that failed.
    func session(waitingAtMost wait: Duration) throws(InboxFailure) -> MosquittoSession? {
        do throws(InboxFailure) {
            return try turn(wait)
        } catch {
            fail(error)
            throw error
        }
    }

    /// The connection, if it stands; never calls.
    var standing: MosquittoSession? {
        if case .up(let session, _) = state { session } else { nil }
    }

    /// The connection broke; the next call is made after a pause that grows.
    func fail(_ failure: InboxFailure) {
        // One that held for long was no failed try. One that breaks at once (two daemons under one name throw each
        // other out) must not be repeated at full speed.
        hasJustBroken = false
        if case .up(_, let since) = state {
            if since.duration(to: .now) > backoff.longest { backoff.reset() }
            hasJustBroken = true
        }
        state = .down(redialAt: .now + backoff.pause())
        gauges.note(failure)
    }

    /// Hangs up without a word and calls again at once: whatever was not acknowledged comes again.
    func hangUp() {
        state = .down(redialAt: .now)
        gauges.noteHangUp()
    }

    /// Says goodbye first, so that our last will stays unspoken. For those who hold nothing uncommitted.
    func close() {
        if case .up(let session, _) = state { session.sayGoodbye() }
        hangUp()
    }

    /// mosquitto 2.0.11 does not say why it closes a connection. One that breaks while the broker takes us back at the
    /// next call, time and again, is what another client under our id looks like: a broker that is down refuses in between.
    private func lookForRival() {
        guard hasJustBroken else { return }
        hasJustBroken = false
        breaks = breaks.filter { $0.duration(to: .now) < Self.rivalryWindow } + [.now]
        if breaks.count >= Self.rivalryBreaks { gauges.noteTakeover(at: now()) }
    }

    private func turn(_ wait: Duration) throws(InboxFailure) -> MosquittoSession? {
        switch state {
        case .up(let session, _):
            return session
        case .down(let redialAt):
            let left = redialAt - .now
            guard left <= .zero else {
                _ = wakeUp.wait(on: -1, for: 0, atMost: min(left, wait))
                return nil
            }
            try TCPProbe(
                host: greeting.host, port: greeting.port, timeout: patience, wakeUp: wakeUp, isClosing: isClosing
            ).callAtDoor()
            state = .dialling(try MosquittoSession(greeting, now: now), deadline: .now + patience)
            return nil
        case .dialling(let session, let deadline):
            guard deadline > .now else {
                throw .disconnected("the broker at \(greeting.address) did not answer our greeting within \(patience)")
            }
            if session.wantsWrite { try session.write(uncommitted: 0) }
            let events = wakeUp.wait(
                on: session.descriptor, for: POLLIN | (session.wantsWrite ? POLLOUT : 0), atMost: wait)
            if events & ~POLLOUT != 0 { try session.read() }
            guard try session.isWelcome() else { return nil }
            try session.subscribe()
            state = .up(session, since: .now)
            gauges.noteConnection()
            lookForRival()
            return session
        }
    }
}
