import Synchronization

/// How far the publishing may have come: each life of the daemon gets an equal share of the messages, evenly over it.
final class ChaosPace: Sendable {
    private struct Stretch {
        var number = 0
        var began = ContinuousClock.now
        var length = Duration.seconds(1)
        var isHeld = false
        /// The part of its messages that may have been published.
        var part = 1.0
    }

    private let plan: ChaosPlan
    private let stretch = Mutex(Stretch())

    init(_ plan: ChaosPlan) { self.plan = plan }

    /// The daemon's life `number` begins, counted from 0; the last one is after the last kill.
    ///
    /// Not more than `part` of its messages are published before `allow` says more: on a busy machine the life may be over
    /// when an act of it begins, which then needs something that is still to be stored.
    func begin(stretch number: Int, part: Double) {
        stretch.withLock { $0 = Stretch(number: number, length: plan.lives[number], isHeld: $0.isHeld, part: part) }
    }

    func allow(part: Double) { stretch.withLock { $0.part = part } }

    /// Nothing more is published until it is let go again.
    func hold(_ isHeld: Bool) { stretch.withLock { $0.isHeld = isHeld } }

    /// Which life of the daemon it is, which is also how many kills are done.
    var stretchNumber: Int { stretch.withLock { $0.number } }

    /// How many messages may have been published by now.
    var allowed: Int {
        stretch.withLock { stretch in
            guard !stretch.isHeld else { return 0 }
            let share = min(stretch.part, (ContinuousClock.now - stretch.began) / stretch.length)
            return Int((Double(stretch.number) + share) / Double(plan.kills + 1) * Double(plan.items)) + 1
        }
    }
}
