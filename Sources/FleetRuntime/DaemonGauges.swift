import FleetModel
import Synchronization

/// What the loops tell the world of themselves: counters and present troubles, read by the status page.
package final class DaemonGauges: Sendable {
    private struct Reading {
        var ingest = IngestDocument()
        var journal = JournalCursor.start
        var evaluated = JournalCursor.start
        var troubles: [Trouble: String] = [:]
        var commitMilliseconds = RecentValues(capacity: 512)
        var disk: DiskStanding?
        var fullAt: Timestamp?
        /// Since when nothing could be stored for want of space.
        var fullSince: Timestamp?
        var ingestProgress = IngestProgress()
        var counters = DaemonCounters()
        var trail = CommitTrail()
        /// Received less observed, seconds.
        var fleetDelaySeconds = RecentValues(capacity: 512)
        var meterJumps: [MeterJumpDocument] = []
    }

    /// Whether the ingest loop goes round.
    package struct IngestProgress: Sendable, Hashable {
        package var rounds: Int64 = 0
        /// It waits before its next try, and means to.
        package var isWaiting = false
    }

    /// What can be wrong, one line each; the newest text stands until it is over.
    package enum Trouble: String, CaseIterable, Sendable {
        case store, disk, registry, journal, evaluation, delivery, metrics
    }

    private let reading = Mutex(Reading())

    package init() {}

    /// - Parameters:
    ///   - redelivered: how many of the messages the broker said it had sent before.
    ///   - delay: how long the newest frame of the batch was under way, by its clock and ours.
    package func committed(
        _ receipt: IngestReceipt, messages: Int, rejected: [RejectedMessage], took: Duration, at now: Timestamp,
        redelivered: Int = 0, delay: Duration? = nil
    ) {
        reading.withLock {
            $0.ingest.messages += Int64(messages)
            $0.ingest.frames += Int64(receipt.storedFrames)
            $0.ingest.readings += Int64(receipt.storedReadings)
            $0.ingest.duplicates += Int64(receipt.duplicateFrames)
            $0.ingest.commits += 1
            $0.ingest.lastCommitAt = now
            $0.journal = max($0.journal, receipt.cursor)
            for message in rejected + receipt.refused {
                $0.ingest.rejected[message.rejection.reason.rawValue, default: 0] += 1
            }
            $0.commitMilliseconds.append(took.inSeconds * 1_000)
            $0.counters.redeliveredMessages += Int64(redelivered)
            $0.counters.commitSeconds.observe(took.inSeconds)
            $0.counters.batchMessages.observe(Double(messages))
            $0.trail.committed(to: receipt.cursor, at: now)
            if let delay { $0.fleetDelaySeconds.append(delay.inSeconds) }
        }
    }

    /// The ingest loop has completed a round, with or without anything to store.
    package func ingestTurned() { reading.withLock { $0.ingestProgress.rounds += 1 } }

    /// The ingest loop waits before its next try, or does so no longer.
    package func ingestWaits(_ isWaiting: Bool) { reading.withLock { $0.ingestProgress.isWaiting = isWaiting } }

    package var ingestProgress: IngestProgress { reading.withLock { $0.ingestProgress } }

    package func commitFailed(_ failure: StoreFailure) {
        reading.withLock { $0.counters.commitFailures[failure.cause, default: 0] += 1 }
    }

    /// The courier has looked what must leave.
    package func found(due dispatches: Int) { reading.withLock { $0.counters.dispatchesDue = dispatches } }

    /// The broker took a dispatch, which it had taken `attempts` times before, or refused it.
    package func dispatched(attempts: Int, isRefused: Bool) {
        reading.withLock {
            if isRefused {
                $0.counters.dispatchesRefused += 1
            } else {
                $0.counters.dispatchesPublished += 1
                if attempts > 0 { $0.counters.dispatchesRepeated += 1 }
            }
        }
    }

    /// Meters that have jumped lately, the newest first.
    package func update(meterJumps: [MeterJumpDocument]) { reading.withLock { $0.meterJumps = meterJumps } }
    package var meterJumps: [MeterJumpDocument] { reading.withLock { $0.meterJumps } }

    /// How far the evaluator has read.
    package func evaluated(to cursor: JournalCursor) {
        reading.withLock {
            $0.evaluated = cursor
            $0.trail.read(to: cursor)
        }
    }

    package func counters(at now: Timestamp) -> DaemonCounters {
        reading.withLock {
            var counters = $0.counters
            counters.evaluatorLag = $0.trail.lag(at: now)
            return counters
        }
    }

    package func update(disk: DiskStanding, fullAt: Timestamp?) {
        reading.withLock {
            $0.disk = disk
            $0.fullAt = fullAt
        }
    }

    /// Something is wrong until `over` is called.
    package func trouble(_ trouble: Trouble, _ text: String) { reading.withLock { $0.troubles[trouble] = text } }
    package func over(_ trouble: Trouble) {
        reading.withLock {
            $0.troubles[trouble] = nil
            if trouble == .store { $0.fullSince = nil }
        }
    }

    /// Nothing can be stored for want of space; the forecast of when the disk is full has come true.
    package func full(at now: Timestamp) { reading.withLock { $0.fullSince = $0.fullSince ?? now } }

    package var ingest: IngestDocument {
        reading.withLock {
            var document = $0.ingest
            document.evaluatorLag = max(0, $0.journal.position - $0.evaluated.position)
            document.commitMillisecondsP50 = $0.commitMilliseconds.quantile(0.5)
            document.commitMillisecondsP99 = $0.commitMilliseconds.quantile(0.99)
            document.fleetDelaySecondsP50 = $0.fleetDelaySeconds.quantile(0.5)
            return document
        }
    }

    package var disk: (standing: DiskStanding?, fullAt: Timestamp?) {
        reading.withLock { ($0.disk, $0.fullSince ?? $0.fullAt) }
    }

    package var problems: [String] {
        reading.withLock { reading in Trouble.allCases.compactMap { reading.troubles[$0] } }
    }
}

/// The last so many values, for quantiles of the recent past.
struct RecentValues: Sendable {
    private var values: [Double] = []
    private var next = 0
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    mutating func append(_ value: Double) {
        if values.count < capacity {
            values.append(value)
        } else {
            values[next] = value
            next = (next + 1) % capacity
        }
    }

    /// `nil` before the first value.
    func quantile(_ share: Double) -> Double? {
        guard !values.isEmpty else { return nil }
        return values.sorted()[min(values.count - 1, Int(Double(values.count) * share))]
    }
}
