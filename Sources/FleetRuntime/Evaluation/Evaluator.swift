import FleetModel
import Logging
import Prognosis
import ServiceDesk
import ServiceLifecycle

/// Reads what was stored, and decides what each machine needs and who gets the work.
///
/// It decides with values and commits every decision together with its place in the journal: after a crash it goes on
/// where the last commit left, and decides nothing twice.
package struct Evaluator<Store: EvaluationStore>: Service {
    private let store: Store
    private let knowledge: Live<FleetKnowledge>
    private let time: DaemonTime?
    private let gauges: DaemonGauges
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    /// - Parameter time: tells when the time is in doubt or was moved; `nil` where it never is.
    package init(
        store: Store, knowledge: Live<FleetKnowledge>, time: DaemonTime? = nil, gauges: DaemonGauges,
        clock: any Clock<Duration>,
        now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.store = store
        self.knowledge = knowledge
        self.time = time
        self.gauges = gauges
        self.clock = clock
        self.now = now
        self.logger = logger
    }

    /// Journal rows one round reads at most. Each machine is written once a round however much came from it, so long
    /// rounds are what lets the evaluator keep up.
    private static var rowsPerRound: Int { 20_000 }
    /// Deadlines and silence come by time alone, so a round is made this often when rounds are short.
    private static var roundEvery: Duration { .milliseconds(250) }
    /// After long ones the pause is longer, so that evaluating takes a fifth of the time; but never longer than this.
    private static var pauseMax: Duration { .seconds(5) }

    package func run() async throws {
        // Ingest goes first: what is stored can be judged later, what is not stored holds up the broker.
        await withTaskExecutorPreference(BackgroundExecutor.shared) {
            await cancelWhenGracefulShutdown { await work() }
        }
    }

    private func work() async {
        var round = Round()
        while !Task.isCancelled { await turn(&round) }
    }

    /// What one turn hands to the next.
    package struct Round: Sendable {
        var bench: FleetBench?
        /// Of the configuration that the bench goes by.
        var knownVersion: Int?
        var backoff: Backoff

        package init(backoff: Backoff = Backoff()) { self.backoff = backoff }
    }

    /// A round and the pause after it, whatever becomes of the round.
    package func turn(_ round: inout Round) async {
        do {
            var hasMore = false
            // By the clock it sleeps by, so that a run on another clock does not depend on the machine's speed.
            let took = try await clock.measure {
                try await prepare(&round)
                hasMore = try await step(&round.bench!)
            }
            gauges.over(.evaluation)
            round.backoff.reset()
            if !hasMore { try await clock.sleep(for: Self.pause(after: took)) }
        } catch  where !Task.isCancelled {
            // What was decided and not committed is forgotten; the journal still has what it came from.
            round.bench = nil
            let why = (error as? StoreFailure)?.message ?? "\(error)"
            gauges.trouble(.evaluation, "work orders and alerts stand still: \(why)")
            logger.error("evaluation failed, trying again", metadata: ["cause": "\(why)"])
            try? await clock.sleep(for: round.backoff.pause())
        } catch {
            // Cancelled while it slept: there is no next turn.
        }
    }

    /// A bench that knows what the store and the configuration say.
    private func prepare(_ round: inout Round) async throws {
        let latest = knowledge.current
        guard round.bench == nil || latest.version != round.knownVersion else { return }
        // A new configuration takes effect between two rounds: everything decided is in the store.
        round.bench = try await FleetBench(
            resuming: store, knowledge: latest.value,
            rate: time?.settings.rate ?? 1, clockShift: time?.settledShift ?? .zero)
        round.knownVersion = latest.version
    }

    /// How long to wait after a round that took so long.
    package static func pause(after round: Duration) -> Duration { min(max(roundEvery, round * 4), pauseMax) }

    /// One round; returns whether more is waiting in the journal.
    package func step(_ bench: inout FleetBench) async throws -> Bool {
        // How long we were away is not known yet: nothing may fall due by a guess. The journal keeps what comes in.
        if let time, !time.isCredible { return false }
        if let time { bench.clockMoved(to: time.shift, now: now()) }
        let version = try await store.registryVersion()
        if version != bench.registryVersion {
            bench.take(registry: try await store.registeredMachines(), version: version)
        }
        let slice = try await store.journal(after: bench.cursor, limit: Self.rowsPerRound)
        guard slice.renames == bench.renames else { return try await resume(&bench) }
        gauges.evaluated(to: slice.cursor)
        report(damaged: slice.damaged)
        let acknowledgements = try await store.pendingAcknowledgements()
        guard let evaluation = bench.round(slice, acknowledgements: acknowledgements, now: now()) else {
            return slice.hasMore
        }
        do throws(StoreFailure) {
            try await store.commit(evaluation)
        } catch .conflict {
            return try await resume(&bench)
        }
        time?.settle(bench.clockShift)
        lookAtMeters(&bench)
        return slice.hasMore
    }

    /// A machine was given another name meanwhile. What the bench knows goes by the old one, and so would what it has
    /// just decided; the store has all of it under the new one, so the round is made again from there.
    private func resume(_ bench: inout FleetBench) async throws -> Bool {
        bench = try await FleetBench(
            resuming: store, knowledge: knowledge.current.value, rate: time?.settings.rate ?? 1,
            clockShift: time?.settledShift ?? .zero)
        return true
    }

    /// A jump may be a new control unit or a broken sensor; only a person can tell, and only if somebody tells the person.
    private func lookAtMeters(_ bench: inout FleetBench) {
        let time = now()
        guard bench.isTimeForMeters(at: time) else { return }
        gauges.update(meterJumps: bench.meterJumps(since: time - .days(30), limit: 100))
    }

    private func report(damaged rows: [String]) {
        guard let first = rows.first else { return }
        for row in rows { logger.error("left out of the evaluation", metadata: ["cause": "\(row)"]) }
        let others = rows.count == 1 ? "" : " (and \(rows.count - 1) more, see the log)"
        gauges.trouble(.journal, "some of what came in was not judged: \(first)\(others)")
    }
}

/// What the daemon knows from its configuration.
package struct FleetKnowledge: Sendable, Hashable {
    package var catalog: Catalog
    package var rules: [Rule]
    package var network: ServiceNetwork
    package var desk: DeskRules

    package init(catalog: Catalog, rules: [Rule], network: ServiceNetwork, desk: DeskRules) {
        self.catalog = catalog
        self.rules = rules
        self.network = network
        self.desk = desk
    }
}
