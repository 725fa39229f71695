import FoundationEssentials
import Glibc

/// A mosquitto of our own on a free loopback port, with the shipped settings.
package actor PrivateBroker {
    package nonisolated let port: Int
    /// Its configuration, its log and what it has saved.
    package nonisolated let folder: String
    package nonisolated var url: String { "mqtt://127.0.0.1:\(port)" }
    package nonisolated var logFile: String { "\(folder)/mosquitto.log" }

    private let program: String
    private var process: ChildProcess?

    /// Starts one that keeps its things in `folder` and waits until it accepts connections.
    ///
    /// - Parameter port: `nil`: a free one.
    package static func start(
        folder: String, port: Int? = nil, access: BrokerAccess = .anonymous, configuration: String? = nil
    ) async throws(RehearsalFailure) -> PrivateBroker {
        let program = try systemProgram("mosquitto", package: "mosquitto")
        let source = if let configuration { configuration } else { try shippedConfigurationFolder() }
        let door = if let port { port } else { try freeLoopbackPort() }
        let broker = PrivateBroker(program: program, port: door, folder: folder)
        try await broker.configure(access, from: source)
        try await broker.restart()
        return broker
    }

    private init(program: String, port: Int, folder: String) {
        self.program = program
        self.port = port
        self.folder = folder
    }

    /// Starts it again on the same port, with what it had saved; ends it first when it runs.
    package func restart() async throws(RehearsalFailure) {
        await stop()
        let started = try await ChildProcess.start(
            program, arguments: ["-c", "\(folder)/mosquitto.conf"], output: "\(folder)/mosquitto.out")
        process = started
        let deadline = ContinuousClock.now + .seconds(10)
        while !answers(port) {
            guard started.isRunning, ContinuousClock.now < deadline else {
                let status = await started.stop()
                throw RehearsalFailure(
                    "the private broker did not open port \(port) (\(status)); it says: \(lastWords())")
            }
            // It opens its port within milliseconds; there is nothing else to wait on.
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Ends it in order: it saves what it holds.
    package func stop() async {
        await process?.stop()
        process = nil
    }

    /// The process id of the one that runs; 0 when none does.
    package var processID: pid_t { process?.id ?? 0 }

    /// Kills it where it stands: it loses what it has not saved yet.
    package func kill() async {
        process?.kill(SIGKILL)
        _ = await process?.wait()
        process = nil
    }

    /// Stops it for a while without ending it, as a network that swallows everything; `resume` lets it go on.
    package func pause() { process?.kill(SIGSTOP) }
    package func resume() { process?.kill(SIGCONT) }

    private func configure(_ access: BrokerAccess, from source: String) async throws(RehearsalFailure) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let shipped = try String(contentsOfFile: "\(source)/mosquitto.conf", encoding: .utf8)
            let own = BrokerConfiguration(
                shipped: shipped, port: port, folder: folder, access: access,
                accessList: "\(source)/mosquitto.acl", user: geteuid() == 0 ? "root" : nil)
            try own.text.write(toFile: "\(folder)/mosquitto.conf", atomically: true, encoding: .utf8)
            if case .accounts(let passwords) = access { try await writePasswords(passwords, to: own.passwordFile) }
        } catch {
            throw RehearsalFailure("the private broker's folder \(folder) cannot be set up: \(error)")
        }
    }

    private nonisolated func lastWords() -> String {
        let said = ["\(folder)/mosquitto.out", logFile].compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
        let lines = said.joined(separator: "\n").split(separator: "\n").suffix(4)
        return lines.isEmpty ? "nothing" : lines.joined(separator: " | ")
    }
}

/// Passwords go through mosquitto's own program, which hashes them.
private func writePasswords(_ passwords: [String: String], to path: String) async throws {
    let plain = passwords.map { "\($0):\($1)" }.sorted().joined(separator: "\n") + "\n"
    try plain.write(toFile: path, atomically: true, encoding: .utf8)
    let hash = try await ChildProcess.start(
        systemProgram("mosquitto_passwd", package: "mosquitto"), arguments: ["-U", path], output: path + ".out")
    let status = await hash.wait()
    guard status == .exited(0) else { throw RehearsalFailure("mosquitto_passwd ended with \(status); see \(path).out") }
}
