import FleetModel
import FleetRuntime
import GRDB
import GRDBSQLite

extension FleetDatabase: StoreCustody {
    package func maintain(at now: Timestamp) async throws(StoreFailure) -> DiskStanding {
        try await onWriter("cannot put the database in order") { [self] db in
            // Asked once: both remember that they were.
            if log.hasRested() || walBytes > WriteAheadLog.truncateBytes {
                try withReserve(db) { try log.truncate(db) }
            } else if log.bytesSinceLastTry >= WriteAheadLog.moveBytes {
                try withReserve(db) { try log.checkpoint(db) }
            }
        }
        return await inBackground { [self] in
            if keepsBallast {
                ballast.fill(freeBytes: freeBytes(path))
                if ballast.exists { isReserveSpent.store(false, ordering: .relaxed) }
            }
            let checkpoints = log.checkpoints
            return DiskStanding(
                databaseBytes: FileSize.of(path) ?? 0, walBytes: walBytes, freeBytes: freeBytes(path),
                hasBallast: ballast.exists, checkpoints: checkpoints.count, checkpointSeconds: checkpoints.seconds)
        }
    }

    package func tidy(at now: Timestamp) async throws(StoreFailure) -> Bool {
        if try await seal(at: now) { return true }
        if try await expire(at: now) { return true }
        if try await merge() { return true }
        return try await giveBackPages { free, all in free > FleetDatabase.pagesAtOnce && free > all / 10 }
    }

    /// Gives pages that nothing uses any more back to the disk, some at a time; returns whether it did.
    func giveBackPages(
        when isWorthIt: @escaping @Sendable (_ free: Int, _ all: Int) -> Bool
    ) async throws(StoreFailure) -> Bool {
        try await onWriter("cannot make the database smaller") { db in
            func count(_ pages: String) throws -> Int {
                try Int.fetchOne(db.cachedStatement(sql: "PRAGMA \(pages)_count")) ?? 0
            }
            let free = try count("freelist")
            guard isWorthIt(free, try count("page")) else { return false }
            try db.execute(sql: "PRAGMA incremental_vacuum(\(FleetDatabase.pagesAtOnce))")
            // A file that somebody made without that setting keeps them.
            return try count("freelist") < free
        }
    }

    private static let pagesAtOnce = 256

    package func releaseBallast() async {
        await inBackground { self.spendReserve() }
    }

    /// Refuses to store what came in while the only room is what the ballast gave back: a checkpoint needs that.
    func checkReserve() async throws(StoreFailure) {
        guard isReserveSpent.load(ordering: .relaxed) else { return }
        let free = await inBackground { [self] in freeBytes(path) }
        guard free < Ballast.bytes + Ballast.margin else { return }
        throw .diskFull(
            "cannot store what came in in \(path): only the reserve is left (\(free >> 20) MB), which is kept for putting the database in order; free space on its disk, the daemon goes on by itself"
        )
    }

    /// Runs `body`; when the disk has no room even for that, gives the ballast back and runs it once more.
    func withReserve(_ db: Database, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            let failure = StoreFailure(
                error, doing: "cannot put the database in order", path: path,
                systemError: sqlite3_system_errno(db.sqliteConnection), next: afterFullDisk)
            guard case .diskFull = failure, keepsBallast, ballast.exists else { throw failure }
            spendReserve()
            try body()
        }
    }

    private func spendReserve() {
        guard keepsBallast else {
            ballast.remove()
            return
        }
        // What is not there cannot be spent: on a disk too small for a ballast everything goes on as far as it can.
        guard ballast.exists else { return }
        isReserveSpent.store(true, ordering: .relaxed)
        ballast.spend()
    }

    private var ballast: Ballast { Ballast(database: path) }

    private var walBytes: Int64 { FileSize.of(path + "-wal") ?? 0 }

    func inBackground<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            FleetDatabase.background.async { continuation.resume(returning: body()) }
        }
    }
}
