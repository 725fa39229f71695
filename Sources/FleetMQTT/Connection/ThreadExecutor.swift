import FleetRuntime

/// Runs an actor's work on one thread of its own, in order, so that the actor may block in C calls.
///
/// The thread lives as long as the executor, that is as long as its actor: work that comes late still finds it.
final class ThreadExecutor: SerialExecutor {
    private let jobs = JobQueue()

    init(name: String) {
        let jobs = jobs
        OwnThread.start(named: name) { jobs.run() }
    }

    deinit { jobs.end() }

    func enqueue(_ job: consuming ExecutorJob) {
        let (job, executor) = (UnownedJob(job), asUnownedSerialExecutor())
        jobs.add { job.runSynchronously(on: executor) }
    }
}
