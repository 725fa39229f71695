import Glibc
import Synchronization

/// Whether somebody asked the program to end; a signal handler may do no more than remember that.
private let wasInterrupted = Atomic<Bool>(false)

enum Interruption {
    /// Ctrl-C and `kill` end the run in order: counts and truth are still written. A second one ends it at once.
    static func listen() {
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                if wasInterrupted.exchange(true, ordering: .relaxed) { _exit(128 + number) }
            }
        }
    }

    static var isAsked: Bool { wasInterrupted.load(ordering: .relaxed) }
}
