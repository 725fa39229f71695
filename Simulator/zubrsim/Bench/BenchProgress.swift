import Synchronization

/// What publisher and observer of a benchmark tell each other.
final class BenchProgress: Sendable {
    private let sentCount: Atomic<Int>
    private let acknowledgedCount: Atomic<Int>
    private let consumedCount: Atomic<Int>
    private let isStopAsked = Atomic(false)
    /// When each message was due, by its number less `first`, in nanoseconds of the monotonic clock.
    private let dueTimes = Mutex<[UInt64]>([])
    private let failure = Mutex<CommandFailure?>(nil)
    /// The number of the first message of this round.
    let first: Int

    init(first: Int) {
        self.first = first
        sentCount = Atomic(first)
        acknowledgedCount = Atomic(first)
        consumedCount = Atomic(first)
    }

    /// The next number to be sent; all before it have been.
    var sent: Int {
        get { sentCount.load(ordering: .acquiring) }
        set { sentCount.store(newValue, ordering: .releasing) }
    }
    /// How far the broker has answered.
    var acknowledged: Int {
        get { acknowledgedCount.load(ordering: .relaxed) }
        set { acknowledgedCount.store(newValue, ordering: .relaxed) }
    }
    /// How far the subscriber has come.
    var consumed: Int {
        get { consumedCount.load(ordering: .relaxed) }
        set { consumedCount.store(newValue, ordering: .relaxed) }
    }

    var mustStop: Bool { isStopAsked.load(ordering: .relaxed) }
    func stop() { isStopAsked.store(true, ordering: .relaxed) }

    func note(due time: UInt64) { dueTimes.withLock { $0.append(time) } }
    func dueTime(of number: Int) -> UInt64? {
        dueTimes.withLock { $0.indices.contains(number - first) ? $0[number - first] : nil }
    }

    func fail(_ why: CommandFailure) { failure.withLock { $0 = $0 ?? why } }
    func check() throws {
        if let failure = failure.withLock({ $0 }) { throw failure }
    }
}
