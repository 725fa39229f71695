import FleetModel
import FleetRuntime
import Foundation
import GRDB
import SeriesCodec
import Support
import Testing

@testable import FleetStore

@Suite("What leaves the journal")
struct SealingTests {
    private let folder: TemporaryFolder
    init() throws { folder = TemporaryFolder() }

    private static let rules = SealRules(headBytes: 1, age: .seconds(60), bytesAtOnce: 100, rowsAtOnce: 2)

    private func open(_ rules: SealRules = SealingTests.rules, _ name: String = "zubr.db") async throws -> FleetDatabase
    {
        try await FleetDatabase.open(
            path: folder.file(name), access: .daemon, catalog: Catalog(), limits: IngestLimits(),
            keepsBallast: false, quarantineBounds: QuarantineBounds(), schema: .current, sealRules: rules)
    }

    /// Frames of two kinds, out of order, with whatever values a machine may send.
    private func frames(_ count: Int, _ generator: inout SeededGenerator) -> [Frame] {
        let extremes: [Double] = [0, -0.0, .nan, .infinity, -.infinity, 1e300, 9_007_199_254_740_994, 0.1]
        return (0..<count).map { index in
            let isStatus = Bool.random(using: &generator)
            let names = isStatus ? ["sealed_a", "sealed_b", "sealed_c"] : ["coolant_temp", "speed"]
            var readings = names.map { name in
                Reading(
                    Signal(name),
                    Int.random(in: 0...9, using: &generator) == 0
                        ? extremes.randomElement(using: &generator)!
                        : Double(Int.random(in: 0...1_000, using: &generator)) / 10)
            }
            if Int.random(in: 0...4, using: &generator) == 0 { readings.removeLast() }
            let code = DiagnosticTroubleCode(spn: SPN(110)!, fmi: FMI(3)!, sourceAddress: SourceAddress(0))
            return Frame(
                boot: 1, seq: UInt64(index),
                observedAt: start + .seconds(Double(Int.random(in: 0...5_000, using: &generator))),
                readings: readings, faults: isStatus ? [code] : nil)
        }
    }

    private func contents(_ store: FleetDatabase, _ machine: MachineKey = truck) async throws -> [String] {
        try await store.everything(of: machine).map {
            "\($0.observedAt.iso8601) \($0.boot) \($0.seq) \($0.signal) \($0.value.bitPattern)"
        }
    }

    private func count(_ table: String, _ store: FleetDatabase) async throws -> Int {
        try await store.read("test") { db, _ in try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM \(table)")! }
    }

    /// The evaluator has seen all of the journal.
    private func evaluateAll(_ store: FleetDatabase) async throws {
        let end = try await store.read("test") { db, _ in try Cursor.journal.value(db) }
        try await store.commit(
            Evaluation(cursor: JournalCursor(end), replyCursor: 0, at: start, lastOrderNumber: 0))
    }

    @Test("reads from segments as it read from the journal, to the bit", arguments: 0..<5 as Range<UInt64>)
    func sameContents(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        var store = try await open()
        let sent = frames(400, &generator)
        for part in stride(from: 0, to: 400, by: 50) {
            _ = try await store.commit(batch(truck, Array(sent[part..<part + 50])))
            _ = try await store.commit(batch(tractor, Array(sent[part..<part + 30])))
        }
        let (before, other) = (try await contents(store), try await contents(store, tractor))
        #expect(before.count > 700)
        try await store.sealAll()
        #expect(try await count("segment", store) == 4, "two machines with two kinds of frames")
        #expect(store.head.byteCount == 0)
        #expect(try await contents(store) == before)
        // What came since stands in the journal, late frames among it.
        _ = try await store.commit(batch([frame(1_000, after: 60)]))
        #expect(try await contents(store).count == before.count + 2)
        #expect(try await contents(store, tractor) == other)
        await store.close()
        store = try await open()
        #expect(try await contents(store).count == before.count + 2)
        #expect(try await store.commit(batch(sent)).storedFrames == 0, "all of it is known")
        await store.close()
    }

    @Test("is there once, whichever step it is stopped after")
    func interrupted() async throws {
        var generator = SeededGenerator(seed: 7)
        var store = try await open()
        let sent = frames(120, &generator)
        for part in stride(from: 0, to: 120, by: 20) {
            _ = try await store.commit(batch(truck, Array(sent[part..<part + 20])))
            _ = try await store.commit(batch(tractor, Array(sent[part..<part + 20])))
        }
        try await evaluateAll(store)
        let expected = try await contents(store)
        var steps = 0
        while try await store.seal(at: start, mustBegin: steps == 0) {
            steps += 1
            await store.close()
            store = try await open()
            #expect(try await contents(store) == expected, "after step \(steps)")
            #expect(try await contents(store, tractor) == expected, "after step \(steps)")
            #expect(try await store.commit(batch(sent)).storedFrames == 0, "after step \(steps)")
            #expect(try await store.gaps().isEmpty)
        }
        // Begin, two machines, end, and twelve rows by twos.
        #expect(steps >= 9)
        #expect(try await count("journal", store) == 0)
        #expect(try await count("segment", store) == 4)
        await store.close()
    }

    @Test("stays in the journal until the evaluator has read it")
    func keptForEvaluator() async throws {
        let store = try await open()
        _ = try await store.commit(batch([frame(1)]))
        _ = try await store.commit(batch([frame(2)]))
        try await store.sealAll()
        #expect(try await count("journal", store) == 2)
        #expect(try await store.journal(after: .start, limit: 9).frames.flatMap(\.frames).count == 2)
        try await evaluateAll(store)
        try await store.sealAll()
        #expect(try await count("journal", store) == 0)
        await store.close()
    }

    @Test("and cannot be read at all is kept as it is")
    func unreadableRow() async throws {
        var store = try await open()
        _ = try await store.commit(batch([frame(1)]))
        _ = try await store.commit(batch([frame(2)]))
        try await store.onWriter("test") { db in
            try db.execute(sql: "UPDATE journal SET frames = x'010203' WHERE id = 1")
        }
        await store.close()
        store = try await open()
        #expect(store.unreadJournalRows == [1])
        try await evaluateAll(store)
        try await store.sealAll()
        #expect(try await count("journal", store) == 0)
        let kept = try await store.read("test") { db, _ in
            try String.fetchAll(db, sql: "SELECT machine || ' ' || hex(frames) || ' ' || why FROM unreadable")
        }
        #expect(kept == ["0 010203 row 1 of the journal was damaged"])
        #expect(try await store.everything().count == 2, "the other is a segment")
        #expect(try await store.backUp(to: "copy.db", in: folder.path).damage == nil, "backups go on")
        await store.close()
        let report = try await DatabaseReport.check(path: folder.file("zubr.db"))
        #expect(report.damage.map(\.part) == [.unreadable] && report.damage[0].machine == nil)
    }

    @Test(
        "when a list of signals is damaged, or a machine's row is gone, that machine's pieces are kept and all else goes on",
        arguments: ["UPDATE shape SET signals = x'00' WHERE id = 1", "DELETE FROM machine WHERE id = 1"])
    func damagedNames(sql: String) async throws {
        var store = try await open()
        _ = try await store.commit(batch([frame(1)]))
        _ = try await store.commit(batch(tractor, [frame(1, [Reading(coolant, 70)])]))
        try await store.onWriter("test") { db in
            try db.execute(sql: "PRAGMA foreign_keys = OFF")
            try db.execute(sql: sql)
        }
        await store.close()
        store = try await open()
        #expect(try await store.commit(batch([frame(2)])).storedFrames == 1)
        #expect(try await store.commit(batch(tractor, [frame(1), frame(2)])).duplicateFrames == 1)
        try await evaluateAll(store)
        try await store.sealAll()
        #expect(store.head.byteCount == 0)
        #expect(try await count("journal", store) == 0)
        #expect(try await store.everything().map(\.seq) == [2, 2])
        #expect(try await store.everything(of: tractor).map(\.seq) == [1, 2, 2])
        let kept = try await store.read("test") { db, _ in try Int64.fetchAll(db, sql: "SELECT machine FROM unreadable")
        }
        #expect(kept == [1])
        #expect(try await store.commit(batch([frame(2), frame(3)])).duplicateFrames == 1)
        await store.close()
    }

    @Test("tells when the machine was heard last, and what is missing, without the journal")
    func standing() async throws {
        var store = try await open()
        _ = try await store.commit(batch([frame(1), frame(4)], at: start + .seconds(9)))
        try await evaluateAll(store)
        try await store.sealAll()
        await store.close()
        store = try await open()
        #expect(try await store.machine(truck).summary.lastReceivedAt == start + .seconds(9))
        #expect(try await store.gaps() == [GapDocument(equipment: truck, boot: 1, firstSeq: 2, lastSeq: 3)])
        await store.close()
    }

    @Test("is moved when it is old or much, and not before")
    func due() async throws {
        let store = try await open(
            SealRules(headBytes: 2_000, age: .seconds(60), bytesAtOnce: 1_000, rowsAtOnce: 10))
        _ = try await store.seal(at: start)
        _ = try await store.commit(batch([frame(1)]))
        #expect(try await !store.seal(at: start + .seconds(59)))
        #expect(try await store.seal(at: start + .seconds(61)))
        while try await store.seal(at: start + .seconds(61)) {}
        #expect(try await count("segment", store) == 1)
        _ = try await store.commit(batch((2..<300).map { frame($0) }))
        #expect(try await store.seal(at: start + .seconds(62)), "it is much")
        await store.close()
    }

    @Test("never fills the memory: what comes in faster than it can be moved waits for room")
    func bounded() async throws {
        let rules = SealRules(headBytes: 2_000, age: .hours(1), bytesAtOnce: 500, rowsAtOnce: 10, headBytesMax: 4_000)
        let store = try await open(rules)
        var generator = SeededGenerator(seed: 12)
        let sent = frames(600, &generator)
        var longest = 0
        for part in stride(from: 0, to: 600, by: 10) {
            _ = try await store.commit(batch(truck, Array(sent[part..<part + 10])))
            longest = max(longest, store.head.byteCount)
        }
        #expect((2_000..<8_000).contains(longest))
        let untouched = try await open(SealRules(), "untouched.db")
        _ = try await untouched.commit(batch(truck, sent))
        #expect(try await contents(store) == contents(untouched))
        await store.close()
        await untouched.close()
    }

    @Test("and cannot be moved stops ingest at the bound of the memory, loses nothing, and goes on when it can be")
    func cannotBeMoved() async throws {
        let rules = SealRules(headBytes: 2_000, age: .hours(1), bytesAtOnce: 500, rowsAtOnce: 10, headBytesMax: 4_000)
        var store = try await open(rules)
        try await store.onWriter("test") { db in
            try db.execute(
                sql: "CREATE TRIGGER t BEFORE INSERT ON segment BEGIN SELECT RAISE(ABORT, 'injected'); END")
        }
        var sent = 0
        var refused: StoreFailure?
        while refused == nil, sent < 600 {
            refused = await failure { _ = try await store.commit(batch([frame(UInt64(sent + 1))])) }
            if refused == nil { sent += 1 }
        }
        #expect(refused?.message.hasPrefix("cannot move the journal into segments") == true)
        #expect(refused?.message.contains("injected") == true)
        #expect((20..<500).contains(sent))
        #expect(await failure { _ = try await store.tidy(at: start) }?.message == refused?.message)
        #expect(try await store.everything().count == sent * 2, "what was acknowledged")

        // As after the service manager has started the daemon again.
        await store.close()
        store = try await open(rules)
        #expect(await failure { _ = try await store.commit(batch([frame(UInt64(sent + 1))])) } != nil)
        #expect(try await store.everything().count == sent * 2)
        try await store.onWriter("test") { try $0.execute(sql: "DROP TRIGGER t") }
        _ = try await store.commit(batch((1...UInt64(sent + 1)).map { frame($0) }))
        #expect(store.head.byteCount < 4_000)
        #expect(try await store.everything().count == (sent + 1) * 2)
        await store.close()
    }

    @Test("is moved once, however many move it at the same time, and while more comes in")
    func together() async throws {
        var generator = SeededGenerator(seed: 13)
        let store = try await open()
        let sent = frames(400, &generator)
        _ = try await store.commit(batch(truck, Array(sent[..<100])))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { for _ in 0..<40 { _ = try await store.seal(at: start, mustBegin: true) } }
            }
            group.addTask {
                for part in stride(from: 100, to: 400, by: 10) {
                    _ = try await store.commit(batch(truck, Array(sent[part..<part + 10])))
                    _ = try await store.commit(batch(tractor, Array(sent[part..<part + 10])))
                }
            }
            try await group.waitForAll()
        }
        let untouched = try await open(SealRules(), "untouched.db")
        _ = try await untouched.commit(batch(truck, sent))
        _ = try await untouched.commit(batch(tractor, Array(sent[100...])))
        for machine in [truck, tractor] {
            #expect(try await contents(store, machine) == contents(untouched, machine))
        }
        try await store.sealAll()
        #expect(store.head.byteCount == 0)
        #expect(try await contents(store) == contents(untouched))
        await store.close()
        await untouched.close()
    }

    @Test("becomes few segments however little was moved at a time, and none is lost")
    func merging() async throws {
        var generator = SeededGenerator(seed: 11)
        let store = try await open()
        let sent = frames(600, &generator)
        for part in stride(from: 0, to: 600, by: 20) {
            _ = try await store.commit(batch(truck, Array(sent[part..<part + 20])))
            try await store.sealAll()
        }
        let before = try await contents(store)
        #expect(try await count("segment", store) == 60)
        try await store.compact()
        #expect(try await count("segment", store) < 20)
        #expect(try await contents(store) == before)
        #expect(try await count("chunk", store) == count("segment", store), "nothing is left of the others")
        #expect(try await count("pragma_freelist_count WHERE freelist_count > 0", store) == 0)
        await store.close()
    }

    @Test("and cannot be read is left alone by merging, and named when it is asked for")
    func damagedIsLeft() async throws {
        let store = try await open()
        for seq in 0..<20 as Range<UInt64> {
            _ = try await store.commit(batch([frame(seq)]))
            try await store.sealAll()
        }
        try await store.onWriter("test") { db in
            try db.execute(sql: "UPDATE chunk SET data = CAST(X'010203' AS BLOB) WHERE id = 3 << 12")
        }
        try await store.compact()
        #expect(try await count("segment", store) == 2)
        let found = await failure { _ = try await store.everything() }
        #expect(found?.message.contains("segment 3 of kuzbass-coal/truck-17") == true)
        let after = SeriesQuestion(
            machines: MachineSelection(keys: [truck]), signals: [], from: start + .seconds(3), to: start + .seconds(99))
        let counts = try await store.answer(after).series.map(\.times.count)
        #expect(counts == [17, 17], "the seventeen after it are there")
        await store.close()
    }

    @Test("at different times of one instant and boot stays in the order of its numbers")
    func sameInstant() async throws {
        let store = try await open()
        _ = try await store.commit(batch([frame(2, after: 5), frame(1, after: 5), frame(3, boot: 0, after: 5)]))
        try await store.sealAll()
        #expect(try await store.everything().map(\.seq) == [3, 3, 1, 1, 2, 2])
        await store.close()
    }
}

@Suite("What is too old")
struct RetentionTests {
    private let folder: TemporaryFolder
    init() throws { folder = TemporaryFolder() }

    /// What rollups have kept of a signal, by the starts of their rows.
    private func rollup(
        _ level: SegmentLevel, of signal: Signal, _ store: FleetDatabase
    ) async throws -> [Timestamp: [Double]] {
        try await store.read("test") { db, _ in
            let names = try store.names(db)
            let row = names.rows[signal]!
            let reader = SegmentReader(db, names: names)
            var kept: [Timestamp: [Double]] = [:]
            for segment in try SegmentTable.segments(of: 1, level, from: .distantPast, to: .distantFuture, db) {
                var columns: [(Int64, [Double], Presence)] = []
                let times = try reader.columns(of: segment) { columns.append(($0, $1, $2)) }
                for (number, values, presence) in columns where number >> 3 == row {
                    for (place, time) in times.enumerated() where presence[place] {
                        kept[Timestamp(microseconds: time), default: []].append(values[place])
                    }
                }
            }
            return kept
        }
    }

    private func tidyAll(_ store: FleetDatabase, at now: Timestamp) async throws {
        var pieces = 0
        while try await store.tidy(at: now) {
            pieces += 1
            try #require(pieces < 10_000, "it comes to an end")
        }
    }

    @Test("becomes minutes, then hours, then goes; nothing younger does")
    func ages() async throws {
        let store = try await open(folder)
        // Two hours of a reading every ten seconds, the value being the second of the hour.
        let frames = (0..<720 as Range<UInt64>).map { index in
            frame(
                index, after: Double(index) * 10,
                [Reading(coolant, Double(index % 360) * 10), Reading(.speed, index % 6 == 0 ? .nan : 7)])
        }
        _ = try await store.commit(batch(frames))
        try await store.sealAll()
        store.take(
            catalog: Catalog(), limits: IngestLimits(),
            retention: RetentionSettings(readings: .days(1), minutes: .days(10), hours: .days(100)))
        try await tidyAll(store, at: start + .hours(25))
        #expect(try await store.everything().count == 1_440, "its segment ends less than a day ago")

        try await tidyAll(store, at: start + .hours(48))
        #expect(try await store.everything().isEmpty)
        var kept = try await rollup(.minutes, of: coolant, store)
        #expect(kept.count == 120)
        #expect(kept[start + .minutes(61)] == [6, 60, 110, 510, 60, 110, 0, 50e6])
        let speed = try #require(try await rollup(.minutes, of: .speed, store)[start])
        #expect(speed[0] == 6 && speed[1] == 7 && speed[2] == 7 && speed[3].isNaN && speed[4].isNaN && speed[5] == 7)
        var report = try await DatabaseReport.check(path: folder.file("zubr.db"))
        #expect(report.segments > 0 && report.isWhole, "\(report.damage)")

        try await tidyAll(store, at: start + .days(11))
        #expect(try await rollup(.minutes, of: coolant, store).isEmpty)
        kept = try await rollup(.hours, of: coolant, store)
        #expect(kept.count == 2)
        #expect(kept[start + .hours(1)] == [360, 0, 3_590, 646_200, 0, 3_590, 0, 3_590e6])
        report = try await DatabaseReport.check(path: folder.file("zubr.db"))
        #expect(report.segments > 0 && report.isWhole, "\(report.damage)")

        try await tidyAll(store, at: start + .days(101))
        #expect(try await rollup(.hours, of: coolant, store).isEmpty)
        let left = try await store.read("test") { db, _ in
            try Int.fetchOne(db, sql: "SELECT (SELECT COUNT(*) FROM segment) + (SELECT COUNT(*) FROM chunk)")
        }
        #expect(left == 0)
        #expect(try await store.commit(batch([frame(5)])).duplicateFrames == 1, "what was stored is known for ever")
        await store.close()
    }

    @Test("is kept for ever where no age is given")
    func forEver() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        try await store.sealAll()
        try await tidyAll(store, at: start + .days(36_500))
        #expect(try await store.everything().count == 2)
        await store.close()
    }

    @Test("and comes late joins what was kept of its minute")
    func late() async throws {
        let store = try await open(folder)
        store.take(
            catalog: Catalog(), limits: IngestLimits(), retention: RetentionSettings(readings: .days(1)))
        for seq in 0..<10 as Range<UInt64> {
            _ = try await store.commit(batch([frame(seq, [Reading(coolant, Double(seq))])]))
            try await store.sealAll()
            try await tidyAll(store, at: start + .days(2) + .hours(2 * Double(seq)))
        }
        try await store.compact()
        // A part of a minute in each segment.
        let kept = try #require(try await rollup(.minutes, of: coolant, store)[start])
        let width = Rollup.Part.allCases.count
        #expect(kept.count < 10 * width, "some were merged")
        let parts = stride(from: 0, to: kept.count, by: width)
        #expect(parts.map { kept[$0] }.reduce(0, +) == 10)
        #expect(parts.map { kept[$0 + 1] }.min() == 0)
        #expect(parts.map { kept[$0 + 2] }.max() == 9)
        #expect(parts.map { kept[$0 + 3] }.reduce(0, +) == 45)
        #expect(try await DatabaseReport.check(path: folder.file("zubr.db")).isWhole)
        await store.close()
    }

    @Test("and came late has its place among what was read before and after it")
    func lateOrder() async throws {
        let store = try await open(folder)
        let first = [(10.0, 1.0), (50, 2), (3_540, 3)].enumerated().map { index, reading in
            frame(UInt64(index), after: reading.0, [Reading(coolant, reading.1)])
        }
        let second = [frame(9, after: 30, [Reading(coolant, 9)])]
        let third = [frame(10, after: 20, [Reading(coolant, 7)]), frame(11, after: 4_000, [Reading(coolant, 8)])]
        for frames in [first, second, third] {
            _ = try await store.commit(batch(frames))
            try await store.sealAll()
        }
        store.take(
            catalog: Catalog(), limits: IngestLimits(), retention: RetentionSettings(readings: .days(1)))
        try await tidyAll(store, at: start + .days(3))
        let kept = try await rollup(.minutes, of: coolant, store)
        #expect(kept[start] == [4, 1, 9, 19, 1, 2, 10e6, 50e6])
        await store.close()
    }

    @Test(
        "and goes in two rounds is that of the whole minute, though the later part of it goes first",
        arguments: [true, false])
    func twoRounds(laterGoesFirst: Bool) async throws {
        let store = try await open(folder)
        // Two segments that share the first minute; what else is in one of them lets it go later than the other.
        let early = [frame(1, after: 10, [Reading(coolant, 1)]), frame(2, after: 20, [Reading(coolant, 7)])]
        let late = [frame(3, after: 30, [Reading(coolant, 2)]), frame(4, after: 50, [Reading(coolant, 5)])]
        let rest = [frame(9, after: 7_200, [Reading(coolant, 3)])]
        for frames in laterGoesFirst ? [late, early + rest] : [early, late + rest] {
            _ = try await store.commit(batch(frames))
            try await store.sealAll()
        }
        let question = { (step: Duration) in
            SeriesQuestion(
                machines: MachineSelection(keys: [truck]), signals: ["coolant_temp"], from: start,
                to: start + .hours(1), form: .steps(step, [.count, .min, .max, .sum, .first, .last]))
        }
        func check(_ about: Comment, _ step: Duration = .minutes(1)) async throws {
            let series = try await store.answer(question(step)).series
            #expect(series.map { $0.values.map { $0[0] } } == [[4, 1, 7, 15, 1, 5]], about)
        }
        try await check("of readings")
        store.take(
            catalog: Catalog(), limits: IngestLimits(),
            retention: RetentionSettings(readings: .days(1), minutes: .days(10)))
        try await tidyAll(store, at: start + .hours(25))
        #expect(try await store.everything().count == 3, "one of the segments is there yet")
        try await check("of a part and readings")
        try await tidyAll(store, at: start + .hours(50))
        try await check("of two parts")
        try await tidyAll(store, at: start + .days(20))
        try await check("of an hour, made of both", .hours(1))
        #expect(try await rollup(.hours, of: coolant, store)[start] == [4, 1, 7, 15, 1, 5, 10e6, 50e6])
        await store.close()
    }

    @Test("goes though many older segments are damaged, which stay")
    func behindDamaged() async throws {
        let store = try await open(folder)
        let damaged = UInt64(MergePlan.segmentsMax) + 6
        for seq in 0..<(damaged + 3) {
            _ = try await store.commit(batch([frame(seq)]))
            try await store.sealAll()
        }
        try await store.onWriter("test") { db in
            try db.execute(
                sql: "UPDATE chunk SET data = CAST(X'010203' AS BLOB) WHERE id >> 12 <= ?", arguments: [Int(damaged)])
        }
        store.take(
            catalog: Catalog(), limits: IngestLimits(), retention: RetentionSettings(readings: .days(1)))
        while try await store.expire(at: start + .days(3)) {}
        let left = try await store.read("test") { db, _ in
            try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM segment WHERE level = 0")
        }
        #expect(left == Int(damaged))
        await store.close()
    }

    @Test("gives its room back to the disk")
    func room() async throws {
        let store = try await open(folder)
        let values = (0..<200_000).map { Double($0).squareRoot() }
        for part in 0..<20 {
            _ = try await store.commit(
                batch(
                    (0..<1_000).map { index in
                        frame(
                            UInt64(part * 1_000 + index),
                            (0..<10).map { Reading(Signal("room_\($0)"), values[part * 10_000 + index * 10 + $0]) })
                    }))
        }
        try await store.commit(
            Evaluation(cursor: JournalCursor(10_000), replyCursor: 0, at: start, lastOrderNumber: 0))
        try await store.sealAll()
        func pages() async throws -> Int {
            try await store.read("test") { db, _ in try Int.fetchOne(db, sql: "PRAGMA page_count")! }
        }
        let before = try await pages()
        store.take(
            catalog: Catalog(), limits: IngestLimits(),
            retention: RetentionSettings(readings: .days(1), minutes: .days(2), hours: .days(3)))
        try await tidyAll(store, at: start + .days(100))
        #expect(try await pages() < before / 2)
        await store.close()
    }
}
