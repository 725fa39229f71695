import FleetModel
import FleetRuntime
import Foundation
import GRDB
import Support
import Testing

@testable import FleetStore

/// Damage that SQLite does not see: its own order is right, and a column holds what it never should.
@Suite("Damaged rows")
struct DamagedRowTests {
    /// `ZUBR_COLUMNS=all` damages every column of a table, not only one of each type.
    private static let areAll = ProcessInfo.processInfo.environment["ZUBR_COLUMNS"] == "all"

    private let folder = TemporaryFolder()
    private var path: String { folder.file("zubr.db") }

    private static let prepared = Task {
        let made = DamagedRowTests()
        try await made.fill()
        return try bytes(of: made.path)
    }

    /// Puts the prepared file in its place.
    private func begin() async throws { try begin(with: try await DamagedRowTests.prepared.value) }

    /// Something in every table, and a file that lets anything be put there.
    private func fill() async throws {
        let store = try await open(folder)
        let truck = MachineKey("fleet-1/truck-4")!
        for boot in 1...3 as ClosedRange<UInt32> {
            var incoming = batch(truck, [frame(1, boot: boot), frame(4, boot: boot)])
            incoming.rejected = [
                RejectedMessage(
                    topic: "zubr/v1/a/b/telemetry", body: [UInt8(boot)], rejection: Rejection(.futureTime, "why"),
                    receivedAt: start)
            ]
            incoming.connections = [ConnectionReport(machine: truck, isConnected: true, receivedAt: start)]
            let reply = CenterReply(reply: "r-\(boot)", order: WorkOrderID("WO-9")!, state: .accepted, at: start)
            incoming.replies = [ReceivedReply(center: belovo, reply: reply, receivedAt: start)]
            _ = try await store.commit(incoming)
            if boot < 3 { try await store.sealAll() }
        }
        _ = try await store.register([Machine(key: truck, model: ModelID("BELAZ-7513R")!, site: "Pit 3")])
        var round = evaluation(cursor: 1, orders: 1)
        round.conditions[truck] = .init()
        round.conditions[truck]?.latest = [coolant: .init(value: 80.4, observedAt: start)]
        round.standings[truck] = []
        round.orders = [order(1, machine: truck)]
        round.alerts = [alert("a", machine: truck)]
        round.dispatches = [Dispatch(order: order(1).id, offer: 1, center: belovo, action: .offer, createdAt: start)]
        try await store.commit(round)
        try await store.acknowledge(
            AlertAcknowledgement(
                machine: truck, episode: EpisodeKey(rule: RuleID("a")!, number: 1), by: "Ann", at: start))
        _ = try await store.register([Machine(key: tractor, model: ModelID("MTZ-82")!)])
        try await store.transfer(MachineTransfer(from: tractor, to: MachineKey("agro/mtz-4")!, at: start))
        try await store.load(importedRows, .lineProtocol)
        _ = await failure { try await store.load(interruptedRows, .lineProtocol, breaksAfter: 120) }
        try await store.onWriter("test") { db in
            try db.execute(sql: "INSERT INTO unreadable (machine, frames, why) VALUES (1, x'00', 'because')")
        }
        await store.close()
        try await allowNull()
    }

    private func allowNull() async throws {
        try await change(
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(sql, ' NOT NULL', '') WHERE type = 'table';
            PRAGMA writable_schema = RESET;
            """)
    }

    private func columns() async throws -> [(table: String, column: String, type: String)] {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try await queue.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT t.name, c.name, c.type FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c
                    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE 'grdb%' ORDER BY 1, 2
                    """
            ).map { (table: $0[0] as String, column: $0[1] as String, type: $0[2] as String) }
        }
    }

    private func begin(with original: Data) throws {
        for name in folder.files { try FileManager.default.removeItem(atPath: folder.file(name)) }
        try original.write(to: URL(fileURLWithPath: path))
    }

    /// - Returns: how many rows changed.
    @discardableResult private func change(_ sql: String) async throws -> Int {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try await queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF")
            // A column that takes no such thing cannot hold it.
            try? db.execute(sql: sql)
            return db.changesCount
        }
    }

    @Test(
        "whatever stands in a column of any table, each answer is one or an error",
        arguments: Array(["NULL", "-9223372036854775808", "-1e300", "x'FF'"].enumerated()))
    func anyColumn(kind: Int, content: String) async throws {
        try await begin()
        var columns = try await columns()
        #expect(columns.count > 90)
        if !DamagedRowTests.areAll {
            // Of each type in a table the kinds of damage take their turns.
            columns = Dictionary(grouping: columns) { "\($0.table) \($0.type)" }.values
                .map { $0[kind % $0.count] }.sorted { ($0.table, $0.type) < ($1.table, $1.type) }
        }
        var (changed, opened) = (0, 0)
        for (number, place) in columns.enumerated() {
            try await begin()
            let rows = try await change("UPDATE OR IGNORE \"\(place.table)\" SET \"\(place.column)\" = \(content)")
            guard rows > 0 else { continue }
            changed += 1
            _ = try await DatabaseReport.check(path: path)
            if let store = try? await open(folder, access: .readOnly) {
                opened += 1
                await store.askEverything()
                await store.close()
            }
            // It takes most of the time.
            guard number % 4 == kind else { continue }
            if let store = try? await FleetDatabase.open(path: path, access: .daemon, sync: .normal) {
                await store.doEverything()
                await store.close()
            }
        }
        #expect(changed > 25 && opened > 20, "\(changed) columns changed, \(opened) files opened")
    }

    @Test("and a file of version 1 is moved over or refused", arguments: ["NULL", "-9223372036854775808", "x'FF'"])
    func version1(content: String) async throws {
        let golden = try #require(Bundle.module.url(forResource: "Fixtures/version-1", withExtension: "db"))
        try FileManager.default.copyItem(at: golden, to: URL(fileURLWithPath: path))
        try await allowNull()
        let original = try bytes(of: path)
        var moved = 0
        for place in try await columns() where ["journal", "machine", "signal", "cursor"].contains(place.table) {
            try begin(with: original)
            guard try await change("UPDATE OR IGNORE \(place.table) SET \(place.column) = \(content)") > 0 else {
                continue
            }
            guard let store = try? await FleetDatabase.open(path: path, access: .daemon, sync: .normal) else {
                continue
            }
            moved += 1
            await store.close()
        }
        #expect(moved > 3)
    }

    @Test(
        "a number that no counting can have come to is said to be damage",
        arguments: [
            ("UPDATE cursor SET value = -7 WHERE name = 'journal'", "the cursor journal stands at -7"),
            ("UPDATE cursor SET value = 9223372036854775807 WHERE name = 'registry'", "the cursor registry stands at"),
            ("UPDATE import SET report = json_set(report, '$.rows', -1)", "the import of rows is damaged"),
        ])
    func impossible(sql: String, words: String) async throws {
        try await begin()
        #expect(try await change(sql) > 0)
        let report = try await DatabaseReport.check(path: path)
        #expect(report.damage.contains { $0.what.contains(words) }, "\(report.damage)")
        guard sql.contains("import") else { return }
        let store = try await open(folder)
        let found = await failure { try await store.load(interruptedRows, .lineProtocol) }
        #expect(found?.message.contains("the import of rows is damaged") == true, "\(String(describing: found))")
        await store.close()
    }

    @Test("rows that would get numbers beyond the last are refused")
    func numbersAtTheirEnd() async throws {
        try await begin()
        #expect(try await change("UPDATE sequence_range SET last = -1 WHERE boot >= 4294901760") > 0)
        let store = try await open(folder)
        let found = await failure { try await store.load(interruptedRows, .lineProtocol) }
        #expect(found?.message.contains("have come to their end") == true, "\(String(describing: found))")
        await store.close()
    }
}
