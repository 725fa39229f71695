import Glibc
import Synchronization

/// Whether somebody asked us to end; a signal handler may do no more than remember that.
private let isAsked = Atomic<Bool>(false)

enum Interruption {
    /// From here on Ctrl-C and `kill` are remembered and end nothing by themselves.
    static func listen() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { _ in isAsked.store(true, ordering: .relaxed) }
        }
    }

    static var hasCome: Bool { isAsked.load(ordering: .relaxed) }
}
