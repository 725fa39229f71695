import Synchronization

/// How far the publishing may have come: each life of the daemon gets an equal share of the messages, evenly over it.
final class ChaosPace: Sendable {
    private struct Stretch {
        var number = 0
        var began = ContinuousClock.now
        var length = Duration.seconds(1)
    }

    private let plan: ChaosPlan
    private let stretch = Mutex(Stretch())

    init(_ plan: ChaosPlan) { self.plan = plan }

    /// The daemon's life `number` begins, counted from 0; the last one is after the last kill.
    func begin(stretch number: Int) {
        let length = plan.lives.indices.contains(number) ? plan.lives[number] : .milliseconds(300)
        stretch.withLock { $0 = Stretch(number: number, length: length) }
    }

    /// Which life of the daemon it is, which is also how many kills are done.
    var stretchNumber: Int { stretch.withLock { $0.number } }

    /// How many messages may have been published by now.
    var allowed: Int {
        stretch.withLock { stretch in
            let share = min(1, (ContinuousClock.now - stretch.began) / stretch.length)
            return Int((Double(stretch.number) + share) / Double(plan.kills + 1) * Double(plan.messages)) + 1
        }
    }
}
