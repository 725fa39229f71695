import FleetConsole
import FleetModel
import FleetRuntime
import Foundation
import Rehearsal

/// The programs of the demonstration: a broker of its own, the daemon, and the simulated fleet with its centers.
final class DemoStage {
    /// A month in an hour and a bit: services fall due while one looks.
    static let rate = 7_200

    let folder: String
    let client: FleetClient
    private var broker: PrivateBroker?
    private var daemon: ChildProcess?
    private var simulator: ChildProcess?

    init(folder: String) {
        self.folder = folder
        // Relative, because a socket's path must be short wherever the project lies.
        client = FleetClient(socket: "\(folder)/zubrd.sock")
    }

    /// Empties the folder, or moves what is there aside.
    func prepare(keepsLast: Bool) throws {
        if (try? client.get("/v1/status", as: StatusDocument.self)) != nil {
            throw CommandFailure("a demonstration is already running in \(folder); end it first")
        }
        try WorkFolder.check(folder)
        let files = FileManager.default
        if keepsLast, files.fileExists(atPath: "\(folder)/\(WorkFolder.mark)") {
            let free = (1...).lazy.map { "\(self.folder)-\($0)" }.first { !files.fileExists(atPath: $0) }
            do { try files.moveItem(atPath: folder, toPath: free ?? folder) } catch {
                throw CommandFailure(
                    "\(folder) cannot be moved aside: \(error.localizedDescription); may you write here?")
            }
        }
        try WorkFolder.prepare(folder)
    }

    /// Starts everything, in the order in which each needs the one before.
    func open(configuration: String, seed: Int) async throws {
        let broker = try await PrivateBroker.start(folder: "\(folder)/broker")
        self.broker = broker
        // Simulated time starts at the present minute, so that the demonstration's calendar is today's.
        let epoch = Timestamp(seconds: Int64(Date().timeIntervalSince1970)).iso8601
        daemon = try await ChildProcess.start(
            sibling(program: "zubrd"),
            arguments: [
                "--config", "\(configuration)/demo/zubrd.yaml", "--broker", broker.url,
                "--database", "\(folder)/zubr.db", "--socket", client.socket,
                "--clock-epoch", epoch, "--clock-rate", "\(DemoStage.rate)",
            ], output: log("zubrd"))
        try await waitForDaemon()
        simulator = try await ChildProcess.start(
            sibling(program: "zubrsim"),
            arguments: [
                "publish", "--scenario", "demo", "--seed", "\(seed)", "--speed", "\(DemoStage.rate)",
                "--epoch", epoch, "--broker", broker.url, "--truth", "\(folder)/truth.jsonl", "--centers",
                // Ten years: it ends when the demonstration does.
                "--hours", "87600",
            ], output: log("zubrsim"))
    }

    /// Throws when one of the programs has ended before its time.
    func check() throws {
        for (name, process) in [("zubrd", daemon), ("zubrsim", simulator)] {
            if let status = process?.exitStatus {
                throw CommandFailure("\(name) has ended (\(status)); \(log(name)) says: \(lastWords(of: name))")
            }
        }
    }

    /// Ends everything in order: no more messages, then what is stored is stored, then the broker.
    func close() async {
        await simulator?.stop()
        await daemon?.stop(patience: .seconds(20))
        await broker?.stop()
        (simulator, daemon, broker) = (nil, nil, nil)
    }

    private func waitForDaemon() async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            try check()
            do {
                _ = try client.get("/v1/status", as: StatusDocument.self)
                return
            } catch {
                guard error.isUnreachable, ContinuousClock.now < deadline else {
                    throw CommandFailure("zubrd did not get ready; \(log("zubrd")) says: \(lastWords(of: "zubrd"))")
                }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func log(_ program: String) -> String { "\(folder)/\(program).log" }

    private func lastWords(of program: String) -> String {
        let text = (try? String(contentsOfFile: log(program), encoding: .utf8)) ?? ""
        let lines = text.split(separator: "\n").suffix(3).joined(separator: " | ")
        return lines.isEmpty ? "nothing" : lines
    }
}
