import CMosquitto
import Glibc
import Synchronization

/// Runs an actor's work on one thread of its own, in order, so that the actor may block in C calls.
///
/// The thread lives as long as the executor, that is as long as its actor: work that comes late still finds it.
final class ThreadExecutor: SerialExecutor {
    private let queue = Queue()

    init(name: String) {
        let queue = queue
        OwnThread.start(named: name) { queue.run() }
    }

    deinit { queue.end() }

    func enqueue(_ job: consuming ExecutorJob) {
        queue.add(UnownedJob(job), for: asUnownedSerialExecutor())
    }

    /// What the thread works through. Apart from the executor, so that the thread does not keep the executor alive.
    private final class Queue: Sendable {
        private struct Contents {
            var jobs: [(job: UnownedJob, executor: UnownedSerialExecutor)] = []
            var isEnded = false
        }

        private let contents = Mutex(Contents())
        /// Counts what there is to do; blocking, one at a time.
        private let bell: Int32

        init() {
            bell = eventfd(0, Int32(EFD_CLOEXEC))
            precondition(bell >= 0, "no eventfd: \(String(cString: strerror(errno)))")
        }

        deinit { close(bell) }

        func add(_ job: UnownedJob, for executor: UnownedSerialExecutor) {
            contents.withLock { $0.jobs.append((job, executor)) }
            ring()
        }

        func end() {
            contents.withLock { $0.isEnded = true }
            ring()
        }

        func run() {
            while true {
                var count: UInt64 = 0
                _ = read(bell, &count, 8)
                let (jobs, isEnded) = contents.withLock { contents in
                    defer { contents.jobs.removeAll() }
                    return (contents.jobs, contents.isEnded)
                }
                for (job, executor) in jobs { job.runSynchronously(on: executor) }
                if isEnded { return }
            }
        }

        private func ring() {
            var one: UInt64 = 1
            _ = write(bell, &one, 8)
        }
    }
}
