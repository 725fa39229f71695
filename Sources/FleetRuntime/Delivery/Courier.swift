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
    private let rules: DeskRules
    private let gauges: DaemonGauges
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    package init(
        store: Store, post: Post, rules: DeskRules, gauges: DaemonGauges, clock: any Clock<Duration>,
        now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.store = store
        self.post = post
        self.rules = rules
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
        var backoff = Backoff()
        while !Task.isCancelled {
            do {
                let carried = try await step()
                gauges.over(.delivery)
                backoff.reset()
                if carried < Self.dispatchesPerRound { try await clock.sleep(for: Self.roundEvery) }
            } catch  where !Task.isCancelled {
                let why = (error as? StoreFailure)?.message ?? "\(error)"
                gauges.trouble(.delivery, "work orders do not leave: \(why)")
                logger.error("work orders do not leave, trying again", metadata: ["cause": "\(why)"])
                try? await clock.sleep(for: backoff.pause())
            } catch {
                return
            }
        }
    }

    /// Sends everything that is due; returns how many.
    package func step() async throws -> Int {
        let due = try await store.dueDispatches(at: now(), limit: Self.dispatchesPerRound)
        for outgoing in due {
            let body = try DocumentCoding.encode(WorkOrderMessage(outgoing))
            try await post.publish(body, to: .workOrders(outgoing.dispatch.center))
            let sentAt = now()
            // A withdrawal asks for no answer, so the broker's word is all there will be.
            let next = outgoing.dispatch.action == .offer ? sentAt + rules.republishAfter : .distantFuture
            try await store.published(outgoing.dispatch.id, at: sentAt, next: next)
        }
        return due.count
    }
}
