import FleetMQTT
import FleetModel
import FleetRuntime
import Foundation
import Rehearsal
import Support

/// A real broker and a real daemon on a folder of their own, and the command line to ask it.
struct Stage {
    let folder: TemporaryFolder
    let broker: PrivateBroker
    let database: String
    var socket: String { "\(folder.path)/z.sock" }

    init(folder: TemporaryFolder, broker: PrivateBroker, database: String? = nil) {
        self.folder = folder
        self.broker = broker
        self.database = database ?? "\(folder.path)/zubr.db"
    }

    /// Runs `body` with a broker and, once it is connected, a daemon; ends both whatever happens.
    ///
    /// `before` runs when only the broker does: for those who must hear the daemon's first word.
    static func open(
        configuration: String = "zubrd.yaml", before: (Stage) async throws -> Void = { _ in },
        _ body: (Stage, ChildProcess) async throws -> Void
    ) async throws {
        let folder = TemporaryFolder()
        let stage = Stage(folder: folder, broker: try await PrivateBroker.start(folder: "\(folder.path)/broker"))
        do {
            try await before(stage)
            let daemon = try await stage.startDaemon(configuration: configuration)
            do {
                try await body(stage, daemon)
                await daemon.stop()
            } catch {
                await daemon.stop()
                throw error
            }
            await stage.broker.stop()
        } catch {
            await stage.broker.stop()
            throw error
        }
    }

    func startDaemon(
        configuration: String, arguments: [String] = [], environment: [String: String] = [:]
    ) async throws -> ChildProcess {
        let file = configuration.hasPrefix("/") ? configuration : "\(try configurationFolder())/\(configuration)"
        let daemon = try await ChildProcess.start(
            try sibling(program: "zubrd"),
            arguments: ["--config", file, "--broker", broker.url, "--database", database, "--socket", socket]
                + arguments, environment: environment,
            output: "\(folder.path)/zubrd.log")
        let isConnected = try await eventually(within: .seconds(30)) {
            guard daemon.isRunning else { return true }
            return try await status()?.broker.isConnected == true
        }
        guard isConnected, daemon.isRunning else {
            await daemon.stop()
            throw StageFailure("zubrd did not reach the broker:\n\(log)")
        }
        return daemon
    }

    var log: String { (try? String(contentsOfFile: "\(folder.path)/zubrd.log", encoding: .utf8)) ?? "" }

    /// What the daemon says of itself; `nil` while it does not answer.
    func status() async throws -> StatusDocument? {
        let answer = try await Stage.run("zubr", ["status", "--socket", socket, "--output", "json"])
        guard answer.status == 0 else { return nil }
        return try DocumentCoding.decode(StatusDocument.self, from: Array(answer.output.utf8))
    }

    /// One document of the command line, by the daemon's socket.
    func ask<Document: Decodable>(_ arguments: String..., as type: Document.Type) async throws -> Document {
        let answer = try await Stage.run("zubr", arguments + ["--socket", socket, "--output", "json"])
        guard answer.status == 0 else {
            throw StageFailure("zubr \(arguments) ended with \(answer.status): \(answer.output)")
        }
        return try DocumentCoding.decode(type, from: Array(answer.output.utf8))
    }

    /// Runs one of our programs to its end; `output` is what it wrote, errors included when it failed.
    static func run(_ program: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
        let folder = TemporaryFolder()
        let file = "\(folder.path)/output"
        let end = try await ChildProcess.start(try sibling(program: program), arguments: arguments, output: file).wait()
        let output = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        guard case .exited(let status) = end else { throw StageFailure("\(program) ended with \(end): \(output)") }
        return (status, output)
    }
}

struct StageFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A copy of the shipped configuration that has the example's machines, in `work`; returns its `zubrd.yaml`.
///
/// The shipped fleet is empty: nobody's first start shall send orders for machines that do not exist.
func exampleConfiguration(in work: TemporaryFolder) throws -> String {
    let folder = "\(work.path)/Config"
    let files = FileManager.default
    try files.copyItem(atPath: try configurationFolder(), toPath: folder)
    try files.removeItem(atPath: "\(folder)/fleet.yaml")
    try files.moveItem(atPath: "\(folder)/fleet.example.yaml", toPath: "\(folder)/fleet.yaml")
    return "\(folder)/zubrd.yaml"
}

/// A file beside these tests.
func fixture(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)").path
}

/// A file of the project, by its path from the top.
func project(_ path: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent(path).path
}
