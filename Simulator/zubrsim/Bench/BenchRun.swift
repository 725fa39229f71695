import Foundation
import Rehearsal

/// A whole benchmark: the turns, the disk beside them, and the figures.
struct BenchRun {
    let load: BenchLoad
    let folder: String
    let seconds: Double
    let repeats: Int
    /// Messages a second of the turn with a fixed pace.
    let rate: Double
    let unconsumedMax: Int

    private static let syncs = 100

    /// Null subscriber and daemon in turn, so that whatever else the machine does falls on both; then the fixed pace.
    func compare() async throws -> BenchReport {
        var disk = DiskSpeed(folder: folder)
        try disk.measure(BenchRun.syncs)
        var stage = BenchStage(load: load, folder: folder, unconsumedMax: unconsumedMax)
        var null: [BenchRound] = []
        var zubrd: [BenchRound] = []
        for _ in 0..<repeats {
            null.append(try await stage.saturate(.nullSubscriber, seconds: seconds))
            zubrd.append(try await stage.saturate(.zubrd, seconds: seconds))
        }
        let paced = try await stage.pace(perSecond: rate, seconds: seconds)
        try disk.measure(BenchRun.syncs)
        return BenchReport(
            run: self, null: null, zubrd: zubrd, paced: paced, disk: disk, mosquitto: try await mosquittoVersion())
    }

    /// The daemon alone for long.
    func endure(minutes: Double) async throws -> EnduranceReport {
        var disk = DiskSpeed(folder: folder)
        try disk.measure(BenchRun.syncs)
        var stage = BenchStage(load: load, folder: folder, unconsumedMax: unconsumedMax)
        let round = try await stage.endure(perSecond: rate, seconds: minutes * 60, asking: true)
        try disk.measure(BenchRun.syncs)
        return EnduranceReport(run: self, round: round, disk: disk)
    }

    private func mosquittoVersion() async throws -> String {
        let said = "\(folder)/broker-version"
        let asked = try await ChildProcess.start(
            try systemProgram("mosquitto", package: "mosquitto"), arguments: ["-h"], output: said)
        _ = await asked.wait()
        let words = ProcessUse.text(said).split(whereSeparator: \.isWhitespace)
        return words.firstIndex(of: "version").map { String(words[$0 + 1]) } ?? "unknown"
    }
}
