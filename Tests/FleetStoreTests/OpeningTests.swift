import FleetModel
import FleetRuntime
import Foundation
import GRDB
import Support
import Testing

@testable import FleetStore

@Suite("Opening the database")
struct OpeningTests {
    private let folder: TemporaryFolder
    init() throws { folder = TemporaryFolder() }

    @Test("the writing connection has the settings that durability rests on, and readers cannot write")
    func settings() async throws {
        let store = try await open(folder)
        let expected = [
            "journal_mode": "wal", "synchronous": "2", "page_size": "2048", "wal_autocheckpoint": "0",
            "foreign_keys": "1", "trusted_schema": "0", "cell_size_check": "1", "temp_store": "2", "mmap_size": "0",
            "busy_timeout": "5000", "journal_size_limit": "67108864", "user_version": "2",
            "application_id": "\(0x5A75_6272)",
        ]
        let found = try await store.onWriter("test") { db in
            try Dictionary(
                uniqueKeysWithValues: expected.keys.map { key in
                    // A setting that the library was built without answers nothing.
                    (key, try Row.fetchOne(db, sql: "PRAGMA \(key)").map { "\($0[0] as DatabaseValue)" } ?? "0")
                })
        }
        for (key, value) in expected {
            #expect(found[key]?.replacing("\"", with: "") == value, "\(key)")
        }
        let reader = try await store.read("test") { db, _ in
            try ["query_only", "wal_autocheckpoint"].map { try Int.fetchOne(db, sql: "PRAGMA \($0)") }
        }
        #expect(reader == [1, 0])
        let refused = await failure {
            try await store.read("test") { db, _ in try db.execute(sql: "DELETE FROM machine") }
        }
        #expect(refused?.isTransient == false)
        await store.close()
    }

    @Test("tables are in the file without the comments they were written with")
    func schema() async throws {
        let store = try await open(folder)
        let texts = try await store.read("test") { db, _ in
            try String.fetchAll(db, sql: "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
        }
        #expect(texts.count > 40)
        #expect(texts.filter { $0.contains("--") || $0.contains("  ") || $0.contains("\n") } == [])
        await store.close()
    }

    @Test("a long read is stopped when its time is up")
    func boundedRead() async throws {
        let store = try await open(folder)
        let stopped = await failure {
            _ = try await store.read("test") { db, _ in
                try ReadDeadline(after: .milliseconds(20)).bound(db) {
                    try Int.fetchOne(
                        db,
                        sql: """
                            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n
                            """)
                }
            }
        }
        #expect(stopped?.kind == "busy")
        #expect(stopped?.message.contains("took too long") == true)
        #expect(try await store.machines().isEmpty, "the connection goes on")
        await store.close()
    }

    @Test(
        "what is no file is refused, and no file is put in its place", arguments: [Access.daemon, .filling, .readOnly])
    func noFile(access: Access) async throws {
        let path = folder.file("zubr.db")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/null")
        let refused = await failure { _ = try await open(folder, access: access) }
        #expect(
            refused?.message.contains("is no file but a folder, device or pipe") == true, "\(refused?.message ?? "")")
        #expect(folder.files == ["zubr.db"])
    }

    @Test("a new database is nobody else's to read")
    func rights() async throws {
        await (try await open(folder, access: .filling)).close()
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("zubr.db"))
        #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o007 } == 0)
    }

    @Test(
        "a file that is not Zubr's is refused and stays as it is, byte for byte",
        arguments: ["text", "other", "plain", "newer"])
    func foreign(kind: String) async throws {
        let path = folder.file("zubr.db")
        if kind == "text" {
            try Data(
                "somebody's shopping list, which is longer than a header of a hundred bytes would ever be. Milk, bread, diesel."
                    .utf8
            )
            .write(to: URL(fileURLWithPath: path))
        } else {
            let queue = try DatabaseQueue(path: path)
            try await queue.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA journal_mode = WAL; CREATE TABLE t (a); PRAGMA wal_checkpoint(TRUNCATE)")
                if kind == "other" { try db.execute(sql: "PRAGMA application_id = 42") }
                if kind == "newer" {
                    try db.execute(
                        sql:
                            "PRAGMA application_id = \(0x5A75_6272); PRAGMA user_version = \(Schema.current.version + 1)"
                    )
                }
            }
            try queue.close()
        }
        let before = try bytes(of: path)
        for access in [Access.daemon, .offline, .readOnly] {
            let refused = await failure { _ = try await open(folder, access: access) }
            #expect(refused?.kind == "foreign", "\(access)")
            #expect(refused?.message.contains(kind == "newer" ? "newer Zubr" : "left as it is") == true)
        }
        #expect(try bytes(of: path) == before)
        #expect(folder.files.filter { $0.contains("corrupt") || $0.contains("before") }.isEmpty)
    }

    @Test("a newer version that stands only in the log of a killed program is seen, and nothing is moved")
    func newerInLog() async throws {
        let store = try await open(folder)
        let copies = TemporaryFolder()
        try await store.onWriter("test") { db in
            try db.execute(sql: "PRAGMA user_version = 9")
        }
        for suffix in ["", "-wal"] {
            try bytes(of: folder.file("zubr.db\(suffix)")).write(
                to: URL(fileURLWithPath: copies.file("zubr.db\(suffix)")))
        }
        await store.close()
        let before = try ["", "-wal"].map { try bytes(of: copies.file("zubr.db\($0)")) }
        #expect(await failure { _ = try await open(copies) }?.kind == "foreign")
        #expect(try ["", "-wal"].map { try bytes(of: copies.file("zubr.db\($0)")) } == before)
    }

    @Test("while the daemon has the file nobody else gets it, and is told who has it")
    func locked() async throws {
        let store = try await open(folder)
        for access in [Access.daemon, .offline, .readOnly] {
            let refused = await failure { _ = try await open(folder, access: access) }
            #expect(refused?.kind == "busy", "\(access)")
            #expect(refused?.message.contains("process \(ProcessInfo.processInfo.processIdentifier)") == true)
        }
        await store.close()
    }

    @Test("a file with a second name is not taken: under that one another daemon would destroy it")
    func secondName() async throws {
        let store = try await open(folder)
        await store.close()
        try FileManager.default.linkItem(atPath: folder.file("zubr.db"), toPath: folder.file("other.db"))
        let refusal = await failure { _ = try await open(folder) }
        #expect(refusal?.kind == "foreign")
        #expect(refusal?.message.contains("2 names") == true)
        try FileManager.default.removeItem(atPath: folder.file("other.db"))
        await (try await open(folder)).close()
    }

    @Test(
        "a file that was removed while it is in use takes nothing more, and no empty one takes its place beside its log"
    )
    func removed() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        try FileManager.default.removeItem(atPath: folder.file("zubr.db"))
        let refusal = await failure { _ = try await store.commit(batch([frame(2)])) }
        #expect(refusal?.kind == "damaged")
        #expect(refusal?.message.contains("was removed or replaced") == true)
        await store.close()
        try "left".write(toFile: folder.file("zubr.db-wal"), atomically: true, encoding: .utf8)
        let second = await failure { _ = try await open(folder) }
        #expect(second?.message.contains("its log") == true)
        #expect(!FileManager.default.fileExists(atPath: folder.file("zubr.db")))
    }

    @Test("two commands may look at the same time; who writes waits for them")
    func sharedLock() async throws {
        await (try await open(folder)).close()
        let first = try await open(folder, access: .readOnly)
        let second = try await open(folder, access: .readOnly)
        #expect(await failure { _ = try await open(folder, access: .offline) }?.kind == "busy")
        await first.close()
        await second.close()
        withExtendedLifetime((first, second)) {}
    }

    @Test("a command on a file that is not there says so, and makes none", arguments: [Access.offline, .readOnly])
    func missing(access: Access) async {
        #expect(await failure { _ = try await open(folder, access: access) }?.kind == "notFound")
        #expect(folder.files.isEmpty)
    }

    @Test("a read-only opening reads everything, also what a killed program left in its log")
    func readOnly() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        let copies = TemporaryFolder()
        for suffix in ["", "-wal"] {
            try bytes(of: folder.file("zubr.db\(suffix)")).write(
                to: URL(fileURLWithPath: copies.file("zubr.db\(suffix)")))
        }
        await store.close()
        for place in [folder, copies] {
            let reader = try await open(place, access: .readOnly)
            #expect(try await reader.everything().count == 2)
            #expect(await failure { _ = try await reader.commit(batch([frame(2)])) }?.isTransient == false)
            await reader.close()
        }
    }

    @Test("a later layout keeps a whole copy of the file as it was, and goes on with what is in it")
    func migration() async throws {
        let golden = try #require(Bundle.module.url(forResource: "Fixtures/version-1", withExtension: "db"))
        try FileManager.default.copyItem(at: golden, to: URL(fileURLWithPath: folder.file("zubr.db")))
        let next = Schema(steps: Schema.current.steps + [{ try $0.execute(sql: "CREATE TABLE later (a)") }])
        let refused = await failure { _ = try await open(folder, access: .readOnly, schema: next) }
        #expect(refused?.message.contains("older schema 1") == true)
        var store = try await open(folder, schema: next)
        try await expectGoldenContent(store)
        let version = try await store.read("test") { db, _ in try Int.fetchOne(db, sql: "PRAGMA user_version") }
        #expect(version == next.version)
        await store.close()
        let copy = "zubr.db.before-v\(next.version)"
        #expect(folder.files.contains(copy))
        #expect(try FileHeader(path: folder.file(copy))?.schemaVersion == 1)

        // The copy is a database of its own that the older program takes.
        let older = TemporaryFolder()
        try FileManager.default.copyItem(atPath: folder.file(copy), toPath: older.file("zubr.db"))
        store = try await open(older)
        try await expectGoldenContent(store)
        await store.close()
        #expect(await failure { _ = try await open(folder) }?.kind == "foreign")
    }

    @Test("a file of an earlier version is read as it was written", arguments: 1...Schema.current.version)
    func golden(version: Int) async throws {
        let golden = try #require(Bundle.module.url(forResource: "Fixtures/version-\(version)", withExtension: "db"))
        try FileManager.default.copyItem(at: golden, to: URL(fileURLWithPath: folder.file("zubr.db")))
        let store = try await open(folder)
        try await expectGoldenContent(store)
        await store.close()
        #expect(folder.files.contains { $0.contains("before") } == (version < Schema.current.version))
    }

    @Test("a damaged row of an earlier version's journal is kept as it is, and keeps nobody from opening the file")
    func damagedGolden() async throws {
        let golden = try #require(Bundle.module.url(forResource: "Fixtures/version-1", withExtension: "db"))
        let path = folder.file("zubr.db")
        try FileManager.default.copyItem(at: golden, to: URL(fileURLWithPath: path))
        let queue = try DatabaseQueue(path: path)
        let damaged = try await queue.write { db in
            var bytes = try #require(try Data.fetchOne(db, sql: "SELECT frames FROM journal"))
            bytes[bytes.startIndex + 30] ^= 1
            try db.execute(sql: "UPDATE journal SET frames = ?", arguments: [bytes])
            return bytes
        }
        try queue.close()
        let store = try await open(folder)
        let kept = try await store.read("test") { db, _ in try Data.fetchAll(db, sql: "SELECT frames FROM unreadable") }
        #expect(kept == [damaged])
        #expect(try await store.registeredMachines().map(\.site) == ["Pit 3"])
        await store.close()
        #expect(folder.files.contains("zubr.db.before-v2"))
    }

    @Test("a step that fails leaves the file as it was")
    func failedMigration() async throws {
        var store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        await store.close()
        let broken = Schema(
            steps: Schema.current.steps + [
                { db in
                    try db.execute(sql: "DROP TABLE outbox")
                    try db.execute(sql: "CREATE NONSENSE")
                }
            ])
        #expect(await failure { _ = try await open(folder, schema: broken) } != nil)
        store = try await open(folder)
        #expect(try await store.everything().count == 2)
        #expect(try await store.dueDispatches(at: start, limit: 1).isEmpty)
        await store.close()
    }

    /// Destroys the file as a failing disk may; returns what is left of it.
    private func damage(_ path: String) throws -> Data {
        var content = try bytes(of: path)
        for page in 1..<content.count / 2_048 {
            content.replaceSubrange(page * 2_048..<page * 2_048 + 64, with: repeatElement(0xAB, count: 64))
        }
        try content.write(to: URL(fileURLWithPath: path))
        return content
    }

    @Test("a damaged file is moved aside, never deleted, and no empty one takes its place unasked")
    func damaged() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch((1...2_000).map { frame($0, [Reading(coolant, 1 / Double($0))]) }))
        _ = try await store.backUp(to: "backup.db", in: folder.path)
        await store.close()
        let content = try damage(folder.file("zubr.db"))
        let refused = await failure { _ = try await open(folder) }
        #expect(refused?.kind == "damaged")
        let aside = folder.files.filter { $0.hasPrefix("zubr.db.corrupt-") && $0.hasSuffix("Z") }
        #expect(aside.count == 1)
        let name = try #require(aside.first)
        #expect(try bytes(of: folder.file(name)) == content)
        #expect(refused?.message.contains(name) == true)

        // Restarted by the service manager, as often as it likes: nothing is made.
        for _ in 1...2 {
            let again = await failure { _ = try await open(folder) }
            #expect(again?.kind == "damaged")
            #expect(again?.message.contains(folder.file(name)) == true)
            #expect(again?.message.contains("backup") == true)
            #expect(!folder.files.contains("zubr.db"))
        }

        // A person puts a backup in its place, or decides to begin anew.
        try FileManager.default.copyItem(atPath: folder.file("backup.db"), toPath: folder.file("zubr.db"))
        let restored = try await open(folder)
        #expect(try await restored.counts().frames == 2_000)
        await restored.close()
        for name in folder.files where name.hasPrefix("zubr.db") {
            try FileManager.default.removeItem(atPath: folder.file(name))
        }
        let fresh = try await open(folder)
        #expect(try await fresh.machineKeys().isEmpty)
        await fresh.close()
    }

    @Test("a damaged segment is an error that names machine and time; other machines stay readable")
    func damagedSegment() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        _ = try await store.commit(batch(tractor, [frame(1)]))
        try await store.sealAll()
        try await store.onWriter("test") { db in
            try db.execute(sql: "UPDATE chunk SET data = CAST(X'01FFFF0000000000' AS BLOB) WHERE id = 1 << 12")
        }
        let found = await failure { _ = try await store.everything() }
        #expect(found?.kind == "damaged")
        #expect(found?.message.contains("of kuzbass-coal/truck-17 from 2026-03-01T08:00:01Z") == true)
        #expect(try await store.everything(of: tractor).count == 2)
        await store.close()
    }
}

/// What the files under Fixtures hold. `UPDATE_GOLDEN=1` writes a file like them for a new version.
private func expectGoldenContent(_ store: FleetDatabase) async throws {
    #expect(try await store.everything().map(\.value) == [80.1, 31.5, 80.2, 31.5, 80.4, 31.5])
    #expect(try await store.gaps() == [GapDocument(equipment: truck, boot: 1, firstSeq: 3, lastSeq: 3)])
    #expect(try await store.registeredMachines().map(\.site) == ["Pit 3"])
    #expect(try await store.quarantine(limit: 9).byReason == ["not-json": 1])
    let state = try await store.resume()
    #expect(state.orders == [order(1)])
    #expect(state.alerts == [alert("hot")])
    #expect(state.cursor == JournalCursor(1))
    #expect(state.conditions[truck]?.latest[coolant]?.value == 80.4)
    let signals = try await store.onWriter("test") { db in
        try MachineSignals.all(of: Int64.fetchOne(db, sql: "SELECT id FROM machine")!, db)
    }
    #expect(signals == [1, 2])
    #expect(try await store.dueDispatches(at: start, limit: 9).map(\.dispatch.id) == ["WO-1/1/offer"])
    #expect(try await store.commit(batch([frame(2), frame(3)])).duplicateFrames == 1)
}

@Suite("Golden files", .enabled(if: ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1"))
struct GoldenFileTests {
    @Test("are written anew on request, and reviewed in the diff")
    func write() async throws {
        let folder = TemporaryFolder()
        let store = try await open(folder)
        var incoming = batch([frame(1), frame(2), frame(4)])
        incoming.rejected = [
            RejectedMessage(
                topic: "zubr/v1/a/b/telemetry", body: [1], rejection: Rejection(.notJSON, "why"), receivedAt: start)
        ]
        _ = try await store.commit(incoming)
        _ = try await store.register([Machine(key: truck, model: ModelID("BELAZ-7513R")!, site: "Pit 3")])
        var round = evaluation()
        round.conditions[truck] = .init()
        round.conditions[truck]?.latest = [coolant: .init(value: 80.4, observedAt: start)]
        round.orders = [order(1)]
        round.alerts = [alert("hot")]
        round.dispatches = [Dispatch(order: order(1).id, offer: 1, center: belovo, action: .offer, createdAt: start)]
        try await store.commit(round)
        await store.close()
        let target = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/version-\(Schema.current.version).db")
        // Small pages, because most of them are nearly empty.
        let queue = try DatabaseQueue(path: folder.file("zubr.db"))
        try await queue.writeWithoutTransaction { db in
            try db.execute(
                sql: "PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM; PRAGMA journal_mode = WAL")
            _ = try db.checkpoint(.truncate)
        }
        try queue.close()
        try bytes(of: folder.file("zubr.db")).write(to: target)
    }
}
