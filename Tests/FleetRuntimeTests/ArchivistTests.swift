import FleetModel
import FleetRuntime
import Logging
import Support
import Synchronization
import Testing

private let night = Timestamp(iso8601: "2026-11-21T03:00:00Z")!

@Suite("the shelf of backups")
struct BackupShelfTests {
    @Test("names carry their time, and only those are ours")
    func names() {
        #expect(BackupShelf.name(at: night + .milliseconds(700)) == "zubr-2026-11-21T03-00-00Z.db")
        #expect(BackupShelf.time(of: "zubr-2026-11-21T03-00-00Z.db") == night)
        for foreign in [
            "zubr.db", "zubr-2026-11-21.db", "zubr-2026-11-21T03-00-00Z.db.gz", "zubr-2026-11-21T03:00:00Z.db",
            "my-zubr-2026-11-21T03-00-00Z.db", "zubr-2026-13-21T03-00-00Z.db", "zubr-2026-11-21T03-00-00Z.db.partial",
        ] {
            #expect(BackupShelf.time(of: foreign) == nil, "\(foreign)")
        }
    }

    @Test("the oldest beyond the number go, never the newest, never what is not ours")
    func rotation() {
        let names = (0..<5).map { BackupShelf.name(at: night + .days(Double($0))) }
        let shelf = BackupShelf(names: names.shuffled() + ["zubr.db", "notes.txt", names[0] + ".partial"])
        #expect(shelf.surplus(keep: 3, newest: names[4]) == [names[0], names[1]])
        #expect(shelf.surplus(keep: 9, newest: names[4]).isEmpty)
        // A clock that was set back names the newest as if it were the oldest.
        #expect(shelf.surplus(keep: 1, newest: names[0]) == Array(names[1...]))
        #expect(shelf.unfinished == [names[0] + ".partial"])
    }

    @Test("those that a clock which was ahead has named go first, so that a good one never makes room for another")
    func rotationAfterClockAhead() {
        let good = (0..<3).map { BackupShelf.name(at: night + .days(Double($0))) }
        let ahead = (0..<2).map { BackupShelf.name(at: night + .days(365 + Double($0))) }
        let shelf = BackupShelf(names: good + ahead)
        #expect(shelf.surplus(keep: 3, newest: good[2]) == ahead)
        #expect(shelf.surplus(keep: 4, newest: good[2]) == [ahead[0]])
        #expect(shelf.surplus(keep: 2, newest: good[2]) == ahead + [good[0]])
    }

    @Test(
        "the next is due an interval after the last; one from the future does not count",
        arguments: [(after: -1, next: 23), (after: -30, next: -6), (after: 5, next: 0)]
            as [(after: Double, next: Double)])
    func due(after: Double, next: Double) {
        let shelf = BackupShelf(names: [BackupShelf.name(at: night + .hours(after))])
        #expect(shelf.nextAt(every: .days(1), now: night) == night + .hours(next))
    }
}

/// A folder in memory.
private final class Folder: BackupStore {
    let files: Mutex<[String: Int64]>
    let failure = Mutex<StoreFailure?>(nil)
    let damage = Mutex<String?>(nil)

    init(_ names: [String] = []) { files = Mutex(Dictionary(uniqueKeysWithValues: names.map { ($0, 1) })) }

    var names: [String] { files.withLock { $0.keys.sorted() } }

    func backUp(to name: String, in folder: String) async throws(StoreFailure) -> BackupReceipt {
        if let failure = failure.withLock({ $0 }) { throw failure }
        files.withLock { $0[name] = 10 }
        return BackupReceipt(bytes: 10, damage: damage.withLock { $0 })
    }
    func files(in folder: String) async throws(StoreFailure) -> [String: Int64] { files.withLock { $0 } }
    func remove(_ name: String, in folder: String) async throws(StoreFailure) {
        files.withLock { $0[name] = nil }
    }
}

@Suite("the archivist")
struct ArchivistTests {
    private let gauges = DaemonGauges()
    private let time = Box<Timestamp>()

    private func archivist(_ folder: Folder, _ settings: Live<BackupSettings?>) -> Archivist<Folder> {
        let time = time
        return Archivist(
            store: folder, settings: settings, gauges: gauges, clock: ContinuousClock(), now: { time.all.last! },
            logger: Logger(label: "test"))
    }

    @Test("makes one when it is due, keeps as many as asked, and says when the next comes")
    func schedule() async throws {
        let old = (1...3).map { BackupShelf.name(at: night - .days(Double($0))) }
        let folder = Folder(old + ["notes.txt", BackupShelf.name(at: night) + ".partial"])
        let settings = Live<BackupSettings?>(BackupSettings(folder: "/b", every: .days(1), keep: 3))
        let archivist = archivist(folder, settings)
        var round = Archivist<Folder>.Round()
        time.add(night - .seconds(1))
        _ = await archivist.step(&round)
        #expect(folder.names == ["notes.txt"] + old.sorted(), "not due yet; what was left unfinished is gone")
        #expect(gauges.backup?.nextAt == night)
        #expect(gauges.backup?.lastFile == old[0])

        time.add(night)
        _ = await archivist.step(&round)
        #expect(folder.names == ["notes.txt"] + [old[1], old[0], BackupShelf.name(at: night)])
        #expect(gauges.backup?.lastAt == night)
        #expect(gauges.backup?.lastBytes == 10)
        #expect(gauges.backup?.nextAt == night + .days(1))
        #expect(gauges.problems.isEmpty)

        settings.replace(by: nil)
        _ = await archivist.step(&round)
        #expect(gauges.backup == nil)
    }

    @Test("a failure keeps every old one, is shown, and is tried again with growing patience")
    func failing() async throws {
        let old = (1...3).map { BackupShelf.name(at: night - .days(Double($0) * 2)) }
        let folder = Folder(old)
        folder.failure.withLock { $0 = .diskFull("no room") }
        let archivist = archivist(folder, Live(BackupSettings(folder: "/b", every: .days(1), keep: 1)))
        var round = Archivist<Folder>.Round()
        time.add(night)
        for _ in 0..<3 { _ = await archivist.step(&round) }
        #expect(folder.names == old.sorted())
        #expect(gauges.problems.count == 1)
        #expect(gauges.problems[0].contains("no room"))
        #expect(gauges.problems[0].contains("the last good one is of 2026-11-19"))
        #expect(gauges.backup?.failure == "no room")

        folder.failure.withLock { $0 = nil }
        let pause = await archivist.step(&round)
        #expect(pause == .seconds(1))
        #expect(folder.names == [BackupShelf.name(at: night)])
        #expect(gauges.problems.isEmpty)
        #expect(gauges.backup?.failure == nil)
    }

    @Test("while the database is damaged a copy replaces the last of those, every whole one stays, and it is a problem")
    func damaged() async throws {
        let whole = (1...3).map { BackupShelf.name(at: night - .days(Double($0))) }
        let folder = Folder(whole)
        folder.damage.withLock { $0 = "row 5" }
        let archivist = archivist(folder, Live(BackupSettings(folder: "/b", every: .days(1), keep: 3)))
        var round = Archivist<Folder>.Round()
        for day in 0...2 {
            time.add(night + .days(Double(day)))
            _ = await archivist.step(&round)
            #expect(folder.names == (whole + [BackupShelf.name(at: time.all.last!)]).sorted())
            #expect(gauges.backup?.damage == "row 5" && gauges.backup?.failure == nil)
            #expect(gauges.problems.count == 1 && gauges.problems[0].contains("row 5"))
        }
        folder.damage.withLock { $0 = nil }
        time.add(night + .days(3))
        _ = await archivist.step(&round)
        #expect(folder.names == [whole[0]] + [2, 3].map { BackupShelf.name(at: night + .days($0)) })
        #expect(gauges.problems.isEmpty && gauges.backup?.damage == nil)
    }
}
