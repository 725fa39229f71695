import FleetModel
import Logging
import ServiceLifecycle

/// Tells the service manager that the daemon works, and stops telling it when it does not.
///
/// Working means: since the last time the ingest loop has completed a round, and the connection that writes has
/// answered. The loop completes rounds also when nothing comes and when the broker is gone, and while it waits for room on a
/// full disk it says that it does: those are troubles that a restart does not mend. A thread that hangs does neither.
package struct Heartbeat<Store: WriterProbe>: Service {
    private let manager: any ServiceManager
    private let store: Store
    private let gauges: DaemonGauges
    private let broker: @Sendable () -> BrokerDocument
    private let watchdog: Duration?
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    /// - Parameters:
    ///   - broker: how the connection for telemetry stands.
    ///   - watchdog: after so long a silence the service manager kills us; `nil`: it only wants to know how we are.
    package init(
        manager: any ServiceManager, store: Store, gauges: DaemonGauges,
        broker: @escaping @Sendable () -> BrokerDocument,
        watchdog: Duration?, clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.manager = manager
        self.store = store
        self.gauges = gauges
        self.broker = broker
        self.watchdog = watchdog
        self.clock = clock
        self.now = now
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await beat() }
        manager.tell(.stopping)
    }

    private func beat() async {
        // Half of the watchdog's time, as sd_watchdog_enabled(3) advises. Who stands still is looked at more often, so
        // that it is known at once when it goes on.
        let interval = (watchdog ?? .seconds(60)) / 2
        var round = Round()
        while !Task.isCancelled {
            let isAlive = await step(&round)
            try? await clock.sleep(for: isAlive ? interval : interval / 10)
        }
    }

    /// What one round hands to the next.
    package struct Round: Sendable {
        /// The rounds of the ingest loop that have been told of.
        fileprivate var ingestRounds: Int64?
        fileprivate var isStuck = false

        package init() {}
    }

    /// Returns whether it has told that the daemon works; does not return while the connection that writes hangs.
    package func step(_ round: inout Round) async -> Bool {
        await store.reachWriter()
        let progress = gauges.ingestProgress
        guard progress.isWaiting || progress.rounds != round.ingestRounds else {
            if !round.isStuck {
                logger.error(
                    "taking telemetry stands still: the service manager is not told that the daemon works, and will restart it",
                    metadata: ["rounds": "\(progress.rounds)"])
            }
            round.isStuck = true
            manager.tell(.status("taking telemetry stands still"))
            return false
        }
        if round.isStuck { logger.notice("taking telemetry goes on") }
        round.isStuck = false
        round.ingestRounds = progress.rounds
        manager.tell(.status(summary), .alive)
        return true
    }

    private var summary: String {
        let broker = broker()
        let problems = broker.problems(at: now()) + gauges.problems
        return problems.isEmpty
            ? "connected to \(broker.address), storing" : "degraded: \(problems.joined(separator: "; "))"
    }
}
