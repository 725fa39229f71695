import FleetMQTT
import FleetRuntime
import Foundation
import Rehearsal

/// The folder of one run with its broker and its daemon, and whatever stands between and under them.
struct ChaosStage: Sendable {
    let folder: String
    let broker: PrivateBroker
    let inject: String?
    /// Doors that can slam, for the daemon and for the machines; `nil`: both go straight to the broker.
    let doors: (daemon: LoopbackProxy, machines: LoopbackProxy)?
    /// Under the database; `nil`: the folder's own disk.
    let disk: SmallDisk?
    let powerCut: PowerCut?

    /// Where the run leaves the database.
    var database: String { "\(folder)/zubr.db" }
    var machinesURL: String { doors?.machines.url ?? broker.url }
    var daemonLog: String { "\(folder)/zubrd.log" }
    private var socket: String { "\(folder)/zubrd.sock" }
    /// Where the daemon has it.
    private var liveDatabase: String { disk.map { "\($0.folder)/zubr.db" } ?? database }

    /// Sets up what `faults` need, with a broker of the settings in `brokerConfiguration` (`nil`: the shipped ones).
    static func open(
        folder: String, faults: Set<ChaosFault> = [], diskBytes: Int64 = 0, inject: String? = nil,
        brokerConfiguration: String? = nil
    ) async throws -> ChaosStage {
        let broker = try await PrivateBroker.start(folder: "\(folder)/broker", configuration: brokerConfiguration)
        do {
            let doors =
                faults.contains(.reset)
                ? (daemon: try LoopbackProxy(to: broker.port), machines: try LoopbackProxy(to: broker.port)) : nil
            var disk: SmallDisk?
            if faults.contains(.diskFull) {
                let place = "\(folder)/zubr-disk"
                try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
                disk = try await SmallDisk.mount(at: place, bytes: diskBytes)
            }
            var powerCut: PowerCut?
            if faults.contains(.powerCut) {
                powerCut = try PowerCut(
                    database: disk.map { "\($0.folder)/zubr.db" } ?? "\(folder)/zubr.db", folder: disk?.outside("."),
                    shadow: "\(folder)/zubr-flushed")
            }
            return ChaosStage(
                folder: folder, broker: broker, inject: inject, doors: doors, disk: disk, powerCut: powerCut)
        } catch {
            await broker.stop()
            throw error
        }
    }

    /// Ends what runs beside the daemon.
    func close() async {
        await broker.stop()
        doors?.daemon.close()
        doors?.machines.close()
        await disk?.unmount()
    }

    /// Brings the database, which nobody uses any more, to where the run leaves it.
    func collectDatabase() throws {
        guard let disk else { return }
        try FileManager.default.copyItem(atPath: disk.outside("zubr.db"), toPath: database)
    }

    // MARK: - The daemon

    /// - Parameter options: what is added to the command line.
    func startDaemon(configuration: String? = nil, options: [String] = []) async throws -> ChildProcess {
        let file = if let configuration { configuration } else { "\(try shippedConfigurationFolder())/zubrd.yaml" }
        var arguments = [
            "--config", file, "--broker", doors?.daemon.url ?? broker.url,
            "--database", liveDatabase, "--socket", socket, "--log-level", "notice",
        ]
        if let inject { arguments += ["--inject", inject] }
        var program = try sibling(program: "zubrd")
        arguments += options
        var environment: [String: String] = [:]
        if let powerCut {
            // Through env, so that only the daemon is given the library.
            arguments = powerCut.environment.map { "\($0)=\($1)" } + [program] + arguments
            program = try systemProgram("env", package: "coreutils")
        }
        if let disk { (program, arguments) = try disk.inside(program, arguments) }
        // The words of a daemon that fails are wanted, its timings are not.
        environment["SWIFT_BACKTRACE"] = "enable=no"
        return try await ChildProcess.start(program, arguments: arguments, environment: environment, output: daemonLog)
    }

    /// Waits until the daemon hears the broker.
    func waitUntilSubscribed(_ daemon: ChildProcess) async throws {
        let isUp = try await wait(atMost: .seconds(60), for: daemon) { $0.broker.isConnected }
        guard isUp else { throw CommandFailure("zubrd did not reach the broker; see \(daemonLog)") }
    }

    /// Waits until the daemon says of itself what is wanted; `false` when it has not in time.
    func wait(
        atMost limit: Duration, for daemon: ChildProcess, until isReached: (StatusDocument) -> Bool
    ) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while true {
            if let status = try await status(), isReached(status) { return true }
            guard daemon.isRunning else { throw CommandFailure("zubrd ended by itself; see \(daemonLog)") }
            if ContinuousClock.now > deadline { return false }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// What the daemon says of itself; `nil` while it does not answer.
    func status() async throws -> StatusDocument? {
        let answer = "\(folder)/zubr-status.json"
        try? FileManager.default.removeItem(atPath: answer)
        let asked = try await ChildProcess.start(
            try sibling(program: "zubr"), arguments: ["status", "--socket", socket, "--output", "json"], output: answer)
        guard await asked.wait() == .exited(0), let text = FileManager.default.contents(atPath: answer) else {
            return nil
        }
        return try DocumentCoding.decode(StatusDocument.self, from: Array(text))
    }

    /// How often the daemons of this run have said something.
    func count(inLog words: String) -> Int {
        guard let text = try? String(contentsOfFile: daemonLog, encoding: .utf8) else { return 0 }
        return text.split(separator: "\n").count { $0.contains(words) }
    }

    /// Waits until everything is there, or until nothing more comes; returns how many messages the broker delivered
    /// again.
    func settle(_ daemon: ChildProcess, frames: Int, quarantined: Int) async throws -> Int64 {
        var best: Int64 = -1
        // The daemon's longest pause between two calls of the broker, and some.
        let patience = Duration.seconds(40)
        var deadline = ContinuousClock.now + patience
        var latest: StatusDocument?
        while ContinuousClock.now < deadline {
            if let status = try await status() {
                latest = status
                if status.store.frames >= frames, status.store.quarantined >= quarantined { break }
                if status.store.frames + status.store.quarantined > best {
                    best = status.store.frames + status.store.quarantined
                    // As long as something comes, more may come. Where the daemon is connected, not for long.
                    deadline = .now + (status.broker.isConnected ? .seconds(8) : patience)
                } else if !status.broker.isConnected {
                    deadline = max(deadline, .now + .seconds(8))
                }
            }
            guard daemon.isRunning else { throw CommandFailure("zubrd ended by itself; see \(daemonLog)") }
            try await Task.sleep(for: .milliseconds(50))
        }
        return latest?.store.redeliveredMessages ?? 0
    }

    func stop(_ daemon: ChildProcess) async throws {
        let end = await daemon.stop(patience: .seconds(30))
        guard end == .exited(0) else {
            throw CommandFailure("zubrd did not end in order (\(end)); see \(daemonLog)")
        }
    }

    // MARK: - The ledger

    func write(_ plan: ChaosPlan, _ isFrameTaken: [Bool]) throws {
        var text = "equipment,boot,seq\n"
        // Written as `zubr export --equipment` takes it.
        for number in isFrameTaken.indices where isFrameTaken[number] {
            let entry = plan.entry(number)
            text += "\(ChaosPlan.fleet)/\(entry.equipment),\(entry.boot),\(entry.seq)\n"
        }
        try text.write(toFile: "\(folder)/ledger.csv", atomically: true, encoding: .utf8)
    }
}
