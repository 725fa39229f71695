import GRDB
import Synchronization

/// The connections that read, each with a queue of its own, all opened at the start: what the daemon takes of memory
/// and descriptors is to be seen then, and not after weeks.
///
/// A read is handed to the connection that became idle last, whose pages are in memory still; that is one change of
/// threads, where a `DatabasePool` makes three. Reads that find none idle wait in the order in which they came, the wide
/// ones behind all others.
final class Readers: Sendable {
    /// So many reads go on at once.
    static let count = 4

    /// So many of them may be wide ones: the others are left to ingest, evaluation and what is quickly answered.
    static let wideCount = 2

    enum Breadth {
        case brief
        /// May take its whole time: somebody asks about years of many machines.
        case wide
    }

    /// What is done on a connection, or without one when it will get none.
    private typealias Job = @Sendable (Result<DatabaseQueue, any Error>) -> Void

    private struct Waiting {
        var caller: ReadDeadline.Caller?
        var job: Job
    }

    private struct State {
        var idle: [DatabaseQueue]
        var brief: [Waiting] = []
        var wide: [Waiting] = []
        /// How many wide ones are going on.
        var wideCount = 0
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
    ///
    /// - Parameter caller: when he is gone before its turn it is not begun; see `dismissGone`.
    func read<Value: Sendable>(
        _ breadth: Breadth = .brief, for caller: ReadDeadline.Caller? = nil,
        _ body: @escaping @Sendable (Database) throws -> Value,
        done: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let job: Job = { [self] turn in
            switch turn {
            case .failure(let error): done(.failure(error))
            case .success(let queue):
                queue.asyncWriteWithoutTransaction { [self] db in
                    let result = Result { try Readers.inTransaction(db, body) }
                    giveBack(queue, after: breadth)
                    done(result)
                }
            }
        }
        let turn: Result<DatabaseQueue, any Error>? = state.withLock { state in
            guard !state.isClosed else { return .failure(Readers.closed) }
            if caller?.isGone ?? false { return .failure(Readers.gone) }
            if breadth == .brief || state.wideCount < Readers.wideCount, let queue = state.idle.popLast() {
                if breadth == .wide { state.wideCount += 1 }
                return .success(queue)
            }
            let waiting = Waiting(caller: caller, job: job)
            switch breadth {
            case .brief: state.brief.append(waiting)
            case .wide: state.wide.append(waiting)
            }
            return nil
        }
        if let turn { job(turn) }
    }

    /// Ends the wide reads that wait for their turn and whose callers are gone.
    func dismissGone() {
        let gone: [Waiting] = state.withLock { state in
            var (gone, left): ([Waiting], [Waiting]) = ([], [])
            for one in state.wide {
                if one.caller?.isGone ?? false { gone.append(one) } else { left.append(one) }
            }
            state.wide = left
            return gone
        }
        for one in gone { one.job(.failure(Readers.gone)) }
    }

    private static var closed: DatabaseError {
        DatabaseError(resultCode: .SQLITE_MISUSE, message: "the database is closed")
    }

    private static var gone: DatabaseError { DatabaseError(resultCode: .SQLITE_INTERRUPT) }

    /// One read transaction on the calling thread, if a connection is idle; `nil` when none is.
    func readAtOnce<Value>(_ breadth: Breadth, _ body: (Database) throws -> Value) -> Result<Value, any Error>? {
        let idle: DatabaseQueue? = state.withLock { state in
            guard breadth == .brief || state.wideCount < Readers.wideCount, let queue = state.idle.popLast() else {
                return nil
            }
            if breadth == .wide { state.wideCount += 1 }
            return queue
        }
        guard let idle else { return nil }
        // Nobody else uses the queue, so that its work is done right here.
        let result = Result { try idle.writeWithoutTransaction { try Readers.inTransaction($0, body) } }
        giveBack(idle, after: breadth)
        return result
    }

    private func giveBack(_ queue: DatabaseQueue, after breadth: Breadth) {
        let next: Waiting? = state.withLock { state in
            if breadth == .wide { state.wideCount -= 1 }
            if !state.brief.isEmpty { return state.brief.removeFirst() }
            if !state.wide.isEmpty, state.wideCount < Readers.wideCount {
                state.wideCount += 1
                return state.wide.removeFirst()
            }
            if !state.isClosed { state.idle.append(queue) }
            return nil
        }
        next?.job(.success(queue))
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
        let left: [Waiting] = state.withLock { state in
            let left = state.brief + state.wide
            // Those that are at it still end as what they are.
            state = State(idle: [], wideCount: state.wideCount, isClosed: true)
            return left
        }
        for one in left { one.job(.failure(Readers.closed)) }
        for queue in queues { try queue.close() }
    }
}
