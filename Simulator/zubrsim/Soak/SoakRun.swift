import FleetModel
import FleetRuntime
import Foundation
import Rehearsal

/// One long life of the daemon on a fast clock.
struct SoakRun: Sendable {
    /// Of traffic, in `length` of real time.
    let hours: Double
    let length: Duration
    let every: Duration
    let seed: UInt64
    let folder: String

    private var rate: Double { hours * 3_600 / length.inSeconds }

    func run() async throws -> SoakReport {
        let stage = try await ChaosStage.open(folder: folder)
        do {
            let report = try await run(on: stage)
            await stage.close()
            return report
        } catch {
            await stage.close()
            throw error
        }
    }

    private func run(on stage: ChaosStage) async throws -> SoakReport {
        let scenario = "\(folder)/zubr-soak.yaml"
        try Self.scenario.write(toFile: scenario, atomically: true, encoding: .utf8)
        let epoch = Timestamp.systemNow().iso8601
        let daemon = try await stage.startDaemon(
            configuration: "\(try shippedConfigurationFolder())/demo/zubrd.yaml",
            options: ["--clock-epoch", epoch, "--clock-rate", "\(rate)"])
        try await stage.waitUntilSubscribed(daemon)
        let fleet = try await ChildProcess.start(
            try sibling(program: "zubrsim"),
            arguments: [
                "publish", "--scenario", scenario, "--speed", "\(rate)", "--epoch", epoch, "--hours", "\(hours)",
                "--seed", "\(seed)", "--centers", "--broker", stage.broker.url,
            ], output: "\(folder)/zubrsim.log")
        let samples: [ProcessSample]
        do {
            samples = try await watch(daemon, playing: fleet, stage)
        } catch {
            await fleet.stop()
            await daemon.stop()
            throw error
        }
        let end = await fleet.wait()
        guard end == .exited(0) else {
            await daemon.stop()
            throw CommandFailure("the simulated fleet ended with \(end); see \(folder)/zubrsim.log")
        }
        _ = try await stage.wait(atMost: .seconds(60), for: daemon) { $0.ingest.evaluatorLag == 0 }
        let status = try await stage.status()
        try await stage.stop(daemon)
        return SoakReport(samples, status: status, hours: hours, rate: rate, seed: seed, workdir: folder)
    }

    private func watch(
        _ daemon: ChildProcess, playing fleet: ChildProcess, _ stage: ChaosStage
    ) async throws -> [ProcessSample] {
        let start = ContinuousClock.now
        var samples: [ProcessSample] = []
        var lines = "seconds,rss_bytes,wal_bytes,descriptors,threads\n"
        var line = ProgressLine()
        while fleet.isRunning {
            let elapsed = ContinuousClock.now - start
            if elapsed >= length { break }
            guard let sample = ProcessSample(of: daemon.id, database: stage.database, seconds: elapsed.inSeconds) else {
                throw CommandFailure("zubrd ended by itself; see \(stage.daemonLog)")
            }
            samples.append(sample)
            lines += "\(decimal(sample.seconds, places: 1)),\(sample.rssBytes),\(sample.walBytes),"
            lines += "\(sample.descriptors),\(sample.threads)\n"
            line.show("\(decimal(elapsed.inSeconds / length.inSeconds * hours, places: 1)) of \(hours) h")
            _ = await fleet.wait(timeout: every)
        }
        line.finish()
        try lines.write(toFile: "\(folder)/samples.csv", atomically: true, encoding: .utf8)
        return samples
    }

    /// The demonstration's fleet at the pace of real machines, with its faults of delivery and its centers.
    private static let scenario = """
        name: soak
        title: A mixed fleet in August, a report every ten seconds
        fleet: demo
        interval: 10s
        start: "2026-08-03T00:00:00Z"
        month: 8
        failure_rate: 20
        delivery:
          dead_zones_per_day: 3
          dead_zone_minutes: [10, 40]
          duplicates: 0.01
          reordered: 0.01
          wrong_clocks: 0.05
          clock_offset: 2m
          restarts_per_day: 0.5
        centers:
          declines: 0.05
          receipt_minutes: [10, 60]
          decision_minutes: [30, 240]
          start_hours: [3, 14]
        """
}
