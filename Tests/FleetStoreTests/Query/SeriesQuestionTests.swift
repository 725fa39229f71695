import FleetModel
import FleetRuntime
import Support
import Synchronization
import Testing

@testable import FleetStore

@Suite("A question about series")
struct SeriesQuestionTests {
    private let folder = TemporaryFolder()

    private func question(
        _ form: SeriesQuestion.Form = .readings, _ machines: [MachineKey] = [truck], from: Double = 0,
        to: Double = 100_000, signals: [String] = ["speed"]
    ) -> SeriesQuestion {
        SeriesQuestion(
            machines: MachineSelection(keys: machines), signals: signals, from: start + .seconds(from),
            to: start + .seconds(to), form: form)
    }

    private func open(_ limits: QueryLimits) async throws -> FleetDatabase {
        try await FleetDatabase.open(
            path: folder.file("zubr.db"), access: .daemon, catalog: Catalog(), limits: IngestLimits(),
            keepsBallast: false,
            quarantineBounds: QuarantineBounds(), schema: .current, queryLimits: limits)
    }

    /// Speeds every ten seconds.
    private func speeds(_ values: [Double?]) -> [Frame] {
        values.enumerated().compactMap { index, value in
            value.map { frame(UInt64(index + 1), after: Double(index) * 10, [Reading(.speed, $0)]) }
        }
    }

    @Test("that would look at too much is refused before anything is decoded, and says what to narrow")
    func tooMuch() async throws {
        var limits = QueryLimits()
        limits.readings = 100
        let store = try await open(limits)
        _ = try await store.commit(batch(speeds(Array(repeating: 1, count: 150))))
        try await store.sealAll()
        let wide = try #require(await failure { _ = try await store.answer(question()) })
        #expect(wide.kind == "tooMuch")
        #expect(wide.message.contains("about 150 readings, and the limit is 100: choose a shorter time"))
        // Of a step as wide as the segment only its summary is looked at.
        let day = try await store.answer(question(.steps(.days(1), [.mean, .max])))
        #expect(day.series.map(\.values) == [[[1], [1]]])
        #expect(day.readings == 0)
        #expect(
            await failure { _ = try await store.answer(question(.steps(.days(1), [.percentile(50)]))) }?.kind
                == "tooMuch")
        await store.close()
    }

    @Test("is refused when its answer would have more points than it allows, also where that shows only at the end")
    func limit() async throws {
        let store = try await open(QueryLimits())
        _ = try await store.commit(batch(speeds(Array(repeating: 1, count: 60))))
        func ask(_ form: SeriesQuestion.Form, limit: Int, to: Double = 100_000) async -> String? {
            var question = question(form, to: to)
            question.limit = limit
            return await failure { _ = try await store.answer(question) }?.message
        }
        for isSealed in [false, true] {
            if isSealed { try await store.sealAll() }
            #expect(await ask(.readings, limit: 60) == nil)
            #expect(await ask(.readings, limit: 59)?.contains("more than 59 points: choose a shorter time") == true)
            // The segment is cut: how many readings it gives is not known before.
            #expect(await ask(.readings, limit: 29, to: 300) != nil)
            #expect(await ask(.readings, limit: 30, to: 300) == nil)
            #expect(await ask(.steps(.minutes(1), [.mean]), limit: 9) != nil)
            #expect(await ask(.steps(.minutes(1), [.mean]), limit: 10) == nil)
        }
        await store.close()
    }

    @Test("means the machines that fulfil each of its lists, and is refused when there are none")
    func selection() async throws {
        let store = try await open(QueryLimits())
        let other = MachineKey("kuzbass-coal/truck-18")!
        _ = try await store.register([
            Machine(key: truck, model: ModelID("BELAZ-7513R")!, site: "north pit"),
            Machine(key: other, model: ModelID("BELAZ-75131")!, site: "south pit"),
        ])
        for machine in [truck, other, tractor] { _ = try await store.commit(batch(machine, speeds([1]))) }
        func asked(_ selection: MachineSelection) async throws -> [String] {
            let question = SeriesQuestion(machines: selection, signals: ["speed"], from: start, to: start + .days(1))
            return try await store.answer(question).series.map(\.subject.text)
        }
        let coal = FleetID("kuzbass-coal")!
        #expect(
            try await asked(MachineSelection(fleets: [coal])) == ["kuzbass-coal/truck-17", "kuzbass-coal/truck-18"])
        #expect(try await asked(MachineSelection(models: [ModelID("BELAZ-75131")!])) == ["kuzbass-coal/truck-18"])
        #expect(try await asked(MachineSelection(fleets: [coal], sites: ["north pit"])) == ["kuzbass-coal/truck-17"])
        #expect(
            try await asked(MachineSelection(keys: [other, truck], sites: ["south pit"])) == ["kuzbass-coal/truck-18"])
        #expect(try await asked(MachineSelection(keys: [tractor])) == ["agro/mtz-3"])
        for (selection, says) in [
            (MachineSelection(sites: ["moon"]), "no machine is of the site moon; there are north pit, south pit"),
            (
                MachineSelection(fleets: [coal, FleetID("nope")!]),
                "no machine is of the fleet nope; there are agro, kuzbass-coal"
            ),
            (MachineSelection(fleets: [FleetID("agro")!], sites: ["north pit"]), "no machine is all of what was asked"),
        ] {
            let failed = await failure { _ = try await asked(selection) }
            #expect(failed?.kind == "notFound" && failed?.message.hasPrefix(says) == true, "\(failed?.message ?? "")")
        }
        #expect(
            await failure { _ = try await store.answer(question(signals: ["nobody_sends_this"])) }?.message.contains(
                "nobody_sends_this") == true)
        await store.close()
    }

    @Test(
        "finds the spans in which consecutive steps fulfil a condition for long enough",
        arguments: [
            // Speeds of each ten seconds, and the spans in seconds: below 1 for at least 20 s.
            ([5, 0, 0, 5], [[10, 30]]),
            ([0, 0, 0], [[0, 30]]),
            ([0, 5, 0], []),
            ([0, 0, nil, 0, 0], [[0, 20], [30, 50]]),
            ([5, 0, 1, 0, 0.5, 5, 5], [[30, 50]]),
            ([.nan, 0, 0, .nan], [[10, 30]]),
        ] as [([Double?], [[Double]])])
    func spans(values: [Double?], expected: [[Double]]) async throws {
        let store = try await open(QueryLimits())
        _ = try await store.commit(batch(speeds(values)))
        let condition = try #require(SpanCondition("mean speed < 1 for 20s"))
        let answer = try await store.answer(question(.spans(.seconds(10), condition)))
        #expect(answer.spans.map { [($0.from - start).inSeconds, ($0.to - start).inSeconds] } == expected)
        #expect(answer.spans.allSatisfy { $0.subject == .equipment(truck) && $0.signal == "speed" })
        await store.close()
    }

    @Test("counts a span only as far as it was asked about")
    func cutSpan() async throws {
        let store = try await open(QueryLimits())
        _ = try await store.commit(batch(speeds([0, 0, 0, 0])))
        func spans(_ from: Double, _ to: Double) async throws -> Int {
            let condition = SpanCondition("max speed <= 0 for 15s")!
            return try await store.answer(question(.spans(.seconds(10), condition), from: from, to: to)).spans.count
        }
        #expect(try await spans(0, 15) == 1)
        #expect(try await spans(0, 14) == 0)
        #expect(try await spans(10, 40) == 1)
        await store.close()
    }

    @Test("is worked at for a moment where it came in, and then begun anew elsewhere")
    func anew() async throws {
        let store = try await open(QueryLimits())
        let attempts = Mutex(0)
        let attempt = try await store.answering("test") { _, deadline in
            let attempt = attempts.withLock { count in
                count += 1
                return count
            }
            while attempt == 1 { try deadline.check() }
            // What takes long is not even begun at once.
            try deadline.checkForLong()
            return attempt
        }
        #expect(attempt == 2)
        await store.close()
    }

    @Test("is not answered to somebody who has gone away")
    func goneAway() async throws {
        let store = try await open(QueryLimits())
        _ = try await store.commit(batch(speeds([1, 2, 3])))
        let question = question()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await failure { _ = try await store.answer(question) }
        }
        #expect(await task.value?.kind == "busy")
        await store.close()
    }

    @Test("names machine, signal and time where a column is damaged, and answers for all others")
    func damage() async throws {
        let store = try await open(QueryLimits())
        _ = try await store.commit(
            batch((1...50).map { frame($0, [Reading(.speed, Double($0 * $0 % 97)), Reading(coolant, 80)]) }))
        try await store.sealAll()
        try await store.write("test") { db, _ in
            let names = try store.names(db)
            let row = Int64(names.signals.firstIndex(of: .speed)! + 1)
            let segment = try SegmentTable.segments(of: 1, from: .distantPast, to: .distantFuture, db)[0]
            let place = try segment.directory().column(of: row)!.place
            try db.execute(
                sql: """
                    UPDATE chunk SET data = CAST(substr(data, 1, ?1) || x'FF' || substr(data, ?1 + 2) AS BLOB) WHERE id = ?2
                    """, arguments: [place.offset + place.length / 2, SegmentTable.chunkRow(segment.id, place.chunk)])
        }
        let found = try #require(await failure { _ = try await store.answer(question()) })
        #expect(found.kind == "damaged")
        #expect(
            found.message.contains(
                "of signal speed of kuzbass-coal/truck-17 from 2026-03-01T08:00:01Z to 2026-03-01T08:00:50Z"))
        let other = try await store.answer(question(.steps(.seconds(10), [.mean]), signals: ["coolant_temp"]))
        #expect(other.series.first?.values == [[80, 80, 80, 80, 80, 80]])
        await store.close()
    }

    @Test("sees what is kept of readings that are gone, minute by minute and hour by hour")
    func rollups() async throws {
        let store = try await open(QueryLimits())
        var values: [Double?] = []
        for index in 0..<720 { values.append(index % 50 == 0 ? nil : Double(index * 7 % 113) / 10) }
        _ = try await store.commit(batch(speeds(values)))
        try await store.sealAll()
        func ask(_ step: Duration, _ aggregates: [Aggregate] = [.mean, .min, .max, .sum, .count, .first, .last])
            async throws
            -> SeriesAnswer.Series?
        {
            try await store.answer(question(.steps(step, aggregates))).series.first
        }
        func isLike(_ one: SeriesAnswer.Series?, _ other: SeriesAnswer.Series?) -> Bool {
            guard let one, let other, one.times == other.times else { return false }
            return zip(one.values.joined(), other.values.joined()).allSatisfy { abs($0 - $1) <= 1e-12 * abs($1) }
        }
        let minutes = try await ask(.minutes(10))
        let hours = try await ask(.hours(1))
        #expect(minutes?.times.count == 12 && hours?.times.count == 2)

        store.take(
            catalog: Catalog(), limits: IngestLimits(),
            retention: RetentionSettings(readings: .days(1), minutes: .days(10)))
        while try await store.expire(at: start + .days(2)) {}
        #expect(try await store.answer(question()).series.isEmpty, "the readings are gone")
        #expect(isLike(try await ask(.minutes(10)), minutes))
        #expect(isLike(try await ask(.hours(1)), hours))
        #expect(try await ask(.hours(1), [.percentile(50)]) == nil, "nobody knows any more")

        while try await store.expire(at: start + .days(20)) {}
        #expect(isLike(try await ask(.hours(1)), hours))
        #expect(try await ask(.minutes(10))?.times.count == 2, "an hour counts where it begins")
        await store.close()
    }
}
