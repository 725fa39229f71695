import FleetModel
import FleetRuntime
import Foundation
import Support
import Testing

@testable import FleetStore

@Suite("A question of the benchmark suite", .serialized)
struct FleetKindTests {
    private let folder = TemporaryFolder()

    /// `Benchmarks/compare/answers.json`: what a slow reference, and InfluxDB with it, answers.
    private struct Frozen: Decodable {
        struct Collection: Decodable {
            var set: String
            var stretch: Int64
            var tags: String
            var answers: [Answer]
        }
        struct Answer: Decodable {
            var kind: String
            var at: String
            var fleet: String?
            var truck: String?
            var rows: [[Field]]
        }
        enum Field: Decodable, Equatable, CustomStringConvertible {
            case text(String), number(Double), none

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if container.decodeNil() {
                    self = .none
                } else if let number = try? container.decode(Double.self) {
                    self = .number(number)
                } else {
                    self = .text(try container.decode(String.self))
                }
            }

            var description: String {
                switch self {
                case .text(let text): text
                case .number(let value): "\(value)"
                case .none: "null"
                }
            }

            func isLike(_ other: Field) -> Bool {
                guard case .number(let a) = self, case .number(let b) = other else { return self == other }
                return abs(a - b) <= 1e-9 * max(abs(a), abs(b))
            }
        }
        var columns: [String: [String]]
        var corners: [String]
        var sets: [Collection]
    }

    private static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func frozen() throws -> Frozen {
        let file = repository.appending(path: "Benchmarks/compare/answers.json")
        return try JSONDecoder().decode(Frozen.self, from: Data(contentsOf: file))
    }

    private static func rows(of set: Frozen.Collection, _ frozen: Frozen) throws -> [TruckRow] {
        var rows: [TruckRow]
        if set.set == "corners" {
            rows = TruckRow.rows(of: frozen.corners)
        } else {
            let file = repository.appending(path: "Tests/EndToEndTests/Fixtures/tsbs-slice.lp")
            rows = TruckRow.rows(of: try String(contentsOf: file, encoding: .utf8).split(separator: "\n"))
        }
        let origin = rows.map(\.time).min()!
        for index in rows.indices { rows[index].time = origin + (rows[index].time - origin) * set.stretch }
        guard set.tags == "machine" else { return rows }
        // What a row lacks is put in from the machine's first row that has it.
        var known: [String: [String: String]] = [:]
        for row in rows.sorted(by: { $0.time < $1.time }) {
            for tag in ["fleet", "driver", "model"] {
                if let value = row.tags[tag], known[row.name]?[tag] == nil {
                    known[row.name, default: [:]][tag] = value
                }
            }
        }
        for index in rows.indices { rows[index].tags.merge(known[rows[index].name] ?? [:]) { $1 } }
        return rows
    }

    @Test(
        "is answered as the reference answers it, however the rows are scattered over segments",
        arguments: [0, 1, 2, 3, 4, 5], [1, 3])
    func kinds(number: Int, parts: Int) async throws {
        let frozen = try FleetKindTests.frozen()
        let set = frozen.sets[number]
        let rows = try FleetKindTests.rows(of: set, frozen)
        let store = try await open(folder)
        var random = SeededGenerator(seed: UInt64(number * 10 + parts))
        try await store.store(rows, parts: parts, random: &random)
        var fleets: [String: String] = [:]
        for key in try await store.machineKeys() { fleets[key.equipment.text] = key.fleet.text }
        for asked in set.answers {
            let question = try FleetQuestion(
                asked.kind, at: Timestamp(iso8601: asked.at)!, fleet: asked.fleet,
                equipment: asked.truck.map { "\(fleets[$0] ?? "unknown")/\($0)" })
            guard let answer = try await known(question, store) else {
                #expect(asked.rows.isEmpty)
                continue
            }
            #expect(answer.columns == frozen.columns[asked.kind])
            let rows = answer.rows.map { $0.map(FleetKindTests.field) }
            let isSame =
                rows.count == asked.rows.count
                && zip(rows, asked.rows).allSatisfy { $0.count == $1.count && zip($0, $1).allSatisfy { $0.isLike($1) } }
            #expect(isSame, "\(set.set) × \(set.stretch), \(question): \(rows) instead of \(asked.rows)")
        }
        await store.close()
    }

    /// `nil` when the machine that is asked about is not known.
    private func known(_ question: FleetQuestion, _ store: FleetDatabase) async throws -> FleetAnswer? {
        do {
            return try await store.answer(question)
        } catch StoreFailure.notFound {
            return nil
        }
    }

    private static func field(_ field: FleetAnswer.Field) -> Frozen.Field {
        switch field {
        case .text(let text): .text(text)
        case .number(let value): value.isNaN ? .none : .number(value)
        case .time(let time): .text(Timestamp(microseconds: time).iso8601)
        }
    }

    @Test("looks at what is not in segments yet, too, with the fleet and the model of the machine")
    func live() async throws {
        let store = try await open(folder)
        _ = try await store.register([Machine(key: truck, model: ModelID("BELAZ-7513R")!)])
        let fuel = Signal("fuel_state")
        _ = try await store.commit(batch([frame(1, [Reading(fuel, 0.05)]), frame(2, [Reading(fuel, 0.5)])]))
        try await store.sealAll()
        _ = try await store.commit(batch([frame(3, [Reading(fuel, 0.1)]), frame(4, [Reading(fuel, 0.2)])]))
        func lowFuel(at seconds: Double, _ fleet: String = "kuzbass-coal") async throws -> [[FleetAnswer.Field]] {
            try await store.answer(FleetQuestion(.lowFuel, at: start + .seconds(seconds), fleet: fleet)).rows
        }
        let first: [FleetAnswer.Field] = [
            .text("truck-17"), .text(""), .time((start + .seconds(1)).microseconds), .number(0.05),
        ]
        #expect(try await lowFuel(at: 2) == [first])
        #expect(try await lowFuel(at: 0.5) == [])
        let unknown = await failure { _ = try await lowFuel(at: 10, "agro") }
        #expect(unknown?.message == "no machine is of the fleet agro; there is kuzbass-coal")
        _ = try await store.commit(batch(tractor, [frame(1)]))
        #expect(try await lowFuel(at: 10, "agro") == [])
        #expect(try await lowFuel(at: 10).first?[2] == .time((start + .seconds(3)).microseconds))
        await store.close()
    }

    @Test("is answered with JSON in the order of its columns")
    func json() throws {
        let answer = FleetAnswer(
            kind: .highLoad, columns: ["name", "time", "load"],
            rows: [
                [.text("a\"b"), .time(1_451_606_400_500_000), .number(.nan)], [.text("c"), .time(0), .number(-0.5)],
            ])
        #expect(
            String(decoding: answer.json().bytes, as: UTF8.self)
                == #"{"kind":"high-load","rows":[{"name":"a\"b","time":"2016-01-01T00:00:00.500Z","load":null},{"name":"c","time":"1970-01-01T00:00:00Z","load":-0.5}]}"#
        )
    }
}
