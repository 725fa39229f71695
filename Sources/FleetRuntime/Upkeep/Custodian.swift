import FleetModel
import Logging
import ServiceLifecycle

/// Keeps the database file in shape and foretells when the disk will be full.
package struct Custodian<Store: StoreCustody>: Service {
    private let store: Store
    private let gauges: DaemonGauges
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    package init(
        store: Store, gauges: DaemonGauges, clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.store = store
        self.gauges = gauges
        self.clock = clock
        self.now = now
        self.logger = logger
    }

    private static var roundEvery: Duration { .seconds(1) }
    /// Between two pieces commits have their turn, and so has the rest of the machine for half of each round.
    private static var piecesPerRound: Int { 64 }
    private static var tidyingPerRound: Duration { .milliseconds(500) }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await work() }
    }

    private func work() async {
        var forecast = DiskForecast()
        while !Task.isCancelled {
            await step(&forecast)
            try? await clock.sleep(for: Self.roundEvery)
        }
    }

    private func tidy() async throws(StoreFailure) {
        let started = ContinuousClock.now
        for _ in 0..<Self.piecesPerRound where !Task.isCancelled {
            guard try await store.tidy(at: now()), ContinuousClock.now - started < Self.tidyingPerRound else { return }
        }
    }

    package func step(_ forecast: inout DiskForecast) async {
        do {
            let standing = try await store.maintain(at: now())
            forecast.note(freeBytes: standing.freeBytes, at: now())
            gauges.update(disk: standing, fullAt: forecast.fullAt)
            try await tidy()
            gauges.over(.disk)
        } catch {
            gauges.trouble(.disk, "house-keeping of the database fails: \(error.message)")
            logger.error("house-keeping failed", metadata: ["cause": "\(error.message)"])
        }
    }
}

/// When free space will be gone, from how fast it has been going.
package struct DiskForecast: Sendable {
    private var oldest: (freeBytes: Int64, at: Timestamp)?
    private var newest: (freeBytes: Int64, at: Timestamp)?
    /// A shorter stretch says more about one checkpoint than about the fleet.
    private static let stretchMin = Duration.minutes(10)
    private static let stretchMax = Duration.days(1)

    package init() {}

    package mutating func note(freeBytes: Int64, at time: Timestamp) {
        newest = (freeBytes, time)
        // Space given back, or a clock set back, starts the measurement anew.
        guard let first = oldest, first.freeBytes >= freeBytes, time >= first.at, time - first.at <= Self.stretchMax
        else {
            oldest = newest
            return
        }
    }

    /// Less than this and the next commit may fail: it is full.
    private static let fullBelow: Int64 = 1 << 20

    /// `nil` while the disk is not filling or has not been watched long enough; no later than now when it is full.
    package var fullAt: Timestamp? {
        if let newest, newest.freeBytes < Self.fullBelow { return newest.at }
        guard let oldest, let newest, newest.at - oldest.at >= Self.stretchMin, oldest.freeBytes > newest.freeBytes
        else { return nil }
        let bytesPerSecond = Double(oldest.freeBytes - newest.freeBytes) / (newest.at - oldest.at).inSeconds
        let seconds = Double(newest.freeBytes) / bytesPerSecond
        return seconds < 100 * 365 * 86_400 ? newest.at + .seconds(seconds) : nil
    }
}
