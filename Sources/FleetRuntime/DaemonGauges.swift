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
        var configuration = ConfigurationDocument()
        var backup: BackupDocument?
    }

    /// What can be wrong, one line each; the newest text stands until it is over.
    package enum Trouble: String, CaseIterable, Sendable {
        case store, disk, registry, journal, evaluation, delivery, clock, configuration, backup
    }

    private let reading = Mutex(Reading())

    package init() {}

    package func committed(
        _ receipt: IngestReceipt, messages: Int, rejected: [RejectedMessage], took: Duration, at now: Timestamp
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
        }
    }

    /// How far the evaluator has read.
    package func evaluated(to cursor: JournalCursor) { reading.withLock { $0.evaluated = cursor } }

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
            return document
        }
    }

    package var disk: (standing: DiskStanding?, fullAt: Timestamp?) {
        reading.withLock { ($0.disk, $0.fullSince ?? $0.fullAt) }
    }

    package var configuration: ConfigurationDocument { reading.withLock { $0.configuration } }
    package func update(configuration: ConfigurationDocument) { reading.withLock { $0.configuration = configuration } }

    package var backup: BackupDocument? { reading.withLock { $0.backup } }
    package func update(backup: BackupDocument?) { reading.withLock { $0.backup = backup } }

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
