import FleetModel
import FleetRuntime
import GRDB
import Support
import Testing

@testable import FleetStore

@Suite("What came in")
struct CommitTests {
    private let folder: TemporaryFolder
    init() throws { folder = TemporaryFolder() }

    @Test("is read back as it was sent")
    func readBack() async throws {
        let store = try await open(folder)
        let receipt = try await store.commit(batch([frame(1), frame(2)]))
        #expect(receipt.storedFrames == 2)
        #expect(receipt.storedReadings == 4)
        #expect(receipt.duplicateFrames == 0)
        #expect(receipt.cursor == JournalCursor(1))
        let points = try await store.everything()
        #expect(points.map(\.seq) == [1, 1, 2, 2])
        #expect(points.map(\.signal) == [coolant, .speed, coolant, .speed])
        #expect(points.map(\.value) == [80.1, 31.5, 80.2, 31.5])
        #expect(points[0].observedAt == start + .seconds(1))
        await store.close()
    }

    @Test("counts once: within a batch, in a later one, and after the file was opened again")
    func duplicates() async throws {
        var store = try await open(folder)
        var first = batch([frame(1), frame(1), frame(2)])
        first.frames += batch([frame(2), frame(3)]).frames
        var receipt = try await store.commit(first)
        #expect([receipt.storedFrames, receipt.duplicateFrames] == [3, 2])
        receipt = try await store.commit(batch([frame(2, [Reading(coolant, 1)]), frame(4)]))
        #expect([receipt.storedFrames, receipt.duplicateFrames] == [1, 1])
        await store.close()
        store = try await open(folder)
        receipt = try await store.commit(batch([frame(1), frame(4), frame(1, boot: 2), frame(5)]))
        #expect([receipt.storedFrames, receipt.duplicateFrames] == [2, 2])
        receipt = try await store.commit(batch(tractor, [frame(1)]))
        #expect([receipt.storedFrames, receipt.duplicateFrames] == [1, 0])
        let points = try await store.everything().filter { $0.signal == coolant }
        #expect(points.map(\.seq) == [1, 1, 2, 3, 4, 5])
        #expect(points.map(\.boot) == [1, 2, 1, 1, 1, 1])
        #expect(points[2].value == 80.2, "the first one wins")
        #expect(try await store.counts().frames == 7)
        await store.close()
    }

    @Test("shows gaps, which close when the missing frames come late")
    func gaps() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1), frame(2), frame(6), frame(9)]))
        _ = try await store.commit(batch([frame(1, boot: 2), frame(3, boot: 2)]))
        #expect(
            try await store.gaps() == [
                GapDocument(equipment: truck, boot: 1, firstSeq: 3, lastSeq: 5),
                GapDocument(equipment: truck, boot: 1, firstSeq: 7, lastSeq: 8),
                GapDocument(equipment: truck, boot: 2, firstSeq: 2, lastSeq: 2),
            ])
        var counts = try await store.counts()
        #expect([counts.gaps, counts.missingFrames] == [3, 6])
        _ = try await store.commit(batch([frame(4)]))
        counts = try await store.counts()
        #expect([counts.gaps, counts.missingFrames] == [4, 5])
        _ = try await store.commit(batch([frame(5), frame(3), frame(8), frame(7)]))
        counts = try await store.counts()
        #expect([counts.gaps, counts.missingFrames] == [1, 1])
        #expect(try await store.gaps().map(\.boot) == [2])
        await store.close()
    }

    @Test("is the same set whatever the order, the duplicates and the batches", arguments: 0..<12 as Range<UInt64>)
    func anyOrder(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let machines = [truck, tractor]
        let sent = machines.flatMap { machine in
            (1...3 as ClosedRange<UInt32>).flatMap { boot in
                (1...60 as ClosedRange<UInt64>).map { seq in
                    // Every boot spans three hours, so that rows of several hours are filled at once.
                    (machine, frame(seq, boot: boot, after: Double(seq) * 180, [Reading(coolant, Double(seq) / 8)]))
                }
            }
        }
        let kept = sent.filter { _ in Int.random(in: 0...9, using: &generator) > 0 }
        var arriving = kept + kept.filter { _ in Int.random(in: 0...4, using: &generator) == 0 }
        arriving.shuffle(using: &generator)
        var store = try await open(folder)
        var duplicates = 0
        while !arriving.isEmpty {
            var batch = IngestBatch()
            for _ in 0..<Int.random(in: 1...40, using: &generator) {
                guard let (machine, frame) = arriving.popLast() else { break }
                batch.frames.append(ReceivedFrames(machine: machine, receivedAt: start, frames: [frame]))
            }
            duplicates += try await store.commit(batch).duplicateFrames
            if Int.random(in: 0...5, using: &generator) == 0 {
                await store.close()
                store = try await open(folder)
            }
        }
        for machine in machines {
            let expected = kept.filter { $0.0 == machine }.map(\.1)
                .sorted { ($0.observedAt, $0.boot, $0.seq) < ($1.observedAt, $1.boot, $1.seq) }
                .map {
                    SeriesPoint(
                        observedAt: $0.observedAt, boot: $0.boot, seq: $0.seq, signal: coolant, value: $0[coolant]!)
                }
            #expect(try await store.everything(of: machine) == expected, "seed \(seed)")
        }
        let counts = try await store.counts()
        #expect(counts.frames == Int64(kept.count), "seed \(seed)")
        let gaps = try await store.gaps()
        #expect(counts.gaps == Int64(gaps.count))
        #expect(counts.missingFrames == gaps.reduce(0) { $0 + Int64($1.missing) })
        await store.close()
    }

    @Test("beyond the limit of signals goes to quarantine whole, at the limit it does not")
    func signalLimit() async throws {
        let store = try await open(folder, limits: IngestLimits(signalsPerMachine: 3))
        let readings = (0..<4).map { Reading(Signal("limit_\($0)"), 1) }
        var receipt = try await store.commit(batch([frame(1, Array(readings.prefix(2)))]))
        receipt = try await store.commit(batch([frame(2, Array(readings.prefix(3)))]))
        #expect(receipt.storedFrames == 1)
        receipt = try await store.commit(batch([frame(3, [readings[3]]), frame(4, [readings[0]])]))
        #expect(receipt.storedFrames == 0)
        let quarantine = try await store.quarantine(limit: 10)
        #expect(quarantine.byReason == ["too-many-signals": 1])
        #expect(quarantine.messages[0].topic == "zubr/v1/kuzbass-coal/truck-17/telemetry")
        receipt = try await store.commit(batch([frame(5, [readings[0]])]))
        #expect(receipt.storedFrames == 1)
        await store.close()
    }

    @Test("of one machine more than a fleet may have goes to quarantine, also after opening again")
    func machineLimit() async throws {
        let limits = IngestLimits(machinesPerFleet: 1)
        var store = try await open(folder, limits: limits)
        _ = try await store.commit(batch(truck, [frame(1)]))
        await store.close()
        store = try await open(folder, limits: limits)
        let second = MachineKey("kuzbass-coal/truck-18")!
        var both = batch(second, [frame(1)])
        both.connections = [ConnectionReport(machine: second, isConnected: true, receivedAt: start)]
        both.frames += batch(tractor, [frame(1)]).frames + batch(truck, [frame(2)]).frames
        let receipt = try await store.commit(both)
        #expect(receipt.storedFrames == 2)
        #expect(try await store.quarantine(limit: 10).byReason == ["too-many-machines": 2])
        #expect(try await store.machineKeys() == [tractor, truck])
        await store.close()
    }

    @Test("of new machines is taken up to the limit of the fleet, in one batch and over several")
    func machineLimitWithinASession() async throws {
        let store = try await open(folder, limits: IngestLimits(machinesPerFleet: 3))
        func incoming(_ numbers: ClosedRange<Int>) -> IngestBatch {
            var incoming = IngestBatch()
            for number in numbers { incoming.frames += batch(MachineKey("north/a\(number)")!, [frame(1)]).frames }
            return incoming
        }
        #expect(try await store.commit(incoming(1...2)).storedFrames == 2)
        let receipt = try await store.commit(incoming(3...6))
        #expect(receipt.storedFrames == 1)
        #expect(receipt.refused.map(\.rejection.reason) == [.tooManyMachines, .tooManyMachines, .tooManyMachines])
        #expect(try await store.commit(incoming(7...7)).storedFrames == 0)
        #expect(try await store.machineKeys().map(\.equipment.text) == ["a1", "a2", "a3"])
        #expect(try await store.quarantine(limit: 10).byReason == ["too-many-machines": 4])
        #expect(try await store.commit(batch(truck, [frame(1)])).storedFrames == 1, "another fleet has its own limit")
        await store.close()
    }

    @Test("has the gaps of the machines added last when there are more than are listed")
    func manyGaps() async throws {
        let store = try await open(folder)
        let newer = MachineKey("agro/newer")!
        _ = try await store.commit(batch((0..<5).map { frame($0 * 2) }))
        _ = try await store.commit(batch(newer, [.max - 3, .max - 1, .max, 1, 3].map { frame($0, after: 1) }))
        func gaps(_ limit: Int) async throws -> [GapDocument] {
            try await store.read("test") { db, deadline in
                try GapReader.gaps(
                    db, head: store.head.runs, names: try store.names(db), deadline: deadline, limit: limit)
            }
        }
        let ofNewer = [
            GapDocument(equipment: newer, boot: 1, firstSeq: 2, lastSeq: 2),
            GapDocument(equipment: newer, boot: 1, firstSeq: 4, lastSeq: .max - 4),
            GapDocument(equipment: newer, boot: 1, firstSeq: .max - 2, lastSeq: .max - 2),
        ]
        #expect(try await gaps(3) == ofNewer)
        #expect(try await gaps(5).map(\.equipment) == [newer, newer, newer, truck, truck])
        #expect(try await store.gaps().count == 7)
        #expect(try await store.machine(truck).gaps.count == 4)
        // It must not take the square of what is there: this many would then be stopped by the deadline.
        try await store.onWriter("test") { db in
            try db.execute(
                sql: """
                    WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 2 FROM n WHERE i < 100000)
                    INSERT INTO sequence_range SELECT 1, 1, i, i FROM n
                    """)
        }
        #expect(try await store.gaps().count == 10_000)
        await store.close()
    }

    @Test("of overlapping rows of a damaged table is read without a trap, and mended with the next frame")
    func overlappingRanges() async throws {
        var store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        try await store.onWriter("test") { db in
            try db.execute(sql: "INSERT INTO sequence_range VALUES (1, 1, 5, 10), (1, 1, 7, 20), (1, 1, 21, 30)")
        }
        await store.close()
        store = try await open(folder)
        #expect(try await store.gaps().map(\.firstSeq) == [2])
        #expect(try await store.commit(batch([frame(8), frame(31)])).storedFrames == 1)
        try await store.sealAll()
        let rows = try await store.read("test") { db, _ in
            try String.fetchAll(db, sql: "SELECT first || '...' || last FROM sequence_range ORDER BY first")
        }
        #expect(rows == ["1...1", "5...31"])
        await store.close()
    }

    @Test("within a time range is returned from its start up to but without its end")
    func range() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch((0..<10).map { frame($0, after: Double($0) * 1_800) }))
        func values(_ from: Double, _ to: Double) async throws -> [Double] {
            let question = SeriesQuestion(
                machines: MachineSelection(keys: [truck]), signals: ["coolant_temp"], from: start + .seconds(from),
                to: start + .seconds(to))
            return try await store.answer(question).series.flatMap { $0.values[0] }
        }
        #expect(try await values(1_800, 5_400) == [80.1, 80.2])
        #expect(try await values(1_800, 5_400.001) == [80.1, 80.2, 80.3])
        #expect(try await values(5_400, 5_400) == [])
        let unknown = SeriesQuestion(
            machines: MachineSelection(keys: [tractor]), from: start, to: start + .seconds(1))
        #expect(await failure { _ = try await store.answer(unknown) }?.kind == "notFound")
        await store.close()
    }

    @Test("is handed to the evaluator once, in order of arrival, in slices")
    func slices() async throws {
        let store = try await open(folder)
        for seq in 1...5 as ClosedRange<UInt64> {
            _ = try await store.commit(batch([frame(seq)], at: start + .seconds(Double(seq))))
        }
        var cursor = JournalCursor.start
        var seen: [UInt64] = []
        var slices = 0
        while true {
            let slice = try await store.journal(after: cursor, limit: 2)
            seen += slice.frames.flatMap(\.frames).map(\.seq)
            slices += 1
            cursor = slice.cursor
            guard slice.hasMore else { break }
        }
        #expect(seen == [1, 2, 3, 4, 5])
        #expect(slices == 3)
        #expect(try await store.journal(after: cursor, limit: 2).frames.isEmpty)
        await store.close()
    }

    @Test("is handed over in parts that fit into memory, however few rows that is")
    func largeRows() async throws {
        let store = try await open(folder)
        // Values that are no short decimals take nine bytes each: eight rows make more than two megabytes.
        let signals = (0..<300).map { Signal("large_row_\($0)") }
        for row in 0..<9 as Range<UInt64> {
            let frames = (0..<100 as Range<UInt64>).map { place in
                Frame(
                    boot: 1, seq: row * 100 + place, observedAt: start,
                    readings: signals.map { Reading($0, (Double(place + 2) + Double($0.number) / 7).squareRoot()) })
            }
            _ = try await store.commit(batch(frames, at: start))
        }
        var slice = try await store.journal(after: .start, limit: 100)
        #expect(slice.hasMore)
        var seen = slice.frames.flatMap(\.frames).map(\.seq)
        #expect(seen.count == 800)
        slice = try await store.journal(after: slice.cursor, limit: 100)
        #expect(!slice.hasMore)
        seen += slice.frames.flatMap(\.frames).map(\.seq)
        #expect(seen == Array(0..<900))
        await store.close()
    }

    @Test("of a damaged row is left out and named, and the other machines' frames are handed on")
    func damagedRow() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        _ = try await store.commit(batch(tractor, [frame(1)]))
        _ = try await store.commit(batch([frame(2)]))
        try await store.onWriter("test") { db in
            try db.execute(sql: "UPDATE journal SET frames = CAST(X'01FFFF0000000000' AS BLOB) WHERE id = 1")
        }
        let slice = try await store.journal(after: .start, limit: 9)
        #expect(slice.frames.map(\.machine) == [tractor, truck])
        #expect(slice.cursor == JournalCursor(3), "it is not read again")
        #expect(slice.damaged.count == 1)
        #expect(slice.damaged.first?.hasPrefix("row 1 of the journal is damaged") == true)
        await store.close()
    }

    @Test("of a machine whose piece of a row is damaged is handed on up to the damage, and the rest of the row whole")
    func damagedPiece() async throws {
        var store = try await open(folder)
        var incoming = batch([frame(1), frame(2, [Reading(.speed, 1)]), frame(3)])
        incoming.frames += batch(tractor, [frame(1), frame(2)]).frames
        _ = try await store.commit(incoming)
        try await store.onWriter("test") { db in
            try db.execute(sql: "UPDATE shape SET signals = x'00' WHERE id = 2")
        }
        await store.close()
        store = try await open(folder)
        let slice = try await store.journal(after: .start, limit: 9)
        #expect(slice.frames.map(\.machine) == [truck, tractor])
        #expect(slice.frames.map { $0.frames.map(\.seq) } == [[1], [1, 2]])
        #expect(slice.damaged.count == 1)
        #expect(slice.damaged.first?.hasPrefix("row 1 of the journal is damaged") == true)
        await store.close()
    }

    @Test("of a reply that cannot be read is left out and named, and the replies around it are handed on")
    func damagedReply() async throws {
        let store = try await open(folder)
        var incoming = IngestBatch()
        for number in 1...3 {
            let reply = CenterReply(
                reply: "r-\(number)", order: WorkOrderID("WO-000001")!, state: .accepted, at: start)
            incoming.replies.append(ReceivedReply(center: belovo, reply: reply, receivedAt: start))
        }
        _ = try await store.commit(incoming)
        for damaged in [2, 3] {
            try await store.onWriter("test") { db in
                try db.execute(sql: "UPDATE reply SET document = '{\"at\":\"10000-01-01\"}' WHERE id = \(damaged)")
            }
        }
        let slice = try await store.journal(after: .start, limit: 9)
        #expect(slice.replies.map(\.reply.reply.reply) == ["r-1"])
        #expect(slice.lastReply == 3, "they are not read again")
        #expect(slice.damaged.count == 2)
        #expect(slice.damaged.first?.hasPrefix("reply 2 of \(belovo) cannot be read") == true)
        await store.close()
    }

    @Test("of connections is the machine's present state; replies come with the next slice and move the journal's end")
    func connectionsAndReplies() async throws {
        let store = try await open(folder)
        let reply = CenterReply(reply: "r-1", order: WorkOrderID("WO-000001")!, state: .accepted, at: start)
        var incoming = IngestBatch()
        incoming.connections = [
            ConnectionReport(machine: truck, isConnected: true, receivedAt: start),
            ConnectionReport(machine: truck, isConnected: false, receivedAt: start + .seconds(1)),
        ]
        incoming.replies = [ReceivedReply(center: belovo, reply: reply, receivedAt: start)]
        let first = try await store.commit(incoming)
        let second = try await store.commit(incoming)
        #expect(first.cursor > .start)
        let slice = try await store.journal(after: .start, limit: 10)
        #expect(slice.replies.map(\.reply) == incoming.replies, "the same reply twice is one")
        #expect(slice.cursor == second.cursor)
        #expect(try await store.counts().machines.disconnected == 1)
        incoming.connections.removeLast()
        _ = try await store.commit(incoming)
        #expect(try await store.counts().machines.disconnected == 0)
        await store.close()
    }

    @Test("keeps fault codes, and frames that only speak of them")
    func faults() async throws {
        let store = try await open(folder)
        let code = DiagnosticTroubleCode(spn: SPN(110)!, fmi: FMI(0)!, sourceAddress: SourceAddress(0))
        let sent = [
            Frame(boot: 1, seq: 1, observedAt: start, faults: [code]),
            Frame(boot: 1, seq: 2, observedAt: start, faults: []), Frame(boot: 1, seq: 3, observedAt: start),
        ]
        _ = try await store.commit(batch(sent))
        #expect(try await store.journal(after: .start, limit: 9).frames.flatMap(\.frames) == sent)
        await store.close()
    }
}
