import Glibc
import Synchronization

/// Whether somebody asked the program to end; a signal handler may do no more than remember that.
private let wasAsked = Atomic<Bool>(false)

package enum Interruption {
    /// From here on these signals end nothing by themselves: the program sees `isAsked` and ends in order.
    ///
    /// - Parameter endsAtSecond: for a run with nothing to put away, a second signal ends it at once,
    ///   and ten seconds after the first it ends in any case.
    package static func listen(to signals: [Int32], endsAtSecond: Bool) {
        for number in signals {
            // A C function holds no state, so each behaviour is a function of its own.
            if endsAtSecond {
                signal(number) { number in
                    if wasAsked.exchange(true, ordering: .relaxed) { _exit(128 + number) }
                    // Who waits for a broker that is gone does not come to look.
                    alarm(10)
                }
            } else {
                signal(number) { _ in wasAsked.store(true, ordering: .relaxed) }
            }
        }
    }

    package static var isAsked: Bool { wasAsked.load(ordering: .relaxed) }
}
