import Dispatch
import FleetModel
import FleetRuntime
import GRDB
import GRDBSQLite
import Synchronization

/// The fleet's database: what machines sent, what they need, and what was ordered for them, in one SQLite file.
///
/// One connection writes and checkpoints, on a queue of its own; readers have read-only connections, and each read is
/// bounded in time. Nothing of it runs on the threads of Swift's tasks, but for the first two milliseconds of a question.
package final class FleetDatabase: Sendable {
    package let path: String
    let access: Access
    /// What the configuration says; it may be read anew.
    private let settings: Mutex<(catalog: Catalog, limits: IngestLimits, retention: RetentionSettings)>
    var catalog: Catalog { settings.withLock { $0.catalog } }
    var limits: IngestLimits { settings.withLock { $0.limits } }
    var retention: RetentionSettings { settings.withLock { $0.retention } }
    let quarantineBounds: QuarantineBounds
    let keepsBallast: Bool
    /// How much may still be written beside a file.
    let freeBytes: @Sendable (String) -> Int64
    /// The ballast was given back, and there has not been room for it since.
    let isReserveSpent: Atomic<Bool>
    /// `nil` when the file was opened to be looked at only.
    let writer: DatabaseQueue?
    let readers: Readers
    /// What the writing connection knows by heart. Only its queue touches it, so nobody ever waits for it.
    let ledger: Mutex<Ledger>
    /// What the journal has and no segment has yet.
    let head: Head
    /// What rows of signals and of their lists mean, as far as committed.
    let knownNames = Mutex(StoredNames())
    let log = WriteAheadLog()
    let sealRules: SealRules
    /// What questions may take.
    let queryLimits: QueryLimits
    let scratches = ScratchPool()
    /// What is in memory of the segments that were asked about lately.
    let segments: SegmentCatalogue
    /// What rows of imports said beside their values, as far as committed.
    let knownTags = Mutex(StoredTags())
    /// When the journal was last empty or moved into segments.
    let sealedAt = Mutex<Timestamp?>(nil)
    let mergeQueue = Mutex(MergeQueue())
    let expiryWalk = Mutex(ExpiryWalk())
    private let lock: Mutex<FileLock?>
    /// The file that was opened.
    private let identity: FileIdentity?

    /// How long one read may take.
    static let readBudget = Duration.seconds(5)

    init(
        path: String, access: Access, catalog: Catalog, limits: IngestLimits, retention: RetentionSettings,
        quarantineBounds: QuarantineBounds, keepsBallast: Bool,
        freeBytes: @escaping @Sendable (String) -> Int64, writer: DatabaseQueue?, readers: Readers, head: Head,
        sealRules: SealRules, queryLimits: QueryLimits, lock: FileLock?
    ) {
        self.queryLimits = queryLimits
        segments = SegmentCatalogue(byteLimit: queryLimits.catalogueBytes)
        self.sealRules = sealRules
        self.path = path
        self.access = access
        self.head = head
        ledger = Mutex(Ledger(head: head))
        settings = Mutex((catalog, limits, retention))
        self.quarantineBounds = quarantineBounds
        self.keepsBallast = keepsBallast
        self.freeBytes = freeBytes
        isReserveSpent = Atomic(keepsBallast && Ballast(database: path).isSpent)
        self.writer = writer
        self.readers = readers
        self.lock = Mutex(lock)
        identity = FileIdentity(path)
    }

    /// Goes by another configuration from now on.
    package func take(catalog: Catalog, limits: IngestLimits, retention: RetentionSettings) {
        settings.withLock { $0 = (catalog, limits, retention) }
        // What is to be kept for less goes now, not in an hour.
        expiryWalk.withLock { $0.begunAt = nil }
    }

    /// Refuses to store what nobody would find: the file that was opened is not there under its name any more.
    func checkFile() throws(StoreFailure) {
        guard FileIdentity(path) != identity else { return }
        throw .damaged(
            "\(path) was removed or replaced while it was in use; stop the daemon and put the database or a backup in its place"
        )
    }

    /// Ends all connections, the writing one last, so that it leaves no log behind, and lifts the lock.
    package func close() async {
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            FleetDatabase.background.async { [self] in
                try? readers.close()
                if let writer {
                    try? writer.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
                    try? writer.close()
                }
                lock.withLock {
                    $0?.lift()
                    $0 = nil
                }
                done.resume()
            }
        }
    }

    /// For opening, closing and copying, which block.
    static let background = DispatchQueue(label: "FleetStore.background", attributes: .concurrent)
}

extension FleetDatabase {
    /// One transaction on the writing connection: all of it or nothing.
    ///
    /// Once begun it is finished even when the calling task is cancelled: a commit that may or may not have happened
    /// would be worth nothing. After a failure the ledger is thrown away, since it may hold what was rolled back.
    func write<Result: Sendable>(
        _ doing: String, _ body: @escaping @Sendable (Database, inout Ledger) throws -> Result
    ) async throws(StoreFailure) -> Result {
        try await onWriter(doing) { [self] db in
            try ledger.withLock { ledger in
                do {
                    try db.beginTransaction(.immediate)
                    let result = try body(db, &ledger)
                    try db.commit()
                    ledger.publish()
                    return result
                } catch {
                    let failure = StoreFailure(
                        error, doing: doing, path: path, systemError: sqlite3_system_errno(db.sqliteConnection),
                        next: afterFullDisk)
                    ledger = Ledger(head: head)
                    // SQLite has already rolled back after some errors, a full disk among them.
                    if db.isInsideTransaction { try db.rollback() }
                    throw failure
                }
            }
        }
    }

    /// Runs `body` on the writing connection, outside a transaction.
    func onWriter<Value: Sendable>(
        _ doing: String, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreFailure) -> Value {
        guard let writer else {
            throw .foreign("\(doing) in \(path): it was opened to be read only")
        }
        let result: Result<Value, StoreFailure> = await withCheckedContinuation { continuation in
            writer.asyncWriteWithoutTransaction { [self] db in
                do {
                    let value = try body(db)
                    continuation.resume(returning: .success(value))
                } catch {
                    continuation.resume(
                        returning: .failure(
                            StoreFailure(
                                error, doing: doing, path: path, systemError: sqlite3_system_errno(db.sqliteConnection),
                                next: afterFullDisk)))
                }
                // After the answer, so that nobody's acknowledgement waits for it.
                log.checkpointIfLong(db)
            }
        }
        return try result.get()
    }

    /// One read transaction on a read-only connection, stopped when its time is up.
    func read<Value: Sendable>(
        _ doing: String, _ breadth: Readers.Breadth = .brief, for caller: ReadDeadline.Caller? = nil,
        _ body: @escaping @Sendable (Database, ReadDeadline) throws -> Value
    ) async throws(StoreFailure) -> Value {
        let result: Result<Value, StoreFailure> = await withCheckedContinuation { continuation in
            readers.read(breadth, for: caller) { db in
                let deadline = ReadDeadline(after: FleetDatabase.readBudget, caller: caller)
                return try deadline.bound(db) { try body(db, deadline) }
            } done: { [path] outcome in
                continuation.resume(
                    returning: outcome.mapError { StoreFailure($0, doing: doing, path: path) })
            }
        }
        return try result.get()
    }
}

extension FleetDatabase {
    /// What follows when there is space again.
    var afterFullDisk: String {
        access == .daemon ? "the daemon goes on by itself" : "then run the same command again"
    }
}

extension FleetDatabase: WriterProbe {
    package func reachWriter() async {
        // Its queue is what may hang; a file that cannot be written is other people's trouble.
        _ = try? await onWriter("cannot be reached") { _ in }
    }
}
