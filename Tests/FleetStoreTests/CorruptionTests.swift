import FleetModel
import FleetRuntime
import Foundation
import GRDB
import SeriesCodec
import Support
import Testing

@testable import FleetStore

/// What a file holds of one segment, read as queries read it.
private enum SegmentContent: Equatable {
    case frames([Frame])
    case unreadable
}

/// A database with segments of many machines, and with something of everything else.
private final class Original {
    /// What the questions of the benchmark suite are about.
    static let names = [
        "status", "fuel_state", "load_capacity", "velocity", "current_load", "latitude", "longitude",
        "fuel_consumption",
    ]

    let folder = TemporaryFolder()
    let bytes: [UInt8]
    let segments: [Int64: SegmentContent]
    let series: [MachineKey: [SeriesPoint]]

    init() async throws {
        let store = try await open(folder)
        var random = SeededGenerator(seed: 1)
        let machines = (1...12).map { MachineKey("fleet-\($0 % 3)/truck-\($0)")! }
        func value(_ signal: Int) -> Double {
            signal < 3 ? Double(random.next(1 << (signal * 4))) / 8 : Double(random.next()) / 7
        }
        for round in 0..<4 {
            for machine in machines {
                let frames = (0..<120).map { number in
                    let seq = UInt64(round * 120 + number + 1)
                    var made = frame(
                        seq, after: Double(seq * 10),
                        (0..<8).map { Reading(Signal(Original.names[$0]), value($0)) })
                    if number == 60 {
                        made.faults = [
                            DiagnosticTroubleCode(spn: SPN(100)!, fmi: FMI(1)!, sourceAddress: SourceAddress(0))
                        ]
                    }
                    return made
                }
                _ = try await store.commit(batch(machine, frames))
            }
            if round < 3 {
                var seen = evaluation()
                seen.cursor = JournalCursor(try await store.onWriter("test") { try Cursor.journal.value($0) })
                try await store.commit(seen)
                try await store.sealAll()
            }
            if round == 2 {
                try await store.load(importedRows, .lineProtocol)
                _ = await failure { try await store.load(interruptedRows, .lineProtocol, breaksAfter: 120) }
            }
        }
        var round = evaluation()
        round.cursor = JournalCursor(try await store.onWriter("test") { try Cursor.evaluation.value($0) })
        round.orders = [order(1), order(2, machine: tractor)]
        round.alerts = [alert("a", severity: .critical)]
        try await store.commit(round)
        await store.close()
        bytes = Array(try FleetStoreTests.bytes(of: folder.file("zubr.db")))
        segments = try Original.segments(of: folder.file("zubr.db"))
        var series: [MachineKey: [SeriesPoint]] = [:]
        let again = try await open(folder, access: .readOnly)
        for machine in machines { series[machine] = try await again.everything(of: machine) }
        await again.close()
        self.series = series
    }

    /// Every segment as its own row says it is; an error when not even the table can be opened.
    static func segments(of path: String, only known: [Int64]? = nil) throws -> [Int64: SegmentContent] {
        let queue = try DatabaseQueue(path: path, configuration: Connections.reader())
        defer { try? queue.close() }
        return try queue.read { db in
            let ids = try known ?? Int64.fetchAll(db, sql: "SELECT id FROM segment ORDER BY id")
            let names = try StoredNames(db)
            let reader = SegmentReader(db, names: names)
            var found: [Int64: SegmentContent] = [:]
            for id in ids {
                found[id] = .unreadable
                guard let row = try? Row.fetchOne(db, sql: "SELECT machine FROM segment WHERE id = ?", arguments: [id]),
                    let machine = try? row.decode(Int64.self, atIndex: 0),
                    let all = try? SegmentTable.segments(of: machine, from: .distantPast, to: .distantFuture, db),
                    let segment = all.first(where: { $0.id == id }),
                    let frames = try? reader.frames(of: segment, from: .distantPast, to: .distantFuture)
                else { continue }
                found[id] = .frames(frames)
            }
            return found
        }
    }
}

@Suite("Damaged files")
struct CorruptionTests {
    /// `ZUBR_OVERWRITES` makes more of them.
    private static let count = ProcessInfo.processInfo.environment["ZUBR_OVERWRITES"].flatMap { Int($0) } ?? 200

    @Test(
        "any overwrite of the file crashes nothing; each segment it harms is reported, and all others are as before",
        .timeLimit(.minutes(60)))
    func overwrites() async throws {
        let original = try await Original()
        #expect(original.segments.count == 37)
        let known = original.segments.keys.sorted()
        var random = SeededGenerator(seed: 20_261_121)
        var (harmed, alone, wholes, closed, opened) = (0, 0, 0, 0, 0)
        let folder = TemporaryFolder()
        let path = folder.file("zubr.db")
        for number in 0..<Self.count {
            var damaged = original.bytes
            let length = min(1 << random.next(13), 4_096) + random.next(2)
            let place = random.next(damaged.count - length)
            for index in place..<place + length {
                damaged[index] = number % 4 == 0 ? 0 : UInt8(truncatingIfNeeded: random.next())
            }
            for name in folder.files { try? FileManager.default.removeItem(atPath: folder.file(name)) }
            try Data(damaged).write(to: URL(fileURLWithPath: path))
            let about = "overwrite \(number): \(length) bytes from \(place)"

            let report = try await DatabaseReport.check(path: path)
            let isStructural = report.damage.contains { [.file, .structure, .names].contains($0.part) }
            let named = Set(report.damage.compactMap(\.segment))
            let found = try? Original.segments(of: path, only: known)
            for (id, before) in original.segments where found?[id] != before {
                alone += isStructural ? 0 : 1
                harmed += 1
                #expect(named.contains(id) || isStructural, "\(about): segment \(id) is not reported: \(report.damage)")
            }
            for id in named where found?[id] == original.segments[id] {
                // Its own row may be right and the index wrong, which SQLite then says as well.
                #expect(isStructural, "\(about): segment \(id) is reported without cause: \(report.damage)")
            }
            wholes += report.isWhole ? 1 : 0
            for finding in report.damage where finding.part == .segment {
                #expect(!finding.what.isEmpty && !finding.next.isEmpty)
            }

            // Whoever reads gets what was there or an error.
            if let store = try? await open(folder, access: .readOnly) {
                opened += 1
                for (machine, points) in original.series {
                    // Damage of a row of the journal is not told by who reads a machine.
                    let isTold = isStructural || report.damage.contains { $0.part == .journal }
                    if let read = try? await store.everything(of: machine), !isTold {
                        let isSame = read == points
                        #expect(isSame, "\(about): \(machine) is not as before: \(report.damage)")
                    }
                }
                if number % 5 == 0 { await store.askEverything() }
                await store.close()
            } else {
                closed += 1
                #expect(!report.isWhole, "\(about): it cannot be opened, and nothing is reported")
            }

            // The daemon starts, or moves the file aside; it never goes on in silence with an empty one.
            let before = folder.files.contains("zubr.db")
            #expect(before)
            // It waits for the disk, which takes most of the time.
            guard number % 7 == 0 else { continue }
            let daemon = await failure {
                let store = try await FleetDatabase.open(path: path, access: .daemon, sync: .normal)
                if number % 14 == 0 { await store.doEverything() }
                await store.close()
            }
            if let daemon {
                #expect(["damaged", "foreign", "busy"].contains(daemon.kind), "\(about): \(daemon)")
                let isKept = folder.files.contains { $0 == "zubr.db" || $0.hasPrefix("zubr.db.corrupt-") }
                #expect(isKept, "\(about)")
            }
        }
        // The test must have seen all of it: pages of segments, of SQLite's own, and places that nothing uses.
        #expect(alone > Self.count / 10, "\(alone)")
        #expect(opened > Self.count / 2, "\(opened)")
        print(
            "\(Self.count) overwrites: \(harmed) segments harmed, \(alone) of them with nothing else, \(wholes) files whole, \(closed) not to be opened"
        )
    }
}
