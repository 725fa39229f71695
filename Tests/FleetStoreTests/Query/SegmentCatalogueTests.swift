import FleetModel
import FleetRuntime
import GRDB
import Support
import Testing

@testable import FleetStore

@Suite("What is in memory of segments", .serialized)
struct SegmentCatalogueTests {
    private let folder = TemporaryFolder()
    private static let machines = [truck, MachineKey("kuzbass-coal/truck-18")!]
    private static let signals = ["fuel_state", "latitude", "longitude", "velocity"]

    private func open(_ limits: QueryLimits = QueryLimits(), access: Access = .daemon) async throws -> FleetDatabase {
        try await FleetDatabase.open(
            path: folder.file("zubr.db"), access: access, catalog: Catalog(), limits: IngestLimits(),
            keepsBallast: false, quarantineBounds: QuarantineBounds(), schema: .current, queryLimits: limits)
    }

    /// What is asked after each change, as texts.
    private func answers(_ store: FleetDatabase) async throws -> [String] {
        let selection = MachineSelection(keys: SegmentCatalogueTests.machines)
        var answers: [String] = []
        for form: SeriesQuestion.Form in [
            .readings, .last, .steps(.seconds(60), [.mean, .count]), .steps(.days(1), [.sum, .max, .last]),
        ] {
            let answer = try await store.answer(
                SeriesQuestion(
                    machines: selection, signals: [], from: form == .last ? .distantPast : start + .days(-1),
                    to: start + .days(1), form: form))
            answers.append("\(answer.series)")
        }
        for kind in FleetQuestion.Kind.allCases {
            for at in [start + .seconds(900), start + .hours(20)] {
                let question = FleetQuestion(
                    kind, at: at, fleet: kind.takesFleet ? truck.fleet.text : nil,
                    equipment: kind.takesEquipment ? truck : nil)
                answers.append("\(try await store.answer(question).rows)")
            }
        }
        return answers
    }

    private func frames(_ count: Int, from seq: UInt64, _ random: inout SeededGenerator) -> [Frame] {
        (0..<count).map { index in
            let readings = SegmentCatalogueTests.signals.filter { _ in random.next(6) > 0 }
                .map { Reading(Signal($0), Double(random.next(100)) / 10) }
            // Some come late.
            let second = Double(seq) * 10 - Double(random.next(8) == 0 ? random.next(600) : 0)
            return frame(seq + UInt64(index), after: second + Double(index) * 10, readings)
        }
    }

    @Test(
        "answers what a program does that has just been opened: after commits, seals, merges, imports and retention",
        arguments: 0..<3)
    func changes(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let store = try await open()
        store.take(
            catalog: Catalog(), limits: IngestLimits(), retention: RetentionSettings(readings: .days(1)))
        var seq: UInt64 = 1
        for round in 0..<24 {
            switch round < 4 ? round % 2 : random.next(7) {
            case 0, 2, 3:
                for machine in SegmentCatalogueTests.machines {
                    _ = try await store.commit(batch(machine, frames(20, from: seq, &random)))
                }
                seq += 20
            case 1, 4: try await store.sealAll()
            case 5: try await store.compact()
            default:
                let time = start + .seconds(Double(seq) * 10)
                _ = try await store.load(
                    """
                    readings,name=truck-17,fleet=kuzbass-coal,driver=Ann latitude=1.5,velocity=\(round) \(time.microseconds * 1_000)
                    diagnostics,name=truck-18,fleet=kuzbass-coal fuel_state=0.05,status=1i \(time.microseconds * 1_000 - 60_000_000_000)
                    """, .lineProtocol)
            }
            try await expectFresh(store, "seed \(seed), round \(round)")
        }
        try await store.sealAll()
        while try await store.tidy(at: start + .days(9)) {}
        try await expectFresh(store, "seed \(seed), after the readings became minutes")
        #expect(store.segments.byteCount > 0)
        await store.close()
    }

    private func expectFresh(_ store: FleetDatabase, _ when: String) async throws {
        // Twice: from the file and from memory.
        let (found, again) = (try await answers(store), try await answers(store))
        let fresh = try await open(access: .lookingOn)
        let expected = try await answers(fresh)
        await fresh.close()
        #expect(found == expected && again == expected, "\(when)")
    }

    @Test("is not taken for another segment that has got the number of one that is gone")
    func numbers() async throws {
        let store = try await open()
        func speeds() async throws -> [[Double]] {
            try await store.answer(
                SeriesQuestion(
                    machines: MachineSelection(keys: [truck]), signals: ["speed"], from: start, to: start + .days(1))
            ).series.map { $0.values[0] }
        }
        _ = try await store.commit(batch([frame(1, [Reading(.speed, 1)]), frame(2, [Reading(.speed, 2)])]))
        try await store.sealAll()
        #expect(try await speeds() == [[1, 2]])
        let numbers = try await store.write("test") { [store] db, _ in
            let before = try Int64.fetchAll(db, sql: "SELECT id FROM segment")
            try SegmentTable.delete(before, db)
            let names = try store.names(db)
            let maker = SegmentMaker { names.rows[$0]! }
            let machine = try Int64.fetchOne(db, sql: "SELECT id FROM machine")!
            for segment in try maker.segments(
                of: [frame(1, [Reading(.speed, 3)]), frame(2, [Reading(.speed, 4)])], of: machine)
            {
                try SegmentTable.insert(segment, db)
            }
            return [before, try Int64.fetchAll(db, sql: "SELECT id FROM segment")]
        }
        #expect(numbers[0] == numbers[1])
        #expect(try await speeds() == [[3, 4]])
        await store.close()
    }

    @Test("is right in a program that looks on, too, as soon as the daemon has sealed")
    func lookingOn() async throws {
        var random = SeededGenerator(seed: 5)
        let store = try await open()
        for machine in SegmentCatalogueTests.machines {
            _ = try await store.commit(batch(machine, frames(50, from: 1, &random)))
        }
        try await store.sealAll()
        let look = try await open(access: .lookingOn)
        #expect(try await answers(look) == answers(store))
        for machine in SegmentCatalogueTests.machines {
            _ = try await store.commit(batch(machine, frames(50, from: 51, &random)))
        }
        try await store.sealAll()
        #expect(try await answers(look) == answers(store))
        await look.close()
        await store.close()
    }

    @Test("is the same for a question that is answered at once, by another thread, or by both one after the other")
    func atOnce() async throws {
        var random = SeededGenerator(seed: 9)
        var stores: [FleetDatabase] = []
        for budget in [Duration.milliseconds(2), .zero, .nanoseconds(1)] {
            var limits = QueryLimits()
            limits.atOnce = budget
            stores.append(try await open(limits, access: stores.isEmpty ? .daemon : .lookingOn))
        }
        for machine in SegmentCatalogueTests.machines {
            _ = try await stores[0].commit(batch(machine, frames(300, from: 1, &random)))
        }
        try await stores[0].sealAll()
        // The first time columns are decoded as they are stored, the second they are counted, the third they are.
        for _ in 0..<3 {
            let expected = try await answers(stores[0])
            for store in stores[1...] { #expect(try await answers(store) == expected) }
        }
        for store in stores.reversed() { await store.close() }
    }

    @Test("takes no more than it may, whatever is asked, and what was asked last stays")
    func bound() async throws {
        var random = SeededGenerator(seed: 6)
        var limits = QueryLimits()
        limits.catalogueBytes = 60_000
        let store = try await open(limits)
        let machines = (0..<40).map { MachineKey("kuzbass-coal/truck-\($0)")! }
        for machine in machines { _ = try await store.commit(batch(machine, frames(500, from: 1, &random))) }
        try await store.sealAll()
        func ask(_ machine: MachineKey, _ store: FleetDatabase) async throws -> SeriesAnswer {
            try await store.answer(
                SeriesQuestion(
                    machines: MachineSelection(keys: [machine]), signals: SegmentCatalogueTests.signals, from: start,
                    to: start + .days(1)))
        }
        let fresh = try await open(access: .lookingOn)
        var most = 0
        for machine in machines {
            #expect(try await ask(machine, store) == ask(machine, fresh))
            most = max(most, store.segments.byteCount)
            #expect(store.segments.byteCount <= 60_000)
        }
        #expect(most > 30_000)
        await fresh.close()
        // All of it at once is more than there is room for, and is answered all the same.
        let all = try await store.answer(FleetQuestion(.dailyActivity, at: start + .days(1)))
        #expect(all.rows.isEmpty && store.segments.byteCount <= 60_000)
        await store.close()
    }

    @Test("of times finds the same rows as the times themselves", arguments: 0..<6)
    func times(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let unit = [1, 10_000_000, 1_000, 1_000_000, 250, 3][seed]
        var times: [Int64] = [start.microseconds - 5_000]
        for _ in 0..<2_000 {
            let step = random.next(20) == 0 ? random.next(seed % 2 == 0 ? 1_000 : 100_000) : random.next(3)
            times.append(times.last! + Int64(step * unit))
        }
        let counted = try #require(times.withUnsafeBufferPointer { RowTimes($0, unit: UInt64(unit)) })
        #expect(times.indices.allSatisfy { counted[$0] == times[$0] })
        var copy = [Int64](repeating: 0, count: 100)
        copy.withUnsafeMutableBufferPointer { counted.copy(700..<800, to: $0.baseAddress!) }
        #expect(copy == Array(times[700..<800]))
        times.withUnsafeBufferPointer { list in
            let clocks = [RowClock.counted(counted), .listed(list.baseAddress! + 40, from: 40)]
            for _ in 0..<300 {
                let time = times[random.next(times.count)] + Int64(random.next(2 * unit + 1) - unit)
                let expected = times.firstIndex { $0 >= time } ?? times.count
                #expect(counted.rows(from: time, until: .max) == expected..<times.count)
                let start = 40 + random.next(1_900)
                for clock in clocks {
                    #expect(clock.firstRow(notBefore: time, in: start..<1_990) == min(max(expected, start), 1_990))
                }
            }
        }
        #expect(counted.rows(from: .min, until: .max) == times.indices)
        #expect(counted.rows(from: .max, until: .min).isEmpty)
        // In microseconds more than an hour does not go into four bytes.
        let long = [0, 1, 5_000_000_000]
        #expect(long.map(Int64.init).withUnsafeBufferPointer { RowTimes($0, unit: 1) } == nil)
    }

    @Test("of tags gives each row what it said, forwards and backwards", arguments: 0..<4)
    func tags(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var tags: [Double] = []
        while tags.count < 500 {
            let value = [1, 2, Double.nan][random.next(3)]
            tags += Array(repeating: value, count: 1 + random.next(1 + seed * 30))
        }
        let runs = tags.withUnsafeBufferPointer { TagRuns($0) }
        for _ in 0..<100 {
            let start = random.next(tags.count)
            let rows = start..<start + random.next(tags.count - start)
            var found: [UInt64] = []
            runs.forEach(in: rows) { run in found += run.rows.map { _ in run.value.bitPattern } }
            #expect(found == tags[rows].map(\.bitPattern))
            var backwards: [UInt64] = []
            runs.forEachBackwards(in: rows) { run in
                backwards += run.rows.map { _ in run.value.bitPattern }
                return true
            }
            #expect(backwards == tags[rows].reversed().map(\.bitPattern))
        }
        #expect(TagRuns(none: 7).byteCount == 16)
    }
}
