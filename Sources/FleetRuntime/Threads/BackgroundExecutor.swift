import Glibc
import Logging

/// Runs tasks on one thread that gives way to every other: for work that may be late but must not make others late.
///
/// When the processor is free it runs at full speed, so what was left lying while messages poured in is made up for
/// as soon as they cease.
final class BackgroundExecutor: TaskExecutor {
    /// Shared by the whole program, and never ended.
    static let shared = BackgroundExecutor()

    private let jobs = JobQueue()

    private init() {
        let jobs = jobs
        OwnThread.start(named: "background") {
            // On Linux this is the thread's own, not the process's. -1 may also be a priority.
            errno = 0
            if nice(10) == -1, errno != 0 {
                Logger(label: "zubrd.background").notice(
                    "evaluation cannot give way to ingest: its thread may not lower its priority; it works all the same",
                    metadata: ["cause": "\(String(cString: strerror(errno)))"])
            }
            jobs.run()
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let (job, executor) = (UnownedJob(job), asUnownedTaskExecutor())
        jobs.add { job.runSynchronously(on: executor) }
    }
}
