import FleetModel
import Logging
import ServiceDesk
import ServiceLifecycle

/// Carries what is in the outbox to the centers, and carries it again until the center says it has it.
///
/// That the broker took a message is not receipt: an offer comes round again until the desk settles it.
package struct Courier<Store: Outbox, Post: CenterPost>: Service {
    private let store: Store
    private let post: Post
    private let knowledge: Live<FleetKnowledge>
    private let time: DaemonTime?
    private let gauges: DaemonGauges
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    package init(
        store: Store, post: Post, knowledge: Live<FleetKnowledge>, time: DaemonTime? = nil, gauges: DaemonGauges,
        clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.store = store
        self.post = post
        self.knowledge = knowledge
        self.time = time
        self.gauges = gauges
        self.clock = clock
        self.now = now
        self.logger = logger
    }

    private static var dispatchesPerRound: Int { 200 }
    private static var roundEvery: Duration { .milliseconds(250) }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await work() }
    }

    private func work() async {
        var round = Round()
        while !Task.isCancelled { await turn(&round) }
    }

    /// A round and the pause after it, whatever becomes of the round.
    package func turn(_ round: inout Round) async {
        do {
            try await beginAnew(&round)
            let carried = try await step(&round)
            round.backoff.reset()
            if carried < Self.dispatchesPerRound { try await clock.sleep(for: Self.roundEvery) }
        } catch  where !Task.isCancelled {
            let why = (error as? StoreFailure)?.message ?? (error as? InboxFailure)?.message ?? "\(error)"
            gauges.trouble(.delivery, "work orders do not leave: \(why)")
            logger.error("work orders do not leave, trying again", metadata: ["cause": "\(why)"])
            try? await clock.sleep(for: round.backoff.pause())
        } catch {
            // Cancelled while it slept: there is no next turn.
        }
    }

    /// The clock may have been years ahead when the last run put something off; no try of ours lies further away than this.
    private func beginAnew(_ round: inout Round) async throws {
        // Not before what waits has moved with the time: it would move on from where it is brought.
        guard !round.hasBegun, let now = settledNow else { return }
        try await store.bringForward(to: now + knowledge.value.desk.republishAfter, now: now)
        round.hasBegun = true
    }

    /// What one round hands to the next.
    package struct Round: Sendable {
        var backoff: Backoff
        fileprivate var hasBegun = false
        /// Centers whose topic the broker does not let us write, what it says, and when it said so last.
        fileprivate var refused: [ServiceCenterID: Refusal] = [:]

        package init(backoff: Backoff = Backoff()) { self.backoff = backoff }

        /// What waits for a center comes round and is refused again. When its orders have gone on, nothing would ever
        /// say that the refusal is over.
        ///
        /// What was said in the future was said before the clock was set back; it will be said again when it still holds.
        fileprivate mutating func forgetRefusals(until time: Timestamp, now: Timestamp) {
            refused = refused.filter { $0.value.at > time && $0.value.at <= now }
        }
    }

    fileprivate struct Refusal: Sendable {
        var why: String
        var at: Timestamp
    }

    /// Sends everything that is due; returns how many were tried.
    package func step(_ round: inout Round) async throws -> Int {
        // By a guessed time, or one that was moved without what waits, everything or nothing would be due.
        guard let started = settledNow else { return 0 }
        let rules = knowledge.value.desk
        let due = try await store.dueDispatches(at: started, limit: Self.dispatchesPerRound)
        gauges.found(due: due.count)
        for outgoing in due {
            let center = outgoing.dispatch.center
            let body = try DocumentCoding.encode(WorkOrderMessage(outgoing))
            let refusal = try await publish(body, to: center)
            gauges.dispatched(attempts: outgoing.attempts, isRefused: refusal != nil)
            round.refused[center] = refusal
            // The time was moved meanwhile: not noted as sent, it comes round again when what waits has moved too.
            guard let sentAt = settledNow else { return due.count }
            // Only an offer asks for an answer; for anything else the broker's word is all there will be.
            let isOver = outgoing.dispatch.action != .offer && refusal == nil
            let next = isOver ? .distantFuture : sentAt + rules.republishAfter
            try await store.published(outgoing.dispatch.id, at: sentAt, next: next)
        }
        let ended = now()
        round.forgetRefusals(until: ended - rules.republishAfter * 2, now: ended)
        show(round.refused)
        return due.count
    }

    /// Returns why the broker does not let us write to this center; `nil` when it took the message.
    ///
    /// The other centers' work does not wait for it. Its deadline passes like that of a center that does not answer, and
    /// the order goes on.
    private func publish(_ body: [UInt8], to center: ServiceCenterID) async throws(InboxFailure) -> Refusal? {
        do throws(InboxFailure) {
            try await post.publish(body, to: .workOrders(center))
            return nil
        } catch {
            guard case .refused(let why) = error else { throw error }
            logger.error("the broker refuses a work order", metadata: ["center": "\(center)", "cause": "\(why)"])
            return Refusal(why: why, at: now())
        }
    }

    private var settledNow: Timestamp? {
        guard let time else { return now() }
        return time.settledNow
    }

    private func show(_ refused: [ServiceCenterID: Refusal]) {
        guard let (center, refusal) = refused.min(by: { $0.key < $1.key }) else { return gauges.over(.delivery) }
        let others = refused.count > 1 ? " and for \(refused.count - 1) more centers" : ""
        gauges.trouble(
            .delivery,
            "the broker refuses work orders for \(center)\(others): \(refusal.why); let our second user write \(Topic.workOrders(center))"
        )
    }
}
