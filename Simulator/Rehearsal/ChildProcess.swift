import FoundationEssentials
import CLinux
import Glibc
import Synchronization

/// A program started by this one that never outlives it.
///
/// It has a process group of its own, so Ctrl-C in the terminal reaches only us and we end it in order. If we are
/// killed outright, Linux kills it (`PR_SET_PDEATHSIG`, set by util-linux's `setpriv` between fork and exec).
package final class ChildProcess: Sendable {
    package let program: String
    /// Its process id and that of its group.
    package let id: pid_t

    private struct Life {
        var status: ProcessEnd?
        var nextWaiter = 0
        var waiters: [Int: CheckedContinuation<ProcessEnd?, Never>] = [:]
        /// Waits whose time was over before they began.
        var lateWaiters: Set<Int> = []
    }

    private let life = Mutex(Life())

    /// Starts `program` with its output appended to the file at `output` (`nil`: it shares ours).
    ///
    /// `environment` is added to ours; libraries preloaded into us are preloaded into the child, too.
    package static func start(
        _ program: String, arguments: [String] = [], environment: [String: String] = [:], output: String? = nil
    ) async throws(RehearsalFailure) -> ChildProcess {
        var complete = ProcessInfo.processInfo.environment
        complete.merge(environment) { $1 }
        let libraries = [environment, ProcessInfo.processInfo.environment].compactMap { $0["LD_PRELOAD"] }
        if !libraries.isEmpty { complete["LD_PRELOAD"] = libraries.joined(separator: ":") }
        let variables = complete.map { "\($0)=\($1)" }
        let spawned = await Nursery.only.run { spawn(program, arguments, variables, output) }
        let child = ChildProcess(program: program, id: try spawned.get())
        // It holds the child until it has ended, so that the end is always seen and nothing stays a zombie.
        startThread { child.awaitEnd() }
        return child
    }

    private init(program: String, id: pid_t) {
        self.program = program
        self.id = id
    }

    /// How it ended; `nil` while it runs.
    package var exitStatus: ProcessEnd? { life.withLock { $0.status } }
    package var isRunning: Bool { exitStatus == nil }

    /// Sends a signal to it and to whatever it has started itself. Nothing happens when it has ended.
    package func kill(_ signal: Int32) {
        life.withLock { life in
            // Under the lock it cannot be reaped, so its number cannot belong to anybody else.
            if life.status == nil { _ = Glibc.kill(-id, signal) }
        }
    }

    /// Waits for its end; `nil` when it still runs after `timeout`.
    package func wait(timeout: Duration) async -> ProcessEnd? {
        await withTaskGroup(of: ProcessEnd?.self) { group in
            let number = life.withLock { life in
                life.nextWaiter += 1
                return life.nextWaiter
            }
            group.addTask { await self.wait(as: number) }
            group.addTask {
                try? await Task.sleep(for: timeout)
                self.stopWaiting(as: number)
                return nil
            }
            let status = await group.next() ?? nil
            group.cancelAll()
            return status ?? exitStatus
        }
    }

    /// Waits for its end.
    package func wait() async -> ProcessEnd {
        let number = life.withLock { life in
            life.nextWaiter += 1
            return life.nextWaiter
        }
        guard let status = await wait(as: number) else { preconditionFailure("nobody stops this wait") }
        return status
    }

    /// Asks it to end with SIGTERM, and kills it when it has not within `patience`.
    @discardableResult
    package func stop(patience: Duration = .seconds(10)) async -> ProcessEnd {
        kill(SIGTERM)
        if let status = await wait(timeout: patience) { return status }
        kill(SIGKILL)
        return await wait()
    }

    private func wait(as number: Int) async -> ProcessEnd? {
        await withCheckedContinuation { continuation in
            let (isOver, status) = life.withLock { life in
                let isOver = life.status != nil || life.lateWaiters.remove(number) != nil
                if !isOver { life.waiters[number] = continuation }
                return (isOver, life.status)
            }
            if isOver { continuation.resume(returning: status) }
        }
    }

    private func stopWaiting(as number: Int) {
        let waiter = life.withLock { life in
            let waiter = life.waiters.removeValue(forKey: number)
            if waiter == nil, life.status == nil { life.lateWaiters.insert(number) }
            return waiter
        }
        waiter?.resume(returning: nil)
    }

    private func awaitEnd() {
        var info = siginfo_t()
        // First only look, so that the number stays ours until the lock is held.
        while waitid(P_PID, id_t(id), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let (status, waiters) = life.withLock { life in
            // What it has started and left behind goes too, while the number is still its own.
            _ = Glibc.kill(-id, SIGKILL)
            var code: Int32 = 0
            waitpid(id, &code, 0)
            let status: ProcessEnd = code & 0x7F == 0 ? .exited(code >> 8 & 0xFF) : .killed(signal: code & 0x7F)
            life.status = status
            defer { life.waiters = [:] }
            return (status, life.waiters.values.map { $0 })
        }
        for waiter in waiters { waiter.resume(returning: status) }
    }
}

private func spawn(
    _ program: String, _ arguments: [String], _ environment: [String], _ output: String?
) -> Result<pid_t, RehearsalFailure> {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(
        &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    posix_spawnattr_setpgroup(&attributes, 0)
    // What we ignore or block for ourselves is not the child's business.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    if let output {
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
    }
    // A pipe that somebody else has just opened would never end while a child of ours holds its other end.
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)

    guard access(program, X_OK) == 0 else {
        return .failure(RehearsalFailure("\(program) cannot be started: \(String(cString: strerror(errno)))"))
    }
    let leash = "/usr/bin/setpriv"
    let words =
        access(leash, X_OK) == 0
        ? [leash, "--pdeathsig", "KILL", "--", program] + arguments : [program] + arguments
    var argv = words.map { strdup($0) } + [nil]
    var envp = environment.map { strdup($0) } + [nil]
    defer {
        for word in argv + envp { free(word) }
    }
    var id: pid_t = 0
    let status = posix_spawn(&id, words[0], &actions, &attributes, &argv, &envp)
    guard status == 0 else {
        return .failure(
            RehearsalFailure("\(program) cannot be started: \(String(cString: strerror(status)))"))
    }
    return .success(id)
}
