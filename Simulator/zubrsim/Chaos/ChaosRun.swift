import FleetMQTT
import FleetModel
import FleetRuntime
import FleetSimulation
import Foundation
import Rehearsal
import Synchronization
import TelemetryCodec

/// One run of the proof: a real broker, the real daemon killed again and again, and a ledger of what the broker took.
struct ChaosRun: Sendable {
    let plan: ChaosPlan
    let folder: String
    let inject: String?

    /// Room for what is stored twice over, the bad messages too, the log beside it, and the daemon's reserve.
    private var diskBytes: Int64 { 400 << 20 + Int64(plan.messages) * 800 }

    func run() async throws -> ChaosReport {
        let started = ContinuousClock.now
        let stage = try await ChaosStage.open(
            folder: try WorkFolder.prepare(folder), faults: plan.faults, diskBytes: diskBytes, inject: inject)
        do {
            let report = try await run(on: stage, started: started)
            await stage.close()
            return report
        } catch {
            await stage.close()
            throw error
        }
    }

    private func run(on stage: ChaosStage, started: ContinuousClock.Instant) async throws -> ChaosReport {
        // The first start makes the session, so that the broker keeps everything from the first message on.
        let daemon = try await stage.startDaemon()
        try await stage.waitUntilSubscribed(daemon)
        if let powerCut = stage.powerCut, !powerCut.isAtWork {
            throw CommandFailure("zubrd runs without the library that plays the power cut; see \(stage.daemonLog)")
        }

        let pace = ChaosPace(plan)
        let ledger = ChaosLedger(items: plan.items)
        async let published: Void = publish(to: stage.machinesURL, pace: pace) { ledger.add($0) }
        // Ends with this function, whichever way that goes.
        async let _ = showProgress { (ledger.count, pace.stretchNumber) }
        let (last, done) = try await killAgainAndAgain(daemon, stage: stage, pace: pace)
        try await published
        let (isFrameTaken, isPoisonTaken) = ledger.taken(of: plan)
        try stage.write(plan, isFrameTaken)

        let frames = isFrameTaken.count { $0 }
        let poisons = isPoisonTaken.count { $0 }
        let redelivered = try await stage.settle(last, frames: frames, quarantined: poisons)
        try await stage.stop(last)
        try stage.collectDatabase()
        let check = try await ChaosCheck.count(
            isFrameTaken: isFrameTaken, isPoisonTaken: isPoisonTaken, plan: plan, database: stage.database)
        var report = ChaosReport(plan, check, published: frames, poisonPublished: poisons, workdir: folder)
        report.injected = inject
        report.redelivered = redelivered
        report.seconds = (ContinuousClock.now - started).inSeconds
        report.done = done
        report.done.fullDiskErrors = plan.faults.contains(.diskFull) ? stage.count(inLog: "no space is left") : 0
        return report
    }

    // MARK: - Steps

    /// Publishes evenly between one kill and the next, so that each of them falls into work.
    private func publish(to url: String, pace: ChaosPace, acknowledged: @escaping @Sendable (Int) -> Void) async throws
    {
        let settings = try BrokerSettings(url: url, clientID: "zubrsim-chaos")
        let publisher = MosquittoPublisher(settings, onAcknowledged: acknowledged)
        for number in 0..<plan.items {
            while number >= pace.allowed { try await Task.sleep(for: .milliseconds(1)) }
            try await publisher.publish(message(number))
        }
        try await publisher.drain()
        await publisher.close()
    }

    private func message(_ number: Int) -> OutgoingMessage {
        switch plan.item(number) {
        case .frame(let frame):
            OutgoingMessage(topic: plan.topic(frame).description, body: TelemetryEncoder.body(of: plan.frame(frame)))
        case .poison(let bad):
            OutgoingMessage(topic: plan.topic(bad).description, body: Poison.body(bad, at: plan.startedAt))
        }
    }

    /// Kills and starts again as planned; returns the daemon that was left alive, and what was really done to it.
    private func killAgainAndAgain(
        _ first: ChildProcess, stage: ChaosStage, pace: ChaosPace
    ) async throws -> (ChildProcess, ChaosDeeds) {
        var daemon = first
        var done = ChaosDeeds()
        var random = RandomStream(seed: plan.seed, of: "chaos", "sectors")
        for life in 0...plan.kills {
            if plan.isAtWork(life) { try await stage.waitUntilSubscribed(daemon) }
            let acts = plan.acts[life]
            pace.begin(stretch: life, part: acts.first?.share ?? 1)
            let end = ContinuousClock.now + plan.lives[life]
            var restartsBrokerWhileDown = false
            var isFull = false
            for (index, act) in acts.enumerated() {
                try? await Task.sleep(until: end - plan.lives[life] * (1 - act.share), clock: .continuous)
                // A part of the rest at least, however soon the next act comes.
                pace.allow(part: index + 1 < acts.count ? min(1, max(acts[index + 1].share, act.share + 0.3)) : 1)
                switch act.deed {
                case .restartBroker:
                    try await stage.broker.restart()
                    done.brokerRestarts += 1
                case .restartBrokerWhileDown:
                    restartsBrokerWhileDown = true
                case .reset:
                    if try await reset(stage, number: done.resets) { done.resets += 1 }
                case .fillDisk:
                    if try await fill(stage, daemon, pace) { done.fullDisks += 1 }
                    try await makeRoom(stage, daemon)
                case .fillDiskAndKill:
                    isFull = try await fill(stage, daemon, pace)
                }
            }
            try await Task.sleep(until: end, clock: .continuous)
            guard daemon.isRunning else {
                throw CommandFailure("zubrd ended by itself before kill \(life + 1); see \(stage.daemonLog)")
            }
            guard life < plan.kills else { break }
            daemon.kill(SIGKILL)
            _ = await daemon.wait()
            done.killsAtWork += plan.isAtWork(life) ? 1 : 0
            if isFull {
                daemon = try await stage.startDaemon()
                // It must serve reads on the full disk, and go on when there is room.
                guard try await stage.wait(atMost: .seconds(60), for: daemon, until: { _ in true }) else {
                    throw CommandFailure("zubrd did not start on the full disk; see \(stage.daemonLog)")
                }
                done.fullDisks += 1
                try await makeRoom(stage, daemon)
                daemon.kill(SIGKILL)
                _ = await daemon.wait()
            }
            if restartsBrokerWhileDown {
                try await stage.broker.restart()
                done.brokerRestarts += 1
            }
            if let powerCut = stage.powerCut, plan.isPowerCut(life) {
                let loss = try powerCut.strike(survival: plan.isTorn(life) ? 0.5 : 0, using: &random)
                done.powerCuts += 1
                done.unflushedBytesLost += loss.bytes
                done.unflushedBytesKept += loss.survivingBytes
            }
            daemon = try await stage.startDaemon()
        }
        return (daemon, done)
    }

    /// Breaks the daemon's connection, the machines', or both; `false` when there was none to break.
    private func reset(_ stage: ChaosStage, number: Int) async throws -> Bool {
        guard let doors = stage.doors else { return false }
        let chosen = [[doors.daemon], [doors.machines], [doors.daemon, doors.machines]][number % 3]
        // The daemon may wait half a minute before it connects again.
        for attempt in 0..<1_200 {
            var broken = 0
            // The machines may have said all they had to say.
            for door in attempt < 40 ? chosen : [doors.daemon, doors.machines] { broken += await door.reset() }
            if broken > 0 { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    /// Fills the disk and waits until the daemon cannot store; `false` when it has not said so.
    private func fill(_ stage: ChaosStage, _ daemon: ChildProcess, _ pace: ChaosPace) async throws -> Bool {
        guard let disk = stage.disk else { return false }
        // A log that has rested is cut off. Otherwise the next commits go into the room that it already has.
        pace.hold(true)
        defer { pace.hold(false) }
        _ = try await stage.wait(atMost: .seconds(60), for: daemon) {
            $0.broker.isConnected && $0.store.walBytes == 0 && $0.ingest.evaluatorLag == 0
        }
        disk.fill()
        pace.hold(false)
        return try await stage.wait(atMost: .seconds(60), for: daemon) { status in
            status.problems.contains { $0.contains("nothing is being stored") }
        }
    }

    /// Gives the disk its room back and waits until the daemon stores again.
    private func makeRoom(_ stage: ChaosStage, _ daemon: ChildProcess) async throws {
        stage.disk?.makeRoom()
        let goesOn = try await stage.wait(atMost: .seconds(90), for: daemon) { status in
            status.broker.isConnected && !status.problems.contains { $0.contains("nothing is being stored") }
        }
        guard goesOn else {
            throw CommandFailure("zubrd does not go on though its disk has room again; see \(stage.daemonLog)")
        }
    }

    /// Until it is cancelled.
    private func showProgress(_ counts: @Sendable () -> (published: Int, kills: Int)) async {
        var line = ProgressLine()
        while !Task.isCancelled {
            let (published, kills) = counts()
            line.show("\(published) of \(plan.items) published, \(kills) of \(plan.kills) kills done")
            try? await Task.sleep(for: .milliseconds(250))
        }
        line.finish()
    }
}
