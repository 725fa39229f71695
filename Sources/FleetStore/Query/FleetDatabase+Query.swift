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

    /// A wide read for somebody who may go away.
    func answering<Value: Sendable>(
        _ doing: String, _ body: @escaping @Sendable (Database, ReadDeadline) throws -> Value
    ) async throws(StoreFailure) -> Value {
        let caller = ReadDeadline.Caller()
        let result: Result<Value, StoreFailure> = await withTaskCancellationHandler {
            do throws(StoreFailure) {
                return .success(
                    try await read(doing, .wide, for: caller) { [self] db, deadline in
                        defer { segments.trim() }
                        return try body(db, deadline)
                    })
            } catch {
                return .failure(error)
            }
        } onCancel: {
            caller.leave()
            readers.dismissGone()
        }
        return try result.get()
    }
}
