import FleetModel
import Logging
import ServiceLifecycle

/// Takes messages from the broker, commits them, and only then lets them be acknowledged.
///
/// One round is `step()`. Whatever goes wrong in it, the broker still owns what was not committed and delivers it again.
package struct Ingestor<Inbox: TelemetryInbox, Store: IngestStore & StoreCustody>: Service {
    private let inbox: Inbox
    private let store: Store
    private let limits: Live<IngestLimits>
    private let time: DaemonTime?
    private let gauges: DaemonGauges
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Timestamp
    private let fault: InjectedFault?
    private let logger: Logger

    /// - Parameters:
    ///   - time: is told what the machines' clocks say, and tells when ours is in doubt; `nil` where it never is.
    ///   - fault: a deliberate mistake, so that the checker of the guarantee can be seen to find it.
    package init(
        inbox: Inbox, store: Store, limits: Live<IngestLimits>, time: DaemonTime? = nil, gauges: DaemonGauges,
        clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp, fault: InjectedFault? = nil,
        logger: Logger
    ) {
        self.inbox = inbox
        self.store = store
        self.limits = limits
        self.time = time
        self.gauges = gauges
        self.clock = clock
        self.now = now
        self.fault = fault
        self.logger = logger
    }

    package func run() async throws {
        var round = Round(limits: limits.value)
        while !Task.isCancelled && !Task.isShuttingDownGracefully {
            try await step(&round)
        }
    }

    /// What one round hands to the next.
    package struct Round: ~Copyable {
        var assembler: BatchAssembler
        var backoff: Backoff

        package init(limits: IngestLimits, backoff: Backoff = Backoff()) {
            assembler = BatchAssembler(limits: limits)
            self.backoff = backoff
        }
    }

    package func step(_ round: inout Round) async throws {
        defer { gauges.ingestTurned() }
        do {
            var messages = try await inbox.collect()
            guard !messages.isEmpty else { return }
            if fault == .acknowledgeBeforeCommit {
                try await inbox.acknowledge()
                // A fast disk leaves a killer little time to hit the gap; a slow one would not.
                try? await clock.sleep(for: .milliseconds(10))
            }
            let takesAnyTime = time?.judge(&messages) ?? false
            round.assembler.go(by: limits.value, takingAnyTime: takesAnyTime)
            let batch = round.assembler.assemble(messages)
            time?.heard(round.assembler.heard)
            let started = ContinuousClock.now
            let receipt = try await store.commit(batch)
            gauges.committed(
                receipt, messages: messages.count, rejected: batch.rejected, took: ContinuousClock.now - started,
                at: now(), redelivered: batch.redeliveredMessages, delay: batch.delay)
            gauges.over(.store)
            round.backoff.reset()
            // Last, because it may fail: what is committed stays committed, and comes again as duplicates.
            if fault != .acknowledgeBeforeCommit { try await inbox.acknowledge() }
        } catch let failure as StoreFailure {
            // Nothing was committed, so nothing may be acknowledged: the broker keeps it while we wait.
            await inbox.abandon()
            gauges.trouble(.store, "nothing is being stored: \(failure.message)")
            gauges.commitFailed(failure)
            guard failure.isTransient else { throw failure }
            if case .diskFull = failure {
                gauges.full(at: now())
                await store.releaseBallast()
            }
            logger.error("commit failed, trying again", metadata: ["cause": "\(failure.message)"])
            try await pause(&round)
        } catch let failure as InboxFailure {
            // The inbox has forgotten what it held, and waits between its own tries: two daemons under one name would
            // otherwise throw each other out at full speed.
            switch failure {
            case .closed: return
            case .refused(let why):
                // The inbox itself waits between its tries.
                logger.error("the broker refuses us, trying again", metadata: ["cause": "\(why)"])
            case .disconnected(let why):
                logger.notice("connection to the broker lost", metadata: ["cause": "\(why)"])
            }
        }
    }

    /// Waits before the next try; a shutdown ends the wait.
    private func pause(_ round: inout Round) async throws {
        let wait = round.backoff.pause()
        let clock = clock
        gauges.ingestWaits(true)
        defer { gauges.ingestWaits(false) }
        await cancelWhenGracefulShutdown { try? await clock.sleep(for: wait) }
    }
}

extension IngestBatch {
    /// How long the last message's newest frame was under way, by the machine's clock and ours; one sample a commit is
    /// enough to see a clock that is wrong.
    fileprivate var delay: Duration? {
        guard let last = frames.last, let newest = last.frames.last else { return nil }
        return last.receivedAt - newest.observedAt
    }
}

/// A deliberate mistake that a check must be able to find.
package enum InjectedFault: String, Sendable, CaseIterable {
    /// The acknowledgement leaves before the batch is on disk: a crash in between loses the batch.
    case acknowledgeBeforeCommit = "ack-before-commit"
    /// The store does not wait for the disk before it says that it has a batch: a power cut loses it.
    case synchronousNormal = "synchronous-normal"
}
