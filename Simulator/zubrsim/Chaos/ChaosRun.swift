import FleetMQTT
import FleetModel
import FleetRuntime
import FleetStore
import Foundation
import Rehearsal
import Synchronization
import TelemetryCodec

/// One run of the proof: a real broker, the real daemon killed again and again, and a ledger of what the broker took.
struct ChaosRun {
    let plan: ChaosPlan
    let folder: String
    let inject: String?

    private var database: String { "\(folder)/zubr.db" }
    private var socket: String { "\(folder)/zubrd.sock" }
    private var ledgerFile: String { "\(folder)/ledger.csv" }

    func run() async throws -> ChaosReport {
        let started = ContinuousClock.now
        try prepare()
        let broker = try await PrivateBroker.start(folder: "\(folder)/broker")
        do {
            let report = try await run(against: broker, started: started)
            await broker.stop()
            return report
        } catch {
            await broker.stop()
            throw error
        }
    }

    private func run(against broker: PrivateBroker, started: ContinuousClock.Instant) async throws -> ChaosReport {
        // The first start makes the session, so that the broker keeps everything from the first message on.
        let daemon = try await startDaemon(broker)
        try await waitUntilSubscribed(daemon)

        let pace = ChaosPace(plan)
        let ledger = Ledger()
        async let published: Void = publish(to: broker, pace: pace) { number in
            ledger.add(number)
        }
        // Ends with this function, whichever way that goes.
        async let _ = showProgress { (ledger.numbers.count, pace.stretchNumber) }
        let last = try await killAgainAndAgain(daemon, broker: broker, pace: pace)
        try await published
        let entries = ledger.numbers.map(plan.entry)
        try write(entries)

        let redelivered = try await settle(last, expecting: Set(entries).count)
        let status = await last.stop()
        guard status == .exited(0) else {
            throw CommandFailure("zubrd did not end in order (\(status)); see \(folder)/zubrd.log")
        }
        let check = try await ChaosCheck.count(Set(entries), plan: plan, database: database)
        return ChaosReport(
            published: entries.count, stored: check.stored, lost: check.lost, duplicated: check.duplicated,
            altered: check.altered, unledgered: check.unledgered, kills: plan.kills, redelivered: redelivered,
            seconds: (ContinuousClock.now - started).inSeconds, seed: plan.seed, workdir: folder)
    }

    // MARK: - Steps

    /// A folder with nothing of an earlier run in it, so that nothing is counted that this run did not do.
    private func prepare() throws {
        let files = FileManager.default
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in try files.contentsOfDirectory(atPath: folder)
        where name == "broker" || name == "ledger.csv" || name.hasPrefix("zubr") {
            try files.removeItem(atPath: "\(folder)/\(name)")
        }
    }

    private func startDaemon(_ broker: PrivateBroker) async throws -> ChildProcess {
        var arguments = [
            "--config", "\(try shippedConfigurationFolder())/zubrd.yaml", "--broker", broker.url, "--database",
            database,
            "--socket", socket, "--log-level", "notice",
        ]
        if let inject { arguments += ["--inject", inject] }
        return try await ChildProcess.start(
            try sibling(program: "zubrd"), arguments: arguments, output: "\(folder)/zubrd.log")
    }

    private func waitUntilSubscribed(_ daemon: ChildProcess) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try await status()?.broker.isConnected != true {
            guard daemon.isRunning, ContinuousClock.now < deadline else {
                throw CommandFailure("zubrd did not reach the broker; see \(folder)/zubrd.log")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Publishes evenly between one kill and the next, so that each of them falls into work.
    private func publish(
        to broker: PrivateBroker, pace: ChaosPace, acknowledged: @escaping @Sendable (Int) -> Void
    ) async throws {
        let settings = try BrokerSettings(url: broker.url, clientID: "zubrsim-chaos")
        let publisher = MosquittoPublisher(settings, onAcknowledged: acknowledged)
        for number in 0..<plan.messages {
            while number >= pace.allowed { try await Task.sleep(for: .milliseconds(1)) }
            try await publisher.publish(
                OutgoingMessage(
                    topic: plan.topic(number).description, body: TelemetryEncoder.body(of: plan.frame(number))))
        }
        try await publisher.drain()
        await publisher.close()
    }

    /// Kills and starts again as planned; returns the daemon that was left alive.
    private func killAgainAndAgain(
        _ first: ChildProcess, broker: PrivateBroker, pace: ChaosPace
    ) async throws -> ChildProcess {
        var daemon = first
        for (index, life) in plan.lives.enumerated() {
            pace.begin(stretch: index)
            try await Task.sleep(for: life)
            guard daemon.isRunning else {
                throw CommandFailure("zubrd ended by itself before kill \(index + 1); see \(folder)/zubrd.log")
            }
            daemon.kill(SIGKILL)
            _ = await daemon.wait()
            daemon = try await startDaemon(broker)
        }
        pace.begin(stretch: plan.kills)
        return daemon
    }

    /// Waits until everything is there, or until nothing more comes; returns how many messages the broker delivered again.
    private func settle(_ daemon: ChildProcess, expecting count: Int) async throws -> Int64 {
        var best: Int64 = -1
        var deadline = ContinuousClock.now + .seconds(30)
        var latest: StatusDocument?
        while ContinuousClock.now < deadline {
            if let status = try await status() {
                latest = status
                if status.store.frames >= count { break }
                if status.store.frames > best {
                    best = status.store.frames
                    // As long as something comes, more may come.
                    deadline = .now + .seconds(5)
                }
            }
            guard daemon.isRunning else { throw CommandFailure("zubrd ended by itself; see \(folder)/zubrd.log") }
            try await Task.sleep(for: .milliseconds(50))
        }
        return latest?.store.redeliveredMessages ?? 0
    }

    /// What the daemon says of itself; `nil` while it does not answer.
    private func status() async throws -> StatusDocument? {
        let answer = "\(folder)/zubr-status.json"
        try? FileManager.default.removeItem(atPath: answer)
        let asked = try await ChildProcess.start(
            try sibling(program: "zubr"), arguments: ["status", "--socket", socket, "--output", "json"], output: answer)
        guard await asked.wait() == .exited(0), let text = FileManager.default.contents(atPath: answer) else {
            return nil
        }
        return try DocumentCoding.decode(StatusDocument.self, from: Array(text))
    }

    /// Until it is cancelled.
    private func showProgress(_ counts: @Sendable () -> (published: Int, kills: Int)) async {
        var line = ProgressLine()
        while !Task.isCancelled {
            let (published, kills) = counts()
            line.show("\(published) of \(plan.messages) published, \(kills) of \(plan.kills) kills done")
            try? await Task.sleep(for: .milliseconds(250))
        }
        line.finish()
    }

    private func write(_ entries: [LedgerEntry]) throws {
        var text = "equipment,boot,seq\n"
        // Written as `zubr export --equipment` takes it.
        for entry in entries { text += "\(ChaosPlan.fleet)/\(entry.equipment),\(entry.boot),\(entry.seq)\n" }
        try text.write(toFile: ledgerFile, atomically: true, encoding: .utf8)
    }
}

/// The messages the broker took, in its order.
private final class Ledger: Sendable {
    private let taken = Mutex<[Int]>([])

    func add(_ number: Int) { taken.withLock { $0.append(number) } }
    var numbers: [Int] { taken.withLock { $0 } }
}

/// What the run came to; the guarantee holds when nothing is lost, duplicated or altered.
struct ChaosReport: Report, Sendable {
    var published: Int
    var stored: Int
    var lost: Int
    var duplicated: Int
    var altered: Int
    /// Stored although the broker's answer to the publisher was lost; at least once allows it.
    var unledgered: Int
    var kills: Int
    var redelivered: Int64
    var seconds: Double
    var seed: UInt64
    var workdir: String

    var holds: Bool { lost == 0 && duplicated == 0 && altered == 0 }

    var table: [(name: String, value: String)] {
        [
            ("published", "\(published)"), ("stored", "\(stored)"), ("lost", "\(lost)"),
            ("duplicated", "\(duplicated)"), ("altered", "\(altered)"), ("redelivered", "\(redelivered)"),
            ("kills", "\(kills)"), ("seconds", decimal(seconds, places: 1)),
        ]
    }
}
