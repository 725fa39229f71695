import FleetModel
import Logging
import ServiceLifecycle

/// Looks at the clocks, and when the time was moved takes the messages that were turned away for their time.
package struct ClockWatch<Store: IngestStore & ClockStore & FleetReader>: Service {
    private let time: DaemonTime
    private let store: Store
    private let limits: Live<IngestLimits>
    private let gauges: DaemonGauges
    private let clock: any Clock<Duration>
    private let logger: Logger

    package init(
        time: DaemonTime, store: Store, limits: Live<IngestLimits>, gauges: DaemonGauges, clock: any Clock<Duration>,
        logger: Logger
    ) {
        self.time = time
        self.store = store
        self.limits = limits
        self.gauges = gauges
        self.clock = clock
        self.logger = logger
    }

    private static var roundEvery: Duration { .milliseconds(200) }

    /// Steps whose misjudged messages are still to be taken.
    package struct Round: Sendable {
        /// In order. What was turned away between two moves is wrong by the later one only.
        var owed: [ClockMove] = []
        var backoff: Backoff

        package init(backoff: Backoff = Backoff()) { self.backoff = backoff }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var round = Round()
            while !Task.isCancelled {
                let pause = await step(&round)
                try? await clock.sleep(for: pause)
            }
        }
    }

    /// Returns how long to wait for the next.
    package func step(_ round: inout Round) async -> Duration {
        let limits = limits.value
        let last: Int64
        do {
            last = try await store.lastTurnedAway()
        } catch {
            // Moved now, nobody could tell which messages came before.
            return failed(error, &round)
        }
        let (before, shown) = (time.shift, time.now())
        for event in time.judge(.init(futureTolerance: limits.futureTolerance, ageMax: limits.ageMax)) {
            logger.warning("\(event.words)")
        }
        if let problem = time.problem() { gauges.trouble(.clock, problem) } else { gauges.over(.clock) }
        if time.shift != before {
            round.owed.append(ClockMove(from: shown, to: shown + (time.shift - before), last: last))
        }
        while let oldest = round.owed.first {
            do {
                let taken = try await QuarantineRetry(store: store, limits: self.limits)
                    .retake(before: oldest, wrongBy: round.owed.reduce(.zero) { $0 + $1.step })
                if taken > 0 {
                    logger.notice(
                        "messages turned away for their time are taken after all", metadata: ["count": "\(taken)"])
                }
                round.owed.removeFirst()
            } catch {
                return failed(error, &round)
            }
        }
        round.backoff.reset()
        return Self.roundEvery
    }

    private func failed(_ error: StoreFailure, _ round: inout Round) -> Duration {
        logger.error(
            "the quarantine cannot be looked through, trying again", metadata: ["cause": "\(error.message)"])
        return max(round.backoff.pause(), Self.roundEvery)
    }
}
