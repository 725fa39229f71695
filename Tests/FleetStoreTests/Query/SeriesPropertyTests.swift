import FleetModel
import FleetRuntime
import Support
import Testing

@testable import FleetStore

@Suite("A question about series, against a slow reference", .serialized)
struct SeriesPropertyTests {
    private let folder = TemporaryFolder()
    private static let signals = [Signal("query_a"), Signal("query_b"), Signal("query_c")]
    private static let machines = [truck, MachineKey("kuzbass-coal/truck-18")!, tractor]
    private static let aggregates: [Aggregate] = [
        .mean, .min, .max, .sum, .count, .first, .last, .rate, .timeWeightedMean, .percentile(50), .percentile(99.9),
        .percentile(0), .percentile(100),
    ]

    private static func value(_ random: inout SeededGenerator, oddities: Bool) -> Double {
        switch random.next(oddities ? 40 : 36) {
        case 0...15: Double(random.next(200)) / 10
        case 16...25: Double(random.next(50))
        case 26...33: Double(random.next(1_000_000)) / 7
        case 34: -Double(random.next(1_000))
        case 35: -0.0
        case 36: .nan
        case 37: .infinity
        case 38: -.infinity
        default: Double(1 << 60) + 256
        }
    }

    /// Frames of a machine, mostly one after the other, some long gaps, some at one instant.
    private static func frames(_ count: Int, _ random: inout SeededGenerator, oddities: Bool) -> [Frame] {
        var time = start
        var boot: UInt32 = 1
        var seq: UInt64 = 0
        return (0..<count).map { _ in
            switch random.next(50) {
            case 0: time += .seconds(Double(random.next(3_000)))
            case 1, 2: break
            case 3: time += .microseconds(Int64(random.next(2_000_000)))
            default: time += .seconds(10)
            }
            if random.next(300) == 0 { (boot, seq) = (boot + 1, 0) }
            seq += 1
            let said = signals.filter { _ in random.next(5) > 0 }
            return Frame(
                boot: boot, seq: seq, observedAt: time,
                readings: said.map { Reading($0, value(&random, oddities: oddities)) })
        }
    }

    /// Commits frames in a random order, seals now and then, and leaves some in the journal.
    private func store(_ frames: [[Frame]], _ random: inout SeededGenerator) async throws -> FleetDatabase {
        let store = try await open(folder)
        var waiting = frames
        // A part comes in order, as it is measured; the rest late.
        for index in waiting.indices {
            let late = waiting[index].filter { _ in random.next(10) == 0 }
            let lateNumbers = Set(late.map { "\($0.boot)/\($0.seq)" })
            waiting[index].removeAll { lateNumbers.contains("\($0.boot)/\($0.seq)") }
            waiting[index].insert(contentsOf: late.shuffled(using: &random), at: waiting[index].count * 3 / 4)
        }
        while waiting.contains(where: { !$0.isEmpty }) {
            for (machine, key) in SeriesPropertyTests.machines.enumerated() where !waiting[machine].isEmpty {
                let part = Array(waiting[machine].prefix(1 + random.next(200)))
                waiting[machine].removeFirst(part.count)
                _ = try await store.commit(batch(key, part))
            }
            if random.next(3) == 0 { try await store.sealAll() }
        }
        return store
    }

    @Test("every aggregate of every step is what it should be", arguments: 0..<6)
    func aggregates(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let oddities = seed % 3 == 2
        let frames = SeriesPropertyTests.machines.map { _ in
            SeriesPropertyTests.frames(200 + random.next(600), &random, oddities: oddities)
        }
        let store = try await store(frames, &random)
        for round in 0..<10 {
            await Task.yield()
            let length = 6 * 3_600_000_000
            let from = start.microseconds + Int64(random.next(length)) - Int64(length / 8)
            let to = from + 1 + Int64(random.next(length * 2))
            let step: Int64 = [1_000_000, 10_000_000, 60_000_000, 437_000_000, 3_600_000_000, 86_400_000_000][
                random.next(6)]
            let hold: Int64 = [5_000_000, 10_000_000, 45_000_000, 600_000_000][random.next(4)]
            var wanted = SeriesPropertyTests.aggregates.filter { _ in random.next(3) > 0 }
            // Without those that need the readings themselves a segment's summary will do.
            if round % 2 == 0 {
                wanted = [.mean, .min, .max, .sum, .count, .first, .last].filter { _ in random.next(3) > 0 }
            }
            if wanted.isEmpty { wanted = [.mean] }
            let grouping = SeriesQuestion.Grouping.allCases[random.next(3)]
            var question = SeriesQuestion(
                machines: MachineSelection(keys: SeriesPropertyTests.machines),
                signals: SeriesPropertyTests.signals.map(\.name), from: Timestamp(microseconds: from),
                to: Timestamp(microseconds: to), form: .steps(.microseconds(step), wanted))
            question.grouping = grouping
            question.hold = .microseconds(hold)
            let answer = try await store.answer(question)
            let groups: [(SeriesAnswer.Subject, [Int])] =
                switch grouping {
                case .machine: SeriesPropertyTests.machines.enumerated().map { (.equipment($1), [$0]) }
                case .fleet: [(.fleet(truck.fleet), [0, 1]), (.fleet(tractor.fleet), [2])]
                case .model: [(.model(nil), [0, 1, 2])]
                }
            for signal in SeriesPropertyTests.signals {
                let reference = SeriesReference(frames, signal)
                for (subject, members) in groups {
                    let series = answer.series.first { $0.subject == subject && $0.signal == signal.name }
                    // For groups the first machines come first among those of one time: they are asked for in order of their names.
                    let order = members.sorted { SeriesPropertyTests.machines[$0] < SeriesPropertyTests.machines[$1] }
                    for (column, aggregate) in wanted.enumerated() {
                        let expected = reference.steps(
                            order, from: from, to: to, step: step, hold: hold, aggregate)
                        let steps = expected.keys.sorted()
                        guard series?.times ?? [] == steps else {
                            Issue.record("seed \(seed), \(question): \(series?.times ?? []) and not \(steps)")
                            return
                        }
                        for (index, step) in steps.enumerated() {
                            let (value, scale) = expected[step]!
                            let found = series!.values[column][index]
                            let isLike =
                                value == found || value.isNaN && found.isNaN
                                || abs(value - found) <= 1e-12 * max(scale, abs(value))
                            #expect(
                                isLike, "seed \(seed), \(aggregate) at \(step): \(found) and not \(value), \(question)")
                            if !isLike { return }
                        }
                    }
                }
            }
        }
        await store.close()
    }

    @Test("readings come back to the bit, in order of time, boot and seq, and so do the last ones", arguments: 0..<4)
    func readings(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(1_000 + seed))
        let frames = SeriesPropertyTests.machines.map { _ in
            SeriesPropertyTests.frames(100 + random.next(1_000), &random, oddities: true)
        }
        let store = try await store(frames, &random)
        for _ in 0..<8 {
            await Task.yield()
            let from = start.microseconds + Int64(random.next(3_600_000_000))
            let to = from + 1 + Int64(random.next(20_000_000_000))
            let (first, last) = (Timestamp(microseconds: from), Timestamp(microseconds: to))
            let selection = MachineSelection(keys: SeriesPropertyTests.machines)
            let answer = try await store.answer(SeriesQuestion(machines: selection, from: first, to: last))
            let newest = try await store.answer(
                SeriesQuestion(machines: selection, from: .distantPast, to: last, form: .last))
            for (machine, key) in SeriesPropertyTests.machines.enumerated() {
                for signal in SeriesPropertyTests.signals {
                    let reference = SeriesReference(frames, signal)
                    func series(_ answer: SeriesAnswer) -> SeriesAnswer.Series? {
                        answer.series.first { $0.subject == .equipment(key) && $0.signal == signal.name }
                    }
                    let expected = reference.raw(machine, from: from, to: to)
                    #expect(series(answer)?.times ?? [] == expected.map(\.time), "seed \(seed)")
                    #expect(
                        series(answer)?.values[0].map(\.bitPattern) ?? [] == expected.map(\.value.bitPattern),
                        "seed \(seed)")
                    let end = reference.raw(machine, from: .min, to: to).last
                    #expect(series(newest)?.times.first == end?.time, "seed \(seed)")
                    #expect(series(newest)?.values[0].first?.bitPattern == end?.value.bitPattern, "seed \(seed)")
                }
            }
        }
        await store.close()
    }
}
