import FleetRuntime
import Synchronization

/// Counts what all threads that work on a question make of it, so that one that comes to too much ends at once.
final class SharedCount: Sendable {
    private let limit: Int
    private let failure: StoreFailure
    private let count = Atomic(0)

    /// - Parameter failure: what is thrown beyond `limit`.
    init(limit: Int, or failure: StoreFailure) {
        self.limit = limit
        self.failure = failure
    }

    func add(_ number: Int) throws {
        guard count.add(number, ordering: .relaxed).newValue > limit else { return }
        throw failure
    }
}
