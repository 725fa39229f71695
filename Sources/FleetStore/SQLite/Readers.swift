import GRDB
import Synchronization

/// The connections that read, each with a queue of its own, all opened at the start: what the daemon takes of memory
/// and descriptors is to be seen then, and not after weeks.
///
/// A read is handed to the connection that became idle last, whose pages are in memory still; that is one change of
/// threads, where a `DatabasePool` makes three. Reads that find none idle wait in the order in which they came.
final class Readers: Sendable {
    /// So many reads go on at once.
    static let count = 4

    /// What is done on a connection; `nil` when there is none any more.
    private typealias Job = @Sendable (DatabaseQueue?) -> Void

    private struct State {
        var idle: [DatabaseQueue]
        var waiting: [Job] = []
        var isClosed = false
    }

    private let queues: [DatabaseQueue]
    private let state: Mutex<State>

    init(path: String) throws {
        let queues = try (0..<Readers.count).map { _ in
            try DatabaseQueue(path: path, configuration: Connections.reader())
        }
        self.queues = queues
        state = Mutex(State(idle: queues))
    }

    /// One read transaction on the calling thread, before anybody else reads.
    func first<Value>(_ body: (Database) throws -> Value) throws -> Value { try queues[0].read(body) }

    /// One read transaction; `done` is called on the queue of its connection, which is idle again by then.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value,
        done: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let job: Job = { [self] queue in
            guard let queue else {
                done(.failure(DatabaseError(resultCode: .SQLITE_MISUSE, message: "the database is closed")))
                return
            }
            queue.asyncWriteWithoutTransaction { [self] db in
                let result = Result { try Readers.inTransaction(db, body) }
                giveBack(queue)
                done(result)
            }
        }
        let (queue, mustWait): (DatabaseQueue?, Bool) = state.withLock { state in
            if let queue = state.idle.popLast() { return (queue, false) }
            if !state.isClosed { state.waiting.append(job) }
            return (nil, !state.isClosed)
        }
        if !mustWait { job(queue) }
    }

    private func giveBack(_ queue: DatabaseQueue) {
        let next: Job? = state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            if !state.isClosed { state.idle.append(queue) }
            return nil
        }
        next?(queue)
    }

    /// What is seen does not change within it.
    private static func inTransaction<Value>(_ db: Database, _ body: (Database) throws -> Value) throws -> Value {
        try HotStatement(db, "BEGIN DEFERRED").run()
        do {
            let value = try body(db)
            try HotStatement(db, "COMMIT").run()
            return value
        } catch {
            // SQLite has already ended it after some errors.
            if db.isInsideTransaction { try HotStatement(db, "ROLLBACK").run() }
            throw error
        }
    }

    /// Ends all connections after what they are at; reads that wait for one fail.
    func close() throws {
        let left: [Job] = state.withLock { state in
            defer { state = State(idle: [], isClosed: true) }
            return state.waiting
        }
        for job in left { job(nil) }
        for queue in queues { try queue.close() }
    }
}
