import FleetModel
import FleetRuntime
import Foundation
import GRDB
import Support
import Testing

@testable import FleetStore

@Suite("What becomes of segments, at its bounds")
struct SegmentPlanTests {
    @Test(
        "the mark says of each machine up to where it is in segments",
        arguments: [
            (sealed: 5, sealing: 9, machine: 3, asked: 2, position: 9),
            (sealed: 5, sealing: 9, machine: 3, asked: 3, position: 9),
            (sealed: 5, sealing: 9, machine: 3, asked: 4, position: 5),
            (sealed: 5, sealing: 0, machine: 0, asked: 1, position: 5),
        ] as [(sealed: Int64, sealing: Int64, machine: Int64, asked: Int64, position: Int64)])
    func mark(sealed: Int64, sealing: Int64, machine: Int64, asked: Int64, position: Int64) {
        var mark = SealMark()
        (mark.sealed, mark.sealing, mark.machine) = (sealed, sealing, machine)
        #expect(mark.position(of: asked) == position)
    }

    @Test("everything that is stored is moved, and the head is empty then")
    func all() async throws {
        let folder = TemporaryFolder()
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        _ = try await store.commit(batch(tractor, [frame(2)]))
        #expect(store.head.byteCount > 0)
        try await store.commit(evaluation(cursor: 1))
        try await store.sealAll()
        let left = try await store.read("test") { db, _ in try Int64.fetchAll(db, sql: "SELECT id FROM journal") }
        #expect(left == [2], "the evaluator has read the first")
        #expect(store.head.byteCount == 0)
        #expect(try await store.onWriter("test") { try SealMark($0) }.sealed == 2)
        await store.close()
    }

    @Test("of a file of version 1 the evaluator's unread rows, and only these, go into the new journal")
    func version1() async throws {
        let folder = TemporaryFolder()
        let golden = try #require(Bundle.module.url(forResource: "Fixtures/version-1", withExtension: "db"))
        try FileManager.default.copyItem(at: golden, to: URL(fileURLWithPath: folder.file("zubr.db")))
        let queue = try DatabaseQueue(path: folder.file("zubr.db"))
        try await queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO journal SELECT 2, machine, hour, received_at, frames FROM journal WHERE id = 1;
                    UPDATE cursor SET value = 2 WHERE name = 'journal';
                    """)
        }
        try queue.close()
        let store = try await open(folder)
        let (rows, mark) = try await store.read("test") { db, _ in
            (try Int64.fetchAll(db, sql: "SELECT id FROM journal"), try SealMark(db))
        }
        #expect(rows == [2])
        #expect(mark.sealed == 1 && mark.sealing == 0)
        #expect(try await store.everything().count == 12, "six in a segment, six in the journal")
        await store.close()
    }

    private func candidates(_ count: Int, every gap: Duration, rows: Int = 10) -> [MergePlan.Candidate] {
        (0..<count).map { number in
            let first = start + .microseconds(gap.microseconds * Int64(number))
            return MergePlan.Candidate(id: Int64(number), first: first, last: first, rowCount: rows, valueCount: rows)
        }
    }

    @Test("segments are merged by eights, and none becomes longer than 31 days")
    func merging() {
        #expect(MergePlan.choice(among: candidates(7, every: .hours(1))).isEmpty)
        #expect(MergePlan.choice(among: candidates(8, every: .hours(1))) == [0, 1, 2, 3, 4, 5, 6, 7])
        let bound = Duration.microseconds(Segment.spanMax.microseconds / 7)
        #expect(MergePlan.choice(among: candidates(8, every: bound)).count == 8)
        #expect(MergePlan.choice(among: candidates(8, every: bound + .seconds(1))).isEmpty)
        #expect(MergePlan.choice(among: candidates(100, every: .hours(1))).count == MergePlan.segmentsMax)
        // Two that fill one are worth it; those they are too large for are left.
        let large = candidates(8, every: .days(20), rows: SegmentTable.smallRows)
        #expect(MergePlan.choice(among: large) == [0, 1])
    }

    @Test(
        "a minute begins where it does, before 1970 as well",
        arguments: [(0, 0), (59_999_999, 0), (60_000_000, 60_000_000), (-1, -60_000_000), (-60_000_000, -60_000_000)]
            as [(Int64, Int64)])
    func minutes(time: Int64, start: Int64) {
        #expect(SegmentLevel.minutes.start(of: time) == start)
        #expect(SegmentLevel.readings.start(of: time) == time)
    }

    @Test("rows are cut where a segment would be too long, too wide or carry too many fault codes")
    func cuts() {
        let month = Segment.spanMax.microseconds
        let times = [0, 1, month, month + 1, month + 2, 5 * month]
        #expect(Segment.cuts(of: 6, signals: 1, time: { times[$0] }) == [0..<3, 3..<5, 5..<6])
        #expect(Segment.cuts(of: 0, signals: 1, time: { times[$0] }).isEmpty)
        #expect(
            Segment.cuts(of: 20_000, signals: 3, time: { Int64($0) }) == [
                0..<Segment.rowsMax, Segment.rowsMax..<20_000,
            ])
        let wide = Segment.cuts(of: 5_000, signals: 1_023, time: { Int64($0) })
        #expect(wide.count == 5 && wide.allSatisfy { $0.count * 1_023 <= Segment.valuesMax })
        #expect(Segment.cuts(of: 2, signals: Segment.valuesMax * 2, time: { Int64($0) }) == [0..<1, 1..<2])
        let half = Segment.noteBytesMax / 2
        #expect(Segment.cuts(of: 5, signals: 1, noteBytes: { _ in half }, time: { _ in 0 }) == [0..<2, 2..<4, 4..<5])
    }

    @Test("no segment spans so long that what is too old cannot go, however far apart its rows are")
    func span() async throws {
        let folder = TemporaryFolder()
        let store = try await open(folder)
        let day = 86_400.0
        _ = try await store.commit(batch((0..<20).map { frame($0, after: Double($0) * 10 * day) }))
        try await store.sealAll()
        let spans = try await store.read("test") { db, _ in
            try Int64.fetchAll(db, sql: "SELECT last - first FROM segment")
        }
        #expect(spans.count == 5 && spans.allSatisfy { $0 <= Segment.spanMax.microseconds })
        store.take(catalog: Catalog(), limits: IngestLimits(), retention: RetentionSettings(readings: .days(1)))
        while try await store.expire(at: start + .days(100)) {}
        #expect(try await store.everything().count == 24, "what is older went but for its last segment's part")
        await store.close()
    }

    @Test("a segment of more columns than can be stored is refused, and does not end the program")
    func tooManyChunks() async throws {
        let folder = TemporaryFolder()
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        let segment = Segment(
            machine: 1, first: start, last: start, rowCount: 1, directory: SegmentDirectory(rows: .nowhere),
            chunks: Array(repeating: [1], count: SegmentDirectory.chunksMax))
        let found = await failure { try await store.write("test") { db, _ in try SegmentTable.insert(segment, db) } }
        #expect(found?.message.contains("too many columns") == true)
        await store.close()
    }

    @Test("small segments that are not worth a merge are not looked at again for each that comes")
    func notWorthIt() async throws {
        let folder = TemporaryFolder()
        let store = try await open(folder)
        for seq in 0..<10 as Range<UInt64> {
            _ = try await store.commit(batch([frame(seq, after: Double(seq) * 40 * 86_400)]))
            try await store.sealAll()
        }
        try await store.compact()
        let counts = store.mergeQueue.withLock { queue in
            SegmentLevel.allCases.map { queue.worthwhileCount(1, $0) }
        }
        #expect(counts == [12, MergePlan.segmentsMin, MergePlan.segmentsMin])
        await store.close()
    }

    @Test("what is kept of several parts is that of all of them, and what is not a number loses")
    func rollup() {
        var sum = Rollup.Summary(.nan, at: 5)
        for (time, value) in [4, -2, .nan].enumerated() { sum.add(Rollup.Summary(value, at: Int64(time) + 6)) }
        sum.add(Rollup.Summary())
        #expect(sum[.count] == 4 && sum[.minimum] == -2 && sum[.maximum] == 4)
        #expect(sum[.sum].isNaN && sum[.first].isNaN && sum[.last].isNaN)
        #expect(sum[.firstAt] == 5 && sum[.lastAt] == 8)
        var only = Rollup.Summary()
        only.add(Rollup.Summary(7, at: 3), after: 60)
        #expect(only[.count] == 1 && only[.first] == 7 && only[.sum] == 7 && only[.firstAt] == 63)
    }

    @Test(
        "a column of one value is read when that value is asked for",
        arguments: [("=", 20), ("<=", 20), (">=", 20), ("<", 0), (">", 0)])
    func oneValue(comparison: String, count: Int64) async throws {
        let folder = TemporaryFolder()
        let store = try await open(folder)
        _ = try await store.commit(batch((1...20).map { frame($0, [Reading(.speed, 31.5)]) }))
        try await store.sealAll()
        let rows = try await store.ask("SELECT count(*) FROM samples WHERE value \(comparison) 31.5")
        #expect(rows == [[.integer(count)]])
        await store.close()
    }

    @Test("a segment goes when its last row is older than the age, and not when it is as old")
    func age() async throws {
        let folder = TemporaryFolder()
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1, after: 0)]))
        try await store.sealAll()
        for (later, left) in [(Duration.zero, 2), (.microseconds(1), 0)] {
            store.take(
                catalog: Catalog(), limits: IngestLimits(), retention: RetentionSettings(readings: .days(1)))
            while try await store.expire(at: start + .days(1) + later) {}
            #expect(try await store.everything().count == left)
        }
        await store.close()
    }
}
