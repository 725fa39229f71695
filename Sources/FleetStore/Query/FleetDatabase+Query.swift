import FleetModel
import FleetRuntime
import GRDB

extension FleetDatabase {
    /// Answers a question about series; stops when the caller's task is cancelled.
    package func answer(_ question: SeriesQuestion) async throws(StoreFailure) -> SeriesAnswer {
        // Before the transaction: see `Head.runs`.
        let head = head.runs
        return try await answering("cannot answer the question") { [self] db, deadline in
            let finder = try ColumnFinder(self, head, db, deadline)
            let work = ColumnWork(db: db, deadline: deadline, scratches: scratches, limits: queryLimits)
            return try SeriesEngine(question: question, finder: finder, work: work).answer()
        }
    }

    /// A wide read for somebody who may go away. What takes longer than a moment is begun anew on a thread of its own.
    func answering<Value: Sendable>(
        _ doing: String, _ body: @escaping @Sendable (Database, ReadDeadline) throws -> Value
    ) async throws(StoreFailure) -> Value {
        let work: @Sendable (Database, ReadDeadline) throws -> Value = { [self] db, deadline in
            defer { segments.trim() }
            return try body(db, deadline)
        }
        let budget = Task.isCancelled ? .zero : queryLimits.atOnce
        if budget > .zero, let value = try answerAtOnce(doing, budget, work) { return value }
        let caller = ReadDeadline.Caller()
        let result: Result<Value, StoreFailure> = await withTaskCancellationHandler {
            do throws(StoreFailure) {
                return .success(try await read(doing, .wide, for: caller, work))
            } catch {
                return .failure(error)
            }
        } onCancel: {
            caller.leave()
            readers.dismissGone()
        }
        return try result.get()
    }

    /// `nil` when it would take longer than the budget, or no connection is idle.
    private func answerAtOnce<Value>(
        _ doing: String, _ budget: Duration, _ work: (Database, ReadDeadline) throws -> Value
    ) throws(StoreFailure) -> Value? {
        let result = readers.readAtOnce(.wide) { db in
            let deadline = ReadDeadline(after: budget, isAtOnce: true)
            return try deadline.bound(db) { try work(db, deadline) }
        }
        switch result {
        case .success(let value): return value
        case .failure(let error as DatabaseError) where error.resultCode == .SQLITE_INTERRUPT: return nil
        case .failure(let error): throw StoreFailure(error, doing: doing, path: path)
        case nil: return nil
        }
    }
}
