import Dispatch
import Synchronization

/// Does the same with each of some items, on all cores.
struct ParallelRun<Item, Value> {
    private let items: [Item]
    private let body: (Item, QueryScratch) throws -> Value

    init(_ items: [Item], _ body: @escaping (Item, QueryScratch) throws -> Value) {
        self.items = items
        self.body = body
    }

    /// What became of each; after a failure nothing more is begun, and the first is thrown.
    func results(_ scratches: ScratchPool, _ deadline: ReadDeadline) throws -> [Value] {
        var results = [Result<Value, any Error>?](repeating: nil, count: items.count)
        let hasFailed = Atomic(false)
        results.withUnsafeMutableBufferPointer { results in
            // Each turn writes a place of its own.
            nonisolated(unsafe) let results = results
            nonisolated(unsafe) let run = self
            DispatchQueue.concurrentPerform(iterations: items.count) { index in
                guard !hasFailed.load(ordering: .relaxed) else { return }
                results[index] = Result {
                    try deadline.check()
                    return try scratches.with { try run.body(run.items[index], $0) }
                }
                if case .failure = results[index] { hasFailed.store(true, ordering: .relaxed) }
            }
        }
        for case .failure(let error)? in results { throw error }
        return try results.map { try $0!.get() }
    }
}
