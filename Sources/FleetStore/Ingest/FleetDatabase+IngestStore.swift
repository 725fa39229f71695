import FleetModel
import FleetRuntime
import GRDB

extension FleetDatabase: IngestStore {
    package func commit(_ batch: IngestBatch) async throws(StoreFailure) -> IngestReceipt {
        try checkFile()
        try await checkReserve()
        try await makeRoom(at: batch.newestArrival)
        return try await write("cannot store what came in") { [self] db, ledger in
            var intake = Intake(limits: limits, isRetry: !batch.released.isEmpty)
            for message in batch.frames { try intake.take(message, &ledger, db) }
            for report in batch.connections { try intake.take(report, &ledger, db) }
            for reply in batch.replies { try intake.take(reply, &ledger, db) }
            var rejected = batch.rejected
            if batch.released.isEmpty {
                rejected += intake.refused
            } else if intake.refused.isEmpty {
                try Quarantine.release(batch.released, at: batch.newestArrival, &ledger, db)
            }
            try Quarantine.add(rejected, within: quarantineBounds, &ledger, db)
            if batch.redeliveredMessages > 0 {
                ledger.add(Int64(batch.redeliveredMessages), to: Total.redeliveredMessages)
            }
            try intake.write(&ledger, db)
            try ledger.settle(db)
            return IngestReceipt(
                cursor: JournalCursor(try ledger.lastPosition(db)), storedFrames: intake.storedFrames,
                duplicateFrames: intake.duplicateFrames, storedReadings: intake.storedReadings, refused: intake.refused)
        }
    }
}

extension IngestBatch {
    /// When the last of it came: the batch's own idea of now.
    fileprivate var newestArrival: Timestamp {
        let arrivals = [
            frames.last?.receivedAt, connections.last?.receivedAt, replies.last?.receivedAt, rejected.last?.receivedAt,
        ]
        return arrivals.compactMap { $0 }.max() ?? .epoch
    }
}
