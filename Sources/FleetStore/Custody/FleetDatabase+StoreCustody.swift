import FleetModel
import FleetRuntime
import GRDB

extension FleetDatabase: StoreCustody {
    package func maintain(at now: Timestamp) async throws(StoreFailure) -> DiskStanding {
        try await onWriter("cannot put the database in order") { [self] db in
            if log.hasRested() || walBytes > WriteAheadLog.truncateBytes {
                try log.truncate(db)
            } else if log.bytesSinceLastTry >= WriteAheadLog.passiveBytes {
                try log.checkpoint(db)
            }
        }
        if keepsBallast { await inBackground { Ballast(database: self.path).fill() } }
        return await inBackground { [self] in
            DiskStanding(
                databaseBytes: FileSize.of(path) ?? 0, walBytes: walBytes, freeBytes: FileSize.free(beside: path),
                hasBallast: Ballast(database: path).exists)
        }
    }

    package func releaseBallast() async {
        await inBackground { Ballast(database: self.path).release() }
    }

    private var walBytes: Int64 { FileSize.of(path + "-wal") ?? 0 }

    private func inBackground<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            FleetDatabase.background.async { continuation.resume(returning: body()) }
        }
    }
}
