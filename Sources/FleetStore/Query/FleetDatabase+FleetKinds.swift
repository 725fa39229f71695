import FleetModel
import FleetRuntime

extension FleetDatabase {
    /// Answers a question of the benchmark suite; stops when the caller's task is cancelled.
    package func answer(_ question: FleetQuestion) async throws(StoreFailure) -> FleetAnswer {
        // Before the transaction: see `Head.runs`.
        let head = head.runs
        return try await answering("cannot answer \(question.kind.rawValue)") { [self] db, deadline in
            let finder = try ColumnFinder(self, head, db, deadline)
            let engine = KindEngine(
                question: question, finder: finder,
                work: ColumnWork(db: db, deadline: deadline, scratches: scratches, limits: queryLimits),
                tags: try tags(db, finder.marks))
            return try engine.answer()
        }
    }
}
