import FleetModel
import FleetRuntime
import Foundation
import GRDB
import Support
import Synchronization
import Testing

@testable import FleetStore

/// One row of the table of samples, with all its columns.
private struct Sample: Hashable {
    var equipment: String
    var signal: String
    var time: Timestamp
    var value: Double
    var fleet: String
    var boot: Int64
    var seq: Int64

    init(_ row: [SQLValue]) throws {
        guard case .text(let equipment) = row[0], case .text(let signal) = row[1], case .text(let text) = row[2],
            case .real(let value) = row[3], case .text(let fleet) = row[4], case .integer(let boot) = row[5],
            case .integer(let seq) = row[6]
        else { throw CocoaError(.coderInvalidValue) }
        (self.equipment, self.signal, self.value) = (equipment, signal, value)
        (self.fleet, self.boot, self.seq) = (fleet, boot, seq)
        time = try #require(Timestamp(iso8601: text))
    }

    func key(_ column: Substring) -> String {
        switch column {
        case "equipment": equipment
        case "fleet": fleet
        case "signal": signal
        default: SampleTime.text(time.microseconds)
        }
    }

    static let columns = "equipment, signal, observed_at, value, fleet, boot, seq"
}

extension FleetDatabase {
    func ask(_ text: String, limit: Int = 1_000_000) async throws -> [[SQLValue]] {
        var question = SQLQuestion(text)
        question.rowLimit = limit
        let rows = Box<[SQLValue]>()
        _ = try await sql(question) { _ in
        } row: {
            rows.add($0)
        }
        return rows.all
    }

    fileprivate func samples(where condition: String = "1", orderBy order: String? = nil) async throws -> [Sample] {
        try await ask(
            "SELECT \(Sample.columns) FROM samples WHERE \(condition)\(order.map { " ORDER BY \($0)" } ?? "")"
        ).map { try Sample($0) }
    }
}

/// Why a question in SQL was not answered; `nil` when it was.
private func refusal(_ body: () async throws -> Void) async -> SQLFailure? {
    do {
        try await body()
        return nil
    } catch {
        return error as? SQLFailure
    }
}

@Suite("SQL for people")
struct SQLTests {
    private let folder = TemporaryFolder()

    /// Machines of two fleets, with two kinds of frames and late ones, in segments that overlap, and in the head.
    private func fill(_ store: FleetDatabase, seed: UInt64 = 7) async throws {
        var random = SeededGenerator(seed: seed)
        let fuel = Signal("fuel_level")
        for name in ["kuzbass-coal/truck-17", "kuzbass-coal/truck-2", "agro/mtz-3"] {
            let machine = MachineKey(name)!
            var seq: UInt64 = 0
            for part in 0..<4 {
                var frames: [Frame] = []
                for number in 0..<150 {
                    seq += 1
                    var readings = [Reading(coolant, 80 + Double(random.next(200)) / 10)]
                    if random.next(5) > 0 { readings.append(Reading(.speed, Double(random.next(60)))) }
                    if number % 3 == 0 { readings = [Reading(fuel, Double(100 - part)), Reading(.tags, 1)] }
                    let late = random.next(10) == 0 ? Double(part) * 1_000 : 0
                    frames.append(
                        frame(
                            seq, after: Double(part * 1_500 + number * 10) - late + Double(random.next(3)) / 4, readings
                        ))
                }
                _ = try await store.commit(batch(machine, frames))
                if part < 3, name != "agro/mtz-3" || part < 1 { try await store.sealAll() }
            }
        }
    }

    @Test("an answer, whole or cut, leaves nothing open that keeps the log from being cut off", arguments: [1_000, 5])
    func leavesNothingOpen(limit: Int) async throws {
        let store = try await FleetStoreTests.open(folder)
        _ = try await store.commit(batch((1...50).map { frame($0) }))
        try await store.sealAll()
        #expect(try await store.ask("SELECT * FROM samples", limit: limit).count == min(limit, 100))
        _ = try await store.commit(batch([frame(60)]))
        try await store.onWriter("test") { db in
            try db.execute(sql: "PRAGMA busy_timeout = 0")
            _ = try db.checkpoint(.truncate)
        }
        await store.close()
    }

    @Test("the table of samples has every reading once, from segments and from what is in none, and no hidden signal")
    func everything() async throws {
        let store = try await open(folder)
        try await fill(store)
        let samples = try await store.samples()
        #expect(Set(samples).count == samples.count)
        for machine in try await store.machineKeys() {
            let points = try await store.everything(of: machine).filter { $0.signal != .tags }
            let mine = samples.filter { $0.equipment == "\(machine)" }
            #expect(points.count > 400)
            #expect(
                Set(mine.map { "\($0.time.iso8601) \($0.boot) \($0.seq) \($0.signal) \($0.value)" })
                    == Set(points.map { "\($0.observedAt.iso8601) \($0.boot) \($0.seq) \($0.signal) \($0.value)" }))
        }
        #expect(
            try await store.ask("SELECT DISTINCT fleet FROM samples ORDER BY 1") == [
                [.text("agro")], [.text("kuzbass-coal")],
            ])
        #expect(try await store.ask("SELECT * FROM samples LIMIT 1").first?.count == 4)
        await store.close()
    }

    @Test("whatever is asked, what is handed down answers as if SQLite had looked at every sample", arguments: 0..<4)
    func pushedDown(seed: UInt64) async throws {
        let store = try await open(folder)
        try await fill(store)
        let all = try await store.samples()
        var random = SeededGenerator(seed: seed)
        func pick<Element>(_ from: [Element]) -> Element { from[random.next(from.count)] }
        for _ in 0..<30 {
            var conditions: [String] = []
            var tests: [(Sample) -> Bool] = []
            let machines = (0...random.next(3)).map { _ in pick(["agro/mtz-3", "kuzbass-coal/truck-17", "x/y"]) }
            let signals = (0...random.next(3)).map { _ in pick(["speed", "coolant_temp", "fuel_level", "@tags"]) }
            let time = start + .seconds(Double(random.next(6_000)))
            let value = Double(random.next(100))
            switch random.next(4) {
            case 0:
                conditions.append("equipment = '\(machines[0])'")
                tests.append { $0.equipment == machines[0] }
            case 1:
                conditions.append("equipment IN (\(machines.map { "'\($0)'" }.joined(separator: ",")))")
                tests.append { machines.contains($0.equipment) }
            case 2:
                conditions.append("fleet = 'kuzbass-coal'")
                tests.append { $0.fleet == "kuzbass-coal" }
            default: break
            }
            switch random.next(3) {
            case 0:
                conditions.append("signal = '\(signals[0])'")
                tests.append { $0.signal == signals[0] }
            case 1:
                let list = signals.map { "'\($0)'" }.joined(separator: " UNION SELECT ")
                conditions.append("signal IN (SELECT \(list))")
                tests.append { signals.contains($0.signal) }
            default: break
            }
            let operation = pick(["<", "<=", ">", ">=", "="])
            func holds(_ found: Timestamp) -> Bool {
                switch operation {
                case "<": found < time
                case "<=": found <= time
                case ">": found > time
                case ">=": found >= time
                default: found == time
                }
            }
            switch random.next(3) {
            case 0:
                conditions.append("observed_at \(operation) '\(time.iso8601)'")
                tests.append { holds($0.time) }
            case 1:
                let end = time + .hours(1)
                conditions.append("observed_at BETWEEN '\(time.iso8601)' AND datetime('\(end.iso8601)')")
                tests.append { $0.time >= time && $0.time <= end }
            default: break
            }
            if random.next(3) == 0 {
                conditions.append("value > \(value)")
                tests.append { $0.value > value }
            }
            if random.next(6) == 0 {
                conditions.append("(signal = 'speed' OR observed_at < '\(time.iso8601)')")
                tests.append { $0.signal == "speed" || $0.time < time }
            }
            let condition = conditions.isEmpty ? "1" : conditions.joined(separator: " AND ")
            let order = pick([
                nil, "observed_at", "observed_at DESC", "equipment, observed_at", "equipment, signal, observed_at DESC",
                "fleet, equipment", "signal, observed_at", "equipment, signal",
            ])
            let found = try await store.samples(where: condition, orderBy: order)
            #expect(found.count == Set(found).count, "\(condition)")
            #expect(Set(found) == Set(all.filter { sample in tests.allSatisfy { $0(sample) } }), "\(condition)")
            // SQLite sorts by an expression that is no column; what it does not sort must come in that order.
            if let order {
                let terms = order.split(separator: ",").map { $0.split(separator: " ") }
                func isBefore(_ a: Sample, _ b: Sample) -> Bool {
                    for term in terms {
                        let (left, right) = (a.key(term[0]), b.key(term[0]))
                        if left != right { return (left < right) != (term.count > 1) }
                    }
                    return false
                }
                let isSorted = !zip(found.dropFirst(), found).contains { isBefore($0, $1) }
                #expect(isSorted, "\(condition) ORDER BY \(order)")
            }
        }
        await store.close()
    }

    @Test(
        "an order that the table keeps by itself is not sorted again",
        arguments: [
            ("ORDER BY equipment", false), ("ORDER BY fleet", false), ("ORDER BY equipment, signal", false),
            ("ORDER BY observed_at", true), ("ORDER BY value", true),
            ("AND equipment = 'a/b' ORDER BY observed_at DESC", false),
            ("AND equipment = 'a/b' AND signal IN ('x', 'y') ORDER BY observed_at", false),
            ("AND equipment IN ('a/b', 'c/d') ORDER BY observed_at", true),
            ("AND equipment = 'a/b' ORDER BY signal, observed_at", false),
            ("GROUP BY equipment", false), ("GROUP BY fleet", false), ("GROUP BY signal", true),
        ])
    func plan(rest: String, isSorted: Bool) async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        let steps = try await store.ask("EXPLAIN QUERY PLAN SELECT equipment FROM samples WHERE 1 \(rest)")
        let text = steps.map { "\($0)" }.joined()
        #expect(text.contains("TEMP B-TREE") == isSorted, "\(text)")
        await store.close()
    }

    @Test(
        "times are compared by what they mean, as the literal or the function says them",
        arguments: [
            ("observed_at >= '2026-03-01T15:00:02+07:00'", 3), ("observed_at > '2026-03-01 08:00:02'", 2),
            ("observed_at >= datetime('2026-03-01T08:00:02Z')", 3), ("observed_at < '2026-03-01'", 0),
            ("observed_at = '2026-03-01T08:00:03.000Z'", 1),
            ("observed_at IN ('2026-03-01T08:00:03Z', '2026-03-01 08:00')", 1),
            ("date(observed_at) = '2026-03-01'", 4), ("strftime('%S', observed_at) = '04'", 1),
            ("unixepoch(observed_at) % 2 = 0", 2), ("observed_at < NULL", 0),
            ("max(observed_at, '2026-03-01 08:00:03.5') = observed_at", 1),
        ])
    func times(condition: String, count: Int64) async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch((1...4).map { frame($0, [Reading(coolant, 80)]) }))
        if count % 2 == 0 { try await store.sealAll() }
        #expect(try await store.ask("SELECT count(*) FROM samples WHERE \(condition)") == [[.integer(count)]])
        await store.close()
    }

    @Test(
        "what does more than read is refused, and so is what is wrong, with words that say so",
        arguments: [
            ("DELETE FROM machine", "DELETE FROM machine is refused"),
            ("INSERT INTO machine (fleet, equipment) VALUES ('a', 'b')", "only reads"),
            ("UPDATE alert SET state = 'x'", "UPDATE alert is refused"), ("DROP TABLE journal", "is refused"),
            ("CREATE TABLE x (a)", "is refused"), ("CREATE TEMP TABLE x (a)", "is refused"),
            ("CREATE VIEW x AS SELECT 1", "is refused"),
            ("ATTACH '/tmp/x.db' AS x", "ATTACH is refused"),
            ("UPDATE sqlite_master SET sql = ''", "may not be modified"), ("VACUUM INTO '/tmp/x.db'", "is refused"),
            ("PRAGMA journal_mode = DELETE", "PRAGMA journal_mode is refused"),
            ("PRAGMA query_only = 0", "PRAGMA query_only is refused"), ("BEGIN", "BEGIN is refused"),
            ("SELECT load_extension('x')", "the function load_extension is refused"),
            ("DELETE FROM samples", "samples"), ("SELECT 1; SELECT 2", "one statement at a time"),
            ("SELECT", "incomplete input"), ("SELEKT 1", "syntax error"), ("", "there is no statement"),
            ("-- nothing", "there is no statement"), ("SELECT x FROM samples", "no such column: x"),
            ("SELECT * FROM samples WHERE observed_at > 'yesterday'", "'yesterday', which is no time"),
            ("SELECT * FROM samples WHERE observed_at > 1772000000", "is no time"),
            ("SELECT \u{0}1", "zero byte"),
        ])
    func refused(statement: String, words: String) async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        let before = try bytes(of: folder.file("zubr.db"))
        let failed = await refusal { _ = try await store.ask(statement) }
        guard case .refused(let text) = failed else {
            Issue.record("\(statement): \(String(describing: failed))")
            return
        }
        #expect(text.contains(words), "\(text)")
        #expect(try bytes(of: folder.file("zubr.db")) == before)
        await store.close()
    }

    @Test("PRAGMAs that only tell of the tables are answered, and a comment behind the statement is no second one")
    func allowed() async throws {
        let store = try await open(folder)
        #expect(try await store.ask("PRAGMA table_info(machine)").count > 4)
        #expect(try await store.ask("SELECT name FROM pragma_table_xinfo('samples')").count == 7)
        #expect(try await store.ask("SELECT value FROM json_each('[3]')") == [[.integer(3)]])
        #expect(try await store.ask("SELECT 1; -- and that is all\n ;") == [[.integer(1)]])
        await store.close()
    }

    @Test("an answer ends after so many rows, after its time, and when nobody wants it any more")
    func bounded() async throws {
        let store = try await open(folder)
        try await fill(store)
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        var question = SQLQuestion("SELECT * FROM samples")
        question.rowLimit = 10
        let rows = Box<[SQLValue]>()
        let end = try await store.sql(question) { _ in
        } row: {
            rows.add($0)
        }
        #expect(end == SQLEnd(rows: 10, isCut: true))
        #expect(rows.all.count == 10)
        question = SQLQuestion("SELECT * FROM samples LIMIT 10")
        question.rowLimit = 10
        #expect(try await store.sql(question, columns: { _ in }, row: { _ in }) == SQLEnd(rows: 10, isCut: false))
        for text in [endless, "SELECT count(*) FROM samples a, samples b, samples c"] {
            question = SQLQuestion(text)
            question.timeLimit = .milliseconds(100)
            let late = question
            let failed = await refusal {
                _ = try await store.sql(late) { _ in
                } row: { _ in
                }
            }
            guard case .stopped(let words) = failed else {
                Issue.record("\(String(describing: failed))")
                return
            }
            #expect(words.contains("stopped after 0.1 s"))
        }
        let asked = Atomic(0)
        let failed = await refusal {
            _ = try await store.sql(
                SQLQuestion(endless), isStopped: { asked.add(1, ordering: .relaxed).newValue > 20 },
                columns: { _ in }, row: { _ in })
        }
        #expect(failed == .stopped("stopped before the answer was complete"))
        #expect(try await store.ask("SELECT 1") == [[.integer(1)]], "the store goes on")
        await store.close()
    }

    @Test("values that SQL has no number for, and numbers of frames beyond its own, are told apart")
    func unusualValues() async throws {
        let store = try await open(folder)
        let values = [Double.nan, .infinity, -.infinity, -0.0, 1e300, .leastNonzeroMagnitude]
        _ = try await store.commit(
            batch(values.enumerated().map { frame(UInt64($0) + 1, [Reading(coolant, $1)]) }))
        _ = try await store.commit(batch([frame(.max, after: 100, [Reading(coolant, 7)])]))
        for _ in 0..<2 {
            let rows = try await store.ask("SELECT value, seq FROM samples ORDER BY observed_at")
            #expect(rows[0] == [.null, .integer(1)])
            #expect(rows[1..<6].map { $0[0] } == values[1...].map { .real($0) })
            #expect(rows[6] == [.real(7), .integer(-1)])
            #expect(try await store.ask("SELECT count(*) FROM samples WHERE value > 1e299") == [[.integer(2)]])
            try await store.sealAll()
        }
        await store.close()
    }

    @Test("a damaged column is named with machine, signal and time, and all others are answered")
    func damagedColumn() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch((1...200).map { frame($0) }))
        try await store.sealAll()
        try await store.onWriter("test") { db in
            let directory = try #require(
                try Row.fetchOne(db, sql: "SELECT directory FROM segment")?.withUnsafeBlob(0) {
                    try SegmentDirectory($0)
                })
            let row = try #require(try Int64.fetchOne(db, sql: "SELECT id FROM signal WHERE name = 'speed'"))
            let place = try #require(directory.column(of: row)).place
            var bytes = try #require(try Data.fetchOne(db, sql: "SELECT data FROM chunk"))
            bytes[bytes.startIndex + place.offset + 5] ^= 1
            try db.execute(sql: "UPDATE chunk SET data = ?", arguments: [bytes])
        }
        #expect(
            try await store.ask("SELECT count(*) FROM samples WHERE signal = 'coolant_temp'") == [[.integer(200)]])
        let failed = await refusal { _ = try await store.ask("SELECT avg(value) FROM samples") }
        guard case .store(.damaged(let text)) = failed else {
            Issue.record("\(String(describing: failed))")
            return
        }
        #expect(text.contains("kuzbass-coal/truck-17 from 2026-03-01T08:00:01Z to 2026-03-01T08:03:20Z"), "\(text)")
        #expect(text.contains("the column of speed: the check sum does not match"), "\(text)")
        let series = await failure { _ = try await store.everything() }
        #expect(series?.message.contains("the column of speed: the check sum") == true)
        await store.close()
    }
}

@Suite("Times as SQL says them")
struct SampleTimeTests {
    @Test(
        "every form of a time that SQLite knows means the same to us",
        arguments: [
            ("2026-03-01", "2026-03-01T00:00:00Z"), ("2026-03-01 08:00", "2026-03-01T08:00:00Z"),
            ("2026-03-01T08:00:05", "2026-03-01T08:00:05Z"), ("2026-03-01 08:00:05.25", "2026-03-01T08:00:05.250Z"),
            ("2026-03-01T08:00Z", "2026-03-01T08:00:00Z"), ("2026-03-01 08:00+07:00", "2026-03-01T01:00:00Z"),
            ("2026-03-01T08:00:05.5-01:30", "2026-03-01T09:30:05.500Z"), ("0000-01-01", "0000-01-01T00:00:00Z"),
        ])
    func forms(text: String, meaning: String) {
        let time = Array(text.utf8).withUnsafeBufferPointer { SampleTime.microseconds(of: $0) }
        #expect(time.map { Timestamp(microseconds: $0).iso8601 } == meaning)
    }

    @Test(
        "what is no time is none",
        arguments: [
            "", "now", "2026-02-30", "2026-03-01T", "2026-03-01 8:00", "2026-03-01 08:60", "1772352000",
            "2026-03-01T08:00:00Zx", "2026-03-01 08:00:",
        ])
    func garbage(text: String) {
        #expect(Array(text.utf8).withUnsafeBufferPointer { SampleTime.microseconds(of: $0) } == nil)
    }

    @Test("what we write is read back, and texts are in the order of what they mean", arguments: 0..<5)
    func order(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let range = Timestamp.latestWritten.microseconds / 1_000
        let times = (0..<500).map { _ in
            Int64(bitPattern: random.next()) % range * Int64([1, 1_000][random.next(2)])
        }.map { max($0, Timestamp.earliestWritten.microseconds) }.sorted()
        let texts = times.map { SampleTime.text($0) }
        #expect(texts == texts.sorted())
        for (time, text) in zip(times, texts) {
            #expect(Timestamp(iso8601: text)?.microseconds == time)
            #expect(text.utf8.count == SampleTime.length)
        }
        func compare(_ a: String, _ b: String) -> Int32 {
            Array(a.utf8).withUnsafeBufferPointer { a in
                Array(b.utf8).withUnsafeBufferPointer { SampleTime.compare(a, $0) }
            }
        }
        for _ in 0..<500 {
            let (a, b) = (random.next(times.count), random.next(times.count))
            let expected: Int32 = times[a] < times[b] ? -1 : times[a] == times[b] ? 0 : 1
            #expect(compare(texts[a], texts[b]) == expected)
            #expect(compare(Timestamp(microseconds: times[a]).iso8601, texts[b]) == expected)
            #expect(compare(texts[a], "nonsense") == -1)
        }
    }
}
