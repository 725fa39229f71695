import FleetModel
import FleetRuntime
import FleetStore
import Foundation
import Rehearsal

/// Who takes the messages of a round.
enum BenchSubject: String, Sendable {
    case nullSubscriber, zubrd
}

/// A subject that runs, and how far it has come.
struct RunningSubject: Sendable {
    let process: ChildProcess
    private let progress: @Sendable () async throws -> Int
    private let end: @Sendable () async -> Void

    /// Messages consumed since it was started: counted by the null subscriber, committed by the daemon.
    func consumed() async throws -> Int {
        guard process.isRunning else { throw CommandFailure("\(process.program) ended by itself; see its log") }
        return try await progress()
    }

    func stop() async {
        await end()
        await process.stop(patience: .seconds(30))
    }

    static func startNull(folder: String, port: Int) async throws -> RunningSubject {
        let counts = "\(folder)/null-counts"
        unlink(counts)
        let process = try await ChildProcess.start(
            try sibling(program: "zubrsim"),
            arguments: ["null-subscriber", "--port", "\(port)", "--counts", counts], output: "\(folder)/null.log")
        let subject = RunningSubject(
            process: process,
            progress: {
                guard let data = FileManager.default.contents(atPath: counts), data.count == 16 else { return -1 }
                return Int(data.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
            }, end: {})
        try await waitUntil("the null subscriber has subscribed; see \(folder)/null.log") {
            try await subject.consumed() >= 0
        }
        return subject
    }

    static func startDaemon(folder: String, broker: String, framesPerMessage: Int) async throws -> RunningSubject {
        let socket = "\(folder)/zubrd.sock"
        let process = try await ChildProcess.start(
            try sibling(program: "zubrd"),
            arguments: ["--config", "\(folder)/zubrd.yaml", "--broker", broker, "--log-level", "notice"],
            output: "\(folder)/zubrd.log")
        try await waitUntil("zubrd has subscribed; see \(folder)/zubrd.log", atMost: .seconds(120)) {
            guard process.isRunning else { throw CommandFailure("zubrd ended by itself; see \(folder)/zubrd.log") }
            return try await status(socket: socket, folder: folder)?.broker.isConnected == true
        }
        let store = try await FleetDatabase.open(path: "\(folder)/zubr.db", access: .lookingOn)
        let before = try await store.counts().frames
        return RunningSubject(
            process: process,
            progress: { Int(try await store.counts().frames - before) / framesPerMessage },
            end: { await store.close() })
    }

    /// What the daemon says of itself; `nil` while it does not answer.
    static func status(socket: String, folder: String) async throws -> StatusDocument? {
        let text = try await ask(["status", "--socket", socket, "--output", "json"], folder: folder)
        return try text.map { try DocumentCoding.decode(StatusDocument.self, from: Array($0)) }
    }

    /// What `zubr` prints; `nil` when it fails.
    static func ask(_ arguments: [String], folder: String) async throws -> Data? {
        let answer = "\(folder)/zubr-answer.json"
        unlink(answer)
        let asked = try await ChildProcess.start(
            try sibling(program: "zubr"), arguments: arguments, output: answer)
        guard await asked.wait() == .exited(0) else { return nil }
        return FileManager.default.contents(atPath: answer)
    }
}

/// Asks again and again; throws what was awaited when the time is over.
func waitUntil(
    _ what: String, atMost patience: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + patience
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw CommandFailure("waited \(patience) in vain until \(what)")
        }
        try await Task.sleep(for: .milliseconds(20))
    }
}
