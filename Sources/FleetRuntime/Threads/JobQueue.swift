import Dispatch
import Synchronization

/// What a thread works through, in order, sleeping when there is nothing.
///
/// Apart from the executor that fills it, so that the thread does not keep the executor alive.
package final class JobQueue: Sendable {
    package typealias Job = @Sendable () -> Void

    private struct Contents {
        var jobs: [Job] = []
        var isEnded = false
    }

    private let contents = Mutex(Contents())
    /// Counts what there is to do.
    private let bell = DispatchSemaphore(value: 0)

    package init() {}

    package func add(_ job: @escaping Job) {
        contents.withLock { $0.jobs.append(job) }
        bell.signal()
    }

    /// `run` returns when it has done what is left.
    package func end() {
        contents.withLock { $0.isEnded = true }
        bell.signal()
    }

    /// Belongs to the thread, and returns after `end`.
    package func run() {
        while true {
            bell.wait()
            let (jobs, isEnded) = contents.withLock { contents in
                defer { contents.jobs.removeAll() }
                return (contents.jobs, contents.isEnded)
            }
            for job in jobs { job() }
            if isEnded { return }
        }
    }
}
