import FleetMQTT
import FleetModel
import FleetRuntime
import Foundation
import Rehearsal
import TelemetryCodec

/// The daemon is away for long while the machines go on, and comes back.
struct OutageRun: Sendable {
    let outage: Duration
    /// Messages a second, before, during and after.
    let rate: Double
    /// The broker as Debian ships it, which keeps a thousand messages and drops the rest: then the loss must be shown.
    let usesBrokerDefaults: Bool
    let seed: UInt64
    let folder: String

    /// The machines go on so long after the daemon is back, so that every gap has an end.
    private var aftermath: Duration { min(.seconds(30), max(.seconds(5), outage / 20)) }
    /// A loss must be seen within this time of the daemon's return.
    static let shownWithin = 30.0

    func run() async throws -> OutageReport {
        let folder = try WorkFolder.prepare(folder)
        var configuration: String?
        if usesBrokerDefaults {
            configuration = "\(folder)/zubr-debian"
            try FileManager.default.createDirectory(atPath: "\(folder)/zubr-debian", withIntermediateDirectories: true)
            // All that Debian's own file says of it; everything else is mosquitto's default.
            try "persistence true\n".write(
                toFile: "\(folder)/zubr-debian/mosquitto.conf", atomically: true, encoding: .utf8)
        }
        let stage = try await ChaosStage.open(folder: folder, brokerConfiguration: configuration)
        do {
            let report = try await run(on: stage)
            await stage.close()
            return report
        } catch {
            await stage.close()
            throw error
        }
    }

    private func run(on stage: ChaosStage) async throws -> OutageReport {
        let first = try await stage.startDaemon()
        try await stage.waitUntilSubscribed(first)
        let started = ContinuousClock.now
        let before = Duration.seconds(2)
        let length = before + outage + aftermath
        let plan = ChaosPlan(
            messages: max(ChaosPlan.machines, Int(rate * length.inSeconds)), kills: 0, seed: seed,
            startedAt: .systemNow())
        let ledger = ChaosLedger(items: plan.items)
        async let published: Void = publish(plan, to: stage.machinesURL, from: started, ledger)
        async let _ = showProgress(ledger, of: plan.items)

        try await Task.sleep(until: started + before, clock: .continuous)
        try await stage.stop(first)
        let takenBefore = ledger.count
        try await Task.sleep(until: started + before + outage, clock: .continuous)
        let takenAway = ledger.count - takenBefore
        let back = try await stage.startDaemon()
        let returned = ContinuousClock.now
        var shown: Double?
        var caughtUp: Double?
        while ContinuousClock.now - returned < .seconds(2 * Self.shownWithin),
            caughtUp == nil || (usesBrokerDefaults && shown == nil)
        {
            if let status = try await stage.status() {
                let since = (ContinuousClock.now - returned).inSeconds
                let tells = status.state == .degraded && (status.broker.droppedMessages ?? 0) > 0
                if shown == nil, tells, status.store.missingFrames > 0 { shown = since }
                let settled = status.store.frames + status.store.missingFrames
                if caughtUp == nil, settled >= Int64(ledger.count) - Int64(rate) { caughtUp = since }
            }
            guard back.isRunning else { throw CommandFailure("zubrd ended by itself; see \(stage.daemonLog)") }
            try await Task.sleep(for: .milliseconds(100))
        }
        try await published
        let (isFrameTaken, _) = ledger.taken(of: plan)
        try stage.write(plan, isFrameTaken)
        let frames = isFrameTaken.count { $0 }
        _ = try await stage.settle(back, frames: frames, quarantined: 0)
        if caughtUp == nil { caughtUp = (ContinuousClock.now - returned).inSeconds }
        let status = try await stage.status()
        try await stage.stop(back)
        let check = try await ChaosCheck.count(
            isFrameTaken: isFrameTaken, isPoisonTaken: [], plan: plan, database: stage.database)
        return OutageReport(
            published: frames, stored: check.stored, lost: check.lost, duplicated: check.duplicated,
            altered: check.altered, publishedDuringOutage: takenAway, outageSeconds: outage.inSeconds, rate: rate,
            brokerDefaults: usesBrokerDefaults, missingFrames: status?.store.missingFrames ?? 0,
            gaps: status?.store.gaps ?? 0, brokerDropped: status?.broker.droppedMessages ?? 0,
            problems: status?.problems ?? [], lossShownAfterSeconds: shown, caughtUpAfterSeconds: caughtUp ?? 0,
            seconds: (ContinuousClock.now - started).inSeconds, seed: seed, workdir: folder)
    }

    private func publish(
        _ plan: ChaosPlan, to url: String, from start: ContinuousClock.Instant, _ ledger: ChaosLedger
    ) async throws {
        let publisher = MosquittoPublisher(
            try BrokerSettings(url: url, clientID: "zubrsim-chaos"), onAcknowledged: { ledger.add($0) })
        for number in 0..<plan.messages {
            let due = start + .seconds(Double(number) / rate)
            while ContinuousClock.now < due { try await Task.sleep(for: .milliseconds(2)) }
            try await publisher.publish(
                OutgoingMessage(
                    topic: plan.topic(number).description, body: TelemetryEncoder.body(of: plan.frame(number))))
        }
        try await publisher.drain()
        await publisher.close()
    }

    private func showProgress(_ ledger: ChaosLedger, of items: Int) async {
        var line = ProgressLine()
        while !Task.isCancelled {
            line.show("\(ledger.count) of \(items) published")
            try? await Task.sleep(for: .milliseconds(250))
        }
        line.finish()
    }
}
