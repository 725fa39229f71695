import FleetModel
import FleetRuntime

/// The broker's side of the daemon's persistent session, with everything the protocol lets it do.
///
/// Messages stay in the queue until they are acknowledged, and come again with DUP after every lost connection. What it
/// had not saved when it was restarted is gone, and what was acknowledged since then comes back.
final class SimulatedBroker {
    private(set) var queue: [Delivery] = []
    private var saved: [Delivery] = []
    private(set) var isUp = true
    private var isConnected = false
    /// How many of the queue's first have been handed out on this connection.
    private var handedOut = 0
    private(set) var dropped = 0
    private let queueLimit: Int
    private let chance: Chance
    private let trace: Trace
    private let truth: Truth

    struct Delivery {
        var message: SentMessage
        var wasSent = false
    }

    init(queueLimit: Int, chance: Chance, trace: Trace, truth: Truth) {
        self.queueLimit = queueLimit
        self.chance = chance
        self.trace = trace
        self.truth = truth
    }

    func receive(_ message: SentMessage) {
        guard queue.count < queueLimit else {
            dropped += 1
            truth.mayBeLost(message)
            trace.note("broker: drops message \(message.id), \(dropped) in all")
            return
        }
        queue.append(Delivery(message: message))
    }

    func save() { saved = queue }

    func loseConnection() {
        isConnected = false
        handedOut = 0
    }

    func stop(losing isLosing: Bool) {
        isUp = false
        loseConnection()
        guard isLosing else { return }
        let kept = Set(saved.map(\.message.id))
        for delivery in queue where !kept.contains(delivery.message.id) { truth.mayBeLost(delivery.message) }
        trace.note("broker: restarted with \(saved.count) messages, had \(queue.count)")
        queue = saved
    }

    func start() { isUp = true }

    // MARK: - The daemon's connection

    func collect(at now: Timestamp, isFaulty: Bool) throws(InboxFailure) -> [InboundMessage] {
        guard isUp else { throw .disconnected("connection refused") }
        if !isConnected {
            if isFaulty, chance.happens(0.1) { throw .disconnected("connection reset") }
            isConnected = true
            handedOut = 0
        } else if isFaulty, chance.happens(0.05) {
            loseConnection()
            throw .disconnected("connection reset")
        }
        let waiting = queue.count - handedOut
        let count = isFaulty ? chance.between(min(waiting, 1), min(waiting, 16)) : min(waiting, 64)
        guard count > 0 else { return [] }
        var messages: [InboundMessage] = []
        for index in handedOut..<handedOut + count {
            let (message, wasSent) = (queue[index].message, queue[index].wasSent)
            queue[index].wasSent = true
            messages.append(
                InboundMessage(
                    topic: message.topic, body: message.body, isRetained: message.isRetained, isRedelivered: wasSent,
                    receivedAt: now))
        }
        handedOut += count
        return messages
    }

    /// Returns what the broker has taken as stored; `nil` when nothing has reached it.
    func acknowledge(_ outcome: AcknowledgementFault?) throws(InboxFailure) -> [SentMessage] {
        guard isUp, isConnected else { throw .disconnected("the connection broke during the commit") }
        let count = outcome == .partial ? chance.between(0, handedOut) : handedOut
        let taken = queue.prefix(count).map(\.message)
        queue.removeFirst(count)
        handedOut -= count
        if outcome == .partial { loseConnection() }
        return taken
    }

    enum AcknowledgementFault { case partial }
}
