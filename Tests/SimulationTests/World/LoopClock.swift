import Synchronization

/// The clock of one loop: to sleep is to note until when; the run lets the loop go on when that has come.
final class LoopClock: Clock, Sendable {
    private let base = ContinuousClock.now
    private let state = Mutex((elapsed: Duration.zero, wakesAt: Duration.zero))

    var now: ContinuousClock.Instant { base + state.withLock { $0.elapsed } }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        state.withLock { $0.wakesAt = deadline - base }
    }

    func advance(to elapsed: Duration) { state.withLock { $0.elapsed = elapsed } }
    var isAwake: Bool { state.withLock { $0.wakesAt <= $0.elapsed } }
}
