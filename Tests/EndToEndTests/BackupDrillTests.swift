import FleetModel
import FleetRuntime
import Foundation
import Rehearsal
import Support
import Testing

@Suite("backups of a daemon at work")
struct BackupDrillTests {
    @Test(
        "are made by schedule and rotated; a daemon starts on one, and what comes again is stored once",
        .timeLimit(.minutes(3)))
    func drill() async throws {
        let work = TemporaryFolder()
        let file = try exampleConfiguration(in: work)
        let shelf = "\(work.path)/backups"
        try FileManager.default.createDirectory(atPath: shelf, withIntermediateDirectories: true)
        try "keep me".write(toFile: "\(shelf)/notes.txt", atomically: true, encoding: .utf8)
        let settings = try String(contentsOfFile: file, encoding: .utf8)
        // An old one makes the first due in two seconds.
        let soon = BackupShelf.name(at: Timestamp.systemNow() - .minutes(1) + .seconds(2))
        try Data([1]).write(to: URL(fileURLWithPath: "\(shelf)/\(soon)"))

        try await Stage.open(configuration: file) { stage, daemon in
            let traffic = try Traffic(broker: stage.broker.url, machines: [MachineKey("kuzbass-coal/truck-17")!])
            var made: BackupDocument?
            try await traffic.flow {
                // Only then is a backup asked for, so that it has something to hold.
                let hasFrames = try await eventually(within: .seconds(30)) {
                    try await stage.status()?.store.frames ?? 0 > 0
                }
                #expect(hasFrames)
                try (settings + "\nbackup: {folder: \(shelf), every: 1m, keep: 1}\n").write(
                    toFile: file, atomically: true, encoding: .utf8)
                daemon.kill(SIGHUP)
                let isMade = try await eventually(within: .seconds(30)) {
                    made = try await stage.status()?.backup
                    return made?.lastSeconds != nil
                }
                #expect(isMade, "\(stage.log)")
            }
            let backup = try #require(made)
            let name = try #require(backup.lastFile)
            #expect(try #require(backup.nextAt) - (try #require(backup.lastAt)) == .minutes(1))
            #expect(try FileManager.default.contentsOfDirectory(atPath: shelf).sorted() == ["notes.txt", name])

            // The drill: stop, put the copy in the database's place, start.
            await daemon.stop()
            let files = FileManager.default
            for suffix in ["", "-wal", "-shm"] { try? files.removeItem(atPath: stage.database + suffix) }
            try files.copyItem(atPath: "\(shelf)/\(name)", toPath: stage.database)
            let again = try await stage.startDaemon(configuration: file)
            let restored = try #require(try await stage.status()).store.frames
            #expect(restored > 0 && restored <= traffic.frames)
            // A machine that repeats its frames fills what the copy does not have, and nothing twice.
            let repeated = try Traffic(broker: stage.broker.url, machines: traffic.machines)
            try await repeated.flow(every: .milliseconds(1)) {
                _ = await eventually(within: .seconds(30)) { repeated.frames >= traffic.frames }
            }
            let isComplete = try await eventually(within: .seconds(20)) {
                try await stage.status()?.store.frames == repeated.frames
            }
            let status = try #require(try await stage.status())
            #expect(isComplete, "\(status.store)")
            #expect(status.store.duplicateFrames >= restored)
            #expect(status.store.gaps == 0)
            await traffic.close()
            await repeated.close()
            await again.stop()
        }
    }
}
