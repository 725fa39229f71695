import FleetModel
import FleetRuntime
import Foundation
import GRDB
import SeriesCodec
import Support
import Testing

@testable import FleetStore

@Suite("A look at all of a database")
struct DatabaseCheckTests {
    private let folder = TemporaryFolder()
    private var path: String { folder.file("zubr.db") }

    private func fill() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch((1...300).map { frame($0) }))
        _ = try await store.commit(batch(tractor, (1...300).map { frame($0, [Reading(coolant, 70)]) }))
        try await store.sealAll()
        _ = try await store.commit(batch((301...320).map { frame($0) }))
        var round = evaluation()
        round.orders = [order(1)]
        try await store.commit(round)
        await store.close()
    }

    private func change(_ sql: String, _ arguments: StatementArguments = []) async throws {
        let store = try await open(folder)
        try await store.onWriter("test") { db in
            try db.execute(sql: "PRAGMA foreign_keys = OFF")
            try db.execute(sql: sql, arguments: arguments)
        }
        await store.close()
    }

    @Test("finds a good one whole, and counts what there is; a running daemon is not in its way")
    func whole() async throws {
        try await fill()
        var report = try await DatabaseReport.check(path: path)
        #expect(report.isWhole, "\(report.damage)")
        #expect(report.machines == 2 && report.signals == 2 && report.segments == 2 && report.columns == 3)
        #expect(report.samples == 900)
        // What is in segments stays in the journal until the evaluator has seen it.
        #expect(report.journalFrames == 620)
        #expect(report.documents > 0)
        let before = try bytes(of: path)
        let store = try await open(folder)
        report = try await DatabaseReport.check(path: path)
        #expect(report.isWhole)
        await store.close()
        #expect(try bytes(of: path) == before)
    }

    @Test(
        "what is damaged is named with its machine, signal and time",
        arguments: [
            (
                "UPDATE segment SET rows = rows + 1 WHERE machine = 1", "segment",
                [
                    "kuzbass-coal/truck-17", "its times: there are 300, and 301 rows by its table",
                    "2026-03-01T08:00:01Z",
                ]
            ),
            ("UPDATE segment SET first = first - 1", "segment", ["they are not from first to last"]),
            ("UPDATE segment SET last = last + 1", "segment", ["they are not from first to last"]),
            ("UPDATE segment SET machine = 77 WHERE machine = 2", "segment", ["machine 77, which is not there"]),
            ("UPDATE segment SET directory = x'01020304'", "segment", ["its directory"]),
            ("DELETE FROM segment WHERE machine = 2", "segment", ["nothing says whose they are"]),
            ("DELETE FROM chunk", "segment", ["its chunk", "coolant_temp"]),
            ("UPDATE journal SET frames = substr(frames, 1, 20)", "journal", ["the check sum does not match"]),
            (
                "UPDATE cursor SET value = 1 WHERE name = 'journal'", "journal",
                ["after its end 1", "ahead of the journal"]
            ),
            (
                "UPDATE work_order SET document = '{}'", "state",
                ["a work order cannot be read", "kuzbass-coal/truck-17"]
            ),
            ("UPDATE shape SET signals = x'00' WHERE id = 1", "names", ["the list of signals 1 is damaged"]),
            ("DELETE FROM signal WHERE id = 1", "structure", ["the table signal lacks its row 1"]),
            ("INSERT INTO tag_set (tags) VALUES ('{')", "state", ["tag_set is no JSON"]),
            ("UPDATE machine_signal SET signals = '['", "state", ["machine_signal is no JSON"]),
            (
                "INSERT INTO unreadable (machine, frames, why) VALUES (1, x'00', 'because')", "unreadable",
                ["because", "kuzbass-coal/truck-17"]
            ),
        ])
    func damaged(sql: String, part: String, words: [String]) async throws {
        try await fill()
        try await change(sql)
        let report = try await DatabaseReport.check(path: path)
        let said = report.damage.map { "\($0.part.rawValue) \($0.sentence)" }.joined(separator: "\n")
        #expect(report.damage.contains { $0.part.rawValue == part }, "\(said)")
        for word in words { #expect(said.contains(word), "\(said)") }
    }

    @Test("a flipped bit of any column is found in that column and nowhere else", arguments: ["coolant_temp", "speed"])
    func column(name: String) async throws {
        try await fill()
        let store = try await open(folder)
        try await store.onWriter("test") { db in
            let signal = try Int64.fetchOne(db, sql: "SELECT id FROM signal WHERE name = ?", arguments: [name])!
            let row = try Row.fetchOne(db, sql: "SELECT id, directory FROM segment WHERE machine = 1")!
            let place = try row.withUnsafeBlob(1) { try SegmentDirectory($0) }.column(of: signal)!.place
            let chunk = SegmentTable.chunkRow(row[0], place.chunk)
            var bytes = try Data.fetchOne(db, sql: "SELECT data FROM chunk WHERE id = ?", arguments: [chunk])!
            bytes[bytes.startIndex + place.offset + place.length / 2] ^= 4
            try db.execute(sql: "UPDATE chunk SET data = ? WHERE id = ?", arguments: [bytes, chunk])
        }
        await store.close()
        for depth in [CheckDepth.sums, .values] {
            let report = try await DatabaseReport.check(path: path, depth)
            #expect(report.damage.count == 1)
            let finding = try #require(report.damage.first)
            #expect(finding.signal == name)
            #expect(finding.machine == "kuzbass-coal/truck-17")
            #expect(finding.from == start + .seconds(1) && finding.to == start + .seconds(300))
        }
        // The other machine's readings are all there.
        let again = try await open(folder, access: .readOnly)
        #expect(try await again.everything(of: tractor).count == 300)
        await again.close()
    }

    @Test("statistics that are not those of the values are found, though every check sum is right")
    func statistics() async throws {
        try await fill()
        let store = try await open(folder)
        try await store.onWriter("test") { db in
            let row = try Row.fetchOne(db, sql: "SELECT id, directory FROM segment WHERE machine = 1")!
            var directory = try row.withUnsafeBlob(1) { try SegmentDirectory($0) }
            directory.columns[0].statistics.maximum += 1
            try db.execute(
                sql: "UPDATE segment SET directory = ? WHERE id = ?",
                arguments: [Data(directory.bytes), row[0] as Int64])
        }
        await store.close()
        let report = try await DatabaseReport.check(path: path)
        #expect(report.damage.map(\.what) == ["its values: they are not what its directory says of them"])
        #expect(try await DatabaseReport.check(path: path, .sums).isWhole)
    }

    @Test("machines and signals that a daemon hears of during the look are not missing")
    func namedMeanwhile() async throws {
        try await fill()
        let store = try await open(folder)
        let report = try await DatabaseReport.check(
            path: path,
            progress: { part, _, _ in
                guard part == "segments" else { return }
                let isStored = DispatchSemaphore(value: 0)
                Task {
                    _ = try? await store.commit(
                        batch(MachineKey("agro/new")!, [frame(1, [Reading(Signal("check_new"), 1)])]))
                    isStored.signal()
                }
                isStored.wait()
            })
        #expect(report.isWhole, "\(report.damage)")
        #expect(report.journalFrames == 621)
        await store.close()
    }

    @Test("a file that is no database is reported, one that is not there is refused, and a look can be stopped")
    func noDatabase() async throws {
        #expect(await failure { _ = try await DatabaseReport.check(path: path) }?.kind == "notFound")
        #expect(folder.files.isEmpty)
        try "no database".write(toFile: path, atomically: false, encoding: .utf8)
        let report = try await DatabaseReport.check(path: path)
        #expect(report.damage.map(\.part) == [.file])
        #expect(report.damage.first?.next.hasPrefix("name zubrd's database") == true, "\(report.damage)")
        try FileManager.default.removeItem(atPath: path)
        try await fill()
        let stopped = await failure { _ = try await DatabaseReport.check(path: path, isStopped: { true }) }
        #expect(stopped?.message == "stopped before all was looked at")
        #expect(await failure { _ = try await DatabaseReport.check(path: folder.path) }?.kind == "conflict")
    }

    @Test("a database of a newer program is said to be one, and nobody is told to put a backup in its place")
    func newer() async throws {
        try await fill()
        let queue = try DatabaseQueue(path: path)
        try await queue.write { try $0.execute(sql: "PRAGMA user_version = 99") }
        try queue.close()
        let finding = try #require(try await DatabaseReport.check(path: path).damage.first)
        #expect(finding.part == .file && finding.what.contains("newer Zubr (schema 99"), "\(finding)")
        #expect(finding.next.hasPrefix("check it with the zubr of that version"), "\(finding)")
    }
}
