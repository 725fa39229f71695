import Dispatch
import FleetModel
import FleetRuntime
import GRDB
import Support
import Testing

@testable import FleetStore

@Suite("A question that is too wide")
struct QuestionBoundTests {
    private let folder = TemporaryFolder()
    private static let trucks = [17, 18, 19].map { MachineKey("kuzbass-coal/truck-\($0)")! }

    private func open(_ limits: QueryLimits = QueryLimits(), access: Access = .daemon) async throws -> FleetDatabase {
        try await FleetDatabase.open(
            path: folder.file("zubr.db"), access: access, catalog: Catalog(), limits: IngestLimits(),
            keepsBallast: false, quarantineBounds: QuarantineBounds(), schema: .current, queryLimits: limits)
    }

    private func question(
        _ form: SeriesQuestion.Form, _ machines: [MachineKey] = [truck], from: Double = 0,
        signals: [String] = ["speed"], limit: Int = SeriesQuestion.usualLimit
    ) -> SeriesQuestion {
        var question = SeriesQuestion(
            machines: MachineSelection(keys: machines), signals: signals, from: start + .seconds(from),
            to: start + .days(1), form: form)
        question.limit = limit
        return question
    }

    /// Speeds every ten seconds, from a number on.
    private func speeds(_ count: Int, from first: Int = 0, _ value: (Int) -> Double = { Double($0 * $0 % 97) })
        -> [Frame]
    {
        (first..<first + count).map {
            frame(UInt64($0 + 1), after: Double($0) * 10, [Reading(.speed, value($0))])
        }
    }

    /// Spoils the speeds in one of a machine's segments.
    private func damage(_ store: FleetDatabase, machine: Int64, segment number: Int) async throws {
        try await store.write("test") { db, _ in
            let names = try store.names(db)
            let row = Int64(names.signals.firstIndex(of: .speed)! + 1)
            let segment = try SegmentTable.segments(of: machine, from: .distantPast, to: .distantFuture, db)[number]
            let place = try segment.directory().column(of: row)!.place
            try db.execute(
                sql: """
                    UPDATE chunk SET data = CAST(substr(data, 1, ?1) || x'FF' || substr(data, ?1 + 2) AS BLOB) WHERE id = ?2
                    """, arguments: [place.offset + place.length / 2, SegmentTable.chunkRow(segment.id, place.chunk)])
        }
    }

    @Test("is refused within the series of a machine: what comes later is not looked at")
    func withinMachine() async throws {
        let store = try await open()
        for round in 0..<3 {
            _ = try await store.commit(batch(speeds(60, from: round * 60)))
            try await store.sealAll()
        }
        try await damage(store, machine: 1, segment: 2)
        let steps = SeriesQuestion.Form.steps(.seconds(1), [.mean])
        #expect(await failure { _ = try await store.answer(question(steps, limit: 50)) }?.kind == "tooMuch")
        #expect(await failure { _ = try await store.answer(question(steps)) }?.kind == "damaged")
        await store.close()
    }

    @Test(
        "is refused as soon as all machines together come to too much",
        arguments: [
            .readings, .steps(.seconds(1), [.mean]),
            .spans(.seconds(1), SpanCondition("max speed >= 0 for 1s")!),
        ] as [SeriesQuestion.Form])
    func machinesTogether(form: SeriesQuestion.Form) async throws {
        let store = try await open()
        for machine in QuestionBoundTests.trucks { _ = try await store.commit(batch(machine, speeds(60))) }
        try await store.sealAll()
        try await damage(store, machine: 3, segment: 0)
        // Cut, so that how many readings there are is not known before.
        func ask(_ limit: Int) async -> String? {
            await failure {
                _ = try await store.answer(question(form, QuestionBoundTests.trucks, from: 5, limit: limit))
            }?.kind
        }
        #expect(await ask(100) == "tooMuch")
        #expect(await ask(1_000) == "damaged")
        await store.close()
    }

    @Test("is refused when a percentile would keep too many readings of one step, also of one machine")
    func percentiles() async throws {
        var limits = QueryLimits()
        limits.keptValues = 100
        let store = try await open(limits)
        _ = try await store.commit(batch(speeds(150)))
        let found = await failure {
            _ = try await store.answer(question(.steps(.days(1), [.percentile(50)])))
        }
        #expect(found?.kind == "tooMuch" && found?.message.contains("choose a narrower step") == true)
        let steps = try await store.answer(question(.steps(.minutes(10), [.percentile(50)])))
        #expect(steps.series.first?.times.count == 3)
        await store.close()
    }

    @Test("counts a step once for each aggregate")
    func aggregates() async throws {
        let store = try await open()
        _ = try await store.commit(batch(speeds(60)))
        let form = SeriesQuestion.Form.steps(.minutes(1), [.min, .max])
        #expect(await failure { _ = try await store.answer(question(form, limit: 19)) }?.kind == "tooMuch")
        #expect(try await store.answer(question(form, limit: 20)).series.first?.times.count == 10)
        await store.close()
    }

    @Test("is not one that finds few spans in many steps, unless groups would keep these")
    func spans() async throws {
        var limits = QueryLimits()
        limits.keptSteps = 59
        let store = try await open(limits)
        _ = try await store.commit(batch(speeds(60) { $0 < 30 ? 0 : Double($0 % 2) }))
        var asked = question(.spans(.seconds(10), SpanCondition("max speed <= 0 for 20s")!), limit: 1)
        let spans = try await store.answer(asked).spans
        #expect(spans.map { [$0.from, $0.to] } == [[start, start + .seconds(310)]])
        asked.grouping = .fleet
        let found = await failure { _ = try await store.answer(asked) }
        #expect(found?.kind == "tooMuch" && found?.message.contains("groups keep the steps") == true)
        asked.to = start + .seconds(590)
        #expect(try await store.answer(asked).spans.map(\.to) == [start + .seconds(310)])
        await store.close()
    }

    @Test("stops between two readings when whoever asked has gone away")
    func goneAway() async throws {
        let store = try await open()
        // They lie between each other, so that they are gone through one by one.
        for (index, machine) in QuestionBoundTests.trucks.prefix(2).enumerated() {
            let frames = (0..<3_000).map {
                frame(UInt64($0 + 1), after: Double($0 * 2 + index), [Reading(.speed, 1)])
            }
            _ = try await store.commit(batch(machine, frames))
        }
        let caller = ReadDeadline.Caller()
        let seen = try await store.read("test") { db, _ -> Int in
            let deadline = ReadDeadline(after: .seconds(600), caller: caller)
            let finder = try ColumnFinder(store, store.head.runs, db, deadline)
            let wanted = WantedSignals([.speed], finder.names)
            let keys = Array(QuestionBoundTests.trucks.prefix(2))
            let heads = try QueryMachine.selected(MachineSelection(keys: keys), db)
                .compactMap { try finder.headColumns(of: $0, wanted, from: .min, to: .max) }
            var walk = ReadingWalk(
                heads.map { (ReadingWalk.Source.head($0), false) }, column: 0, from: .min, to: .max,
                scratch: QueryScratch(), deadline: deadline)
            var seen = 0
            do {
                try walk.forEach { _ in
                    seen += 1
                    caller.leave()
                }
            } catch { return seen }
            return 6_000
        }
        #expect(seen > 0 && seen <= 1_024)
        await store.close()
    }

    @Test("takes no memory for signals that were not sent lately, and stops between two pieces of the journal")
    func newest() async throws {
        let store = try await open()
        let signals = (0..<20).map { Signal("signal_\($0)") }
        _ = try await store.commit(batch([frame(1, signals.map { Reading($0, Double($0.name.count)) })]))
        for second in 2..<300 {
            _ = try await store.commit(batch([frame(UInt64(second), [Reading(signals[3], Double(second))])]))
        }
        let (columns, isStopped) = try await store.read("test") { db, deadline in
            func head(_ deadline: ReadDeadline) throws -> HeadColumns? {
                let finder = try ColumnFinder(store, store.head.runs, db, deadline)
                let machine = try QueryMachine.selected(MachineSelection(keys: [truck]), db)[0]
                return try finder.headColumns(
                    of: machine, WantedSignals(signals, finder.names), from: .min, to: .max)
            }
            let caller = ReadDeadline.Caller()
            caller.leave()
            let gone = Result { try head(ReadDeadline(after: .seconds(600), caller: caller)) }
            let isStopped = if case .failure = gone { true } else { false }
            return (try head(deadline)?.columns ?? [], isStopped)
        }
        #expect(columns.count == 20 && columns.reduce(0) { $0 + $1.values.count } == 318)
        #expect(columns.indices.allSatisfy { columns[$0].rows.count == ($0 == 3 ? 299 : 1) })
        #expect(columns[3].values.last == 299)
        #expect(isStopped)
        await store.close()
    }

    @Test("for the last of a signal that a machine has never sent does not go through all that it has sent")
    func neverSent() async throws {
        let store = try await open()
        _ = try await store.commit(batch(tractor, [frame(1, [Reading(coolant, 80)])]))
        for round in 0..<5 {
            _ = try await store.commit(batch(speeds(10, from: round * 10)))
            try await store.sealAll()
        }
        #expect(try await store.answer(question(.last)).series.map(\.values) == [[[Double(49 * 49 % 97)]]])
        let before = store.segments.byteCount
        #expect(try await store.answer(question(.last, signals: ["coolant_temp"])).series.isEmpty)
        #expect(try await store.answer(question(.last, signals: ["coolant_temp", "speed"])).series.count == 1)
        #expect(store.segments.byteCount == before, "only the newest directory was read")
        await store.close()
    }

    @Test("lets brief reads go before, and waits no longer than somebody waits for it", .timeLimit(.minutes(2)))
    func turns() async throws {
        var limits = QueryLimits()
        // They hold the thread that they are worked at on.
        limits.atOnce = .zero
        let store = try await open(limits)
        let gate = DispatchSemaphore(value: 0)
        let begun = Box<Int>()
        let wide = (0..<6).map { _ in
            Task {
                try await store.answering("test") { _, _ in
                    begun.add(1)
                    gate.wait()
                }
            }
        }
        #expect(await eventually { begun.all.count == Readers.wideCount })
        _ = try await store.counts()
        let isAsking = Box<Int>()
        let gone = Task {
            isAsking.add(1)
            return await failure { try await store.answering("test") { _, _ in } }
        }
        #expect(await eventually { !isAsking.all.isEmpty })
        // So that it waits for its turn, as it most likely does by now.
        try await Task.sleep(for: .milliseconds(50))
        gone.cancel()
        #expect(await gone.value?.kind == "busy")
        #expect(begun.all.count == Readers.wideCount)
        for _ in wide { gate.signal() }
        for one in wide { try await one.value }
        #expect(begun.all.count == 6)
        await store.close()
    }

    @Test("is exported in parts of a bounded size, with all that is there", arguments: 0..<4)
    func export(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var limits = QueryLimits()
        limits.exportedValues = 60
        let store = try await open(limits)
        for round in 0..<4 {
            let frames = (0..<50).map { index in
                let number = round * 50 + index
                // In order, or over and over the same time.
                let second = seed == 0 ? number : random.next(40 * seed)
                return frame(
                    UInt64(number + 1), after: Double(second),
                    [Reading(.speed, Double(number)), Reading(coolant, Double(index))])
            }
            _ = try await store.commit(batch(frames))
            if round < 3 { try await store.sealAll() }
        }
        let whole = try await open(access: .lookingOn)
        let expected = try await whole.everything()
        await whole.close()
        #expect(try await store.everything() == expected)
        #expect(expected.count == 400)
        var walk = try await store.walk(of: truck, from: .distantPast, to: .distantFuture)
        var parts: [Int] = []
        while let frames = try await walk.next(store) {
            parts.append(frames.reduce(0) { $0 + $1.readings.count })
        }
        #expect(parts.reduce(0, +) == 400 && parts.count > 2)
        // What lies in segments one behind the other; the head is read whole.
        if seed == 0 { #expect(parts.dropLast().allSatisfy { $0 <= 60 }, "\(parts)") }
        await store.close()
    }
}
