import FleetModel
import FleetRuntime
import Foundation
import GRDB
import Support
import Testing

@testable import FleetStore

@Suite("Backups that a person makes, and puts back")
struct DatabaseCopyTests {
    private let folder = TemporaryFolder()
    private let other = TemporaryFolder()
    private var path: String { folder.file("zubr.db") }

    private func fill(_ store: FleetDatabase, _ numbers: Range<UInt64>) async throws {
        for number in numbers {
            _ = try await store.commit(
                batch([frame(number, (0..<200).map { Reading(Signal("x_\($0)"), Double(number) / Double($0 + 3)) })]))
        }
    }

    /// A database of segments, and a backup of it that is damaged so.
    private func backUp(damaging: @escaping @Sendable (Database) throws -> Void) async throws {
        let store = try await open(folder)
        try await fill(store, 0..<300)
        try await store.sealAll()
        _ = try await DatabaseCopy.backUp(path, to: other.file("a.db"))
        await store.close()
        let queue = try DatabaseQueue(path: other.file("a.db"))
        try await queue.write(damaging)
        try queue.close()
    }

    @Test(
        "while ingest and sealing go on, a copy has everything that was committed before it began, and is restored whole"
    )
    func whileInUse() async throws {
        let store = try await open(folder)
        try await fill(store, 0..<400)
        try await store.sealAll()
        try await fill(store, 400..<600)
        let writing = Task {
            var next: UInt64 = 600
            while !Task.isCancelled {
                try await fill(store, next..<next + 5)
                next += 5
                if next % 50 == 0 { try await store.sealAll() }
            }
            return next
        }
        var known: [UInt64] = []
        for number in 0..<4 {
            try await Task.sleep(for: .milliseconds(50))
            known.append(UInt64(try await store.counts().frames))
            let receipt = try await DatabaseCopy.backUp(path, to: other.file("\(number).db"))
            #expect(receipt.bytes > 100_000)
        }
        writing.cancel()
        let end = try await writing.value
        #expect(UInt64(try await store.counts().frames) == end)
        await store.close()
        #expect(other.files == ["0.db", "1.db", "2.db", "3.db"], "nothing but the copies is left")

        for (number, least) in known.enumerated() {
            let restored = TemporaryFolder()
            let receipt = try await DatabaseCopy.restore(other.file("\(number).db"), to: restored.file("zubr.db"))
            #expect(receipt.putAside.isEmpty)
            let copy = try await open(restored)
            let stored = Set(try await copy.everything().map(\.seq))
            #expect(stored.isSuperset(of: 0..<least) && stored.count <= end)
            #expect(try await copy.counts().frames == Int64(stored.count))
            await copy.close()
        }
    }

    @Test("what stands in the place is put aside with its log, never deleted, and only when that is asked for")
    func replacing() async throws {
        let store = try await open(folder)
        try await fill(store, 0..<10)
        _ = try await DatabaseCopy.backUp(path, to: other.file("a.db"))
        try await fill(store, 10..<20)
        let held = await failure { _ = try await DatabaseCopy.restore(other.file("a.db"), to: path, isReplacing: true) }
        #expect(held?.kind == "busy")
        #expect(held?.message.contains("process \(getpid())") == true)
        // As after a crash, which leaves the log.
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: other.file("crashed.db" + suffix))
        }
        await store.close()
        for suffix in ["", "-wal"] {
            try? FileManager.default.removeItem(atPath: path + suffix)
            try FileManager.default.moveItem(atPath: other.file("crashed.db" + suffix), toPath: path + suffix)
        }
        let before = try bytes(of: path)
        let refused = await failure { _ = try await DatabaseCopy.restore(other.file("a.db"), to: path) }
        #expect(refused?.kind == "conflict")
        #expect(refused?.message.contains("--force") == true)
        #expect(try bytes(of: path) == before)

        let receipt = try await DatabaseCopy.restore(other.file("a.db"), to: path, isReplacing: true)
        #expect(receipt.putAside.count >= 2)
        #expect(try bytes(of: receipt.putAside[0]) == before)
        #expect(FileManager.default.fileExists(atPath: receipt.putAside[0] + "-wal"))
        let restored = try await open(folder)
        #expect(try await restored.counts().frames == 10)
        await restored.close()
        // What was put aside is a database with all it had.
        let aside = try await FleetDatabase.open(path: receipt.putAside[0], access: .readOnly)
        #expect(try await aside.everything().count == 20 * 200)
        await aside.close()
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o007 } == 0, "others may not read it")
    }

    @Test("a log without its database is in the way, too")
    func leftLog() async throws {
        let store = try await open(folder)
        try await fill(store, 0..<2)
        _ = try await DatabaseCopy.backUp(path, to: other.file("a.db"))
        await store.close()
        let place = TemporaryFolder()
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: place.file("zubr.db-wal")))
        #expect(
            await failure { _ = try await DatabaseCopy.restore(other.file("a.db"), to: place.file("zubr.db")) }?.kind
                == "conflict")
        let receipt = try await DatabaseCopy.restore(other.file("a.db"), to: place.file("zubr.db"), isReplacing: true)
        #expect(receipt.putAside.count == 1)
        let restored = try await open(place)
        #expect(try await restored.counts().frames == 2)
        await restored.close()
    }

    @Test("a damaged backup changes nothing, unless there is no better one")
    func damagedBackup() async throws {
        try await backUp { db in
            var bytes = try Data.fetchOne(db, sql: "SELECT data FROM chunk")!
            bytes[bytes.startIndex + 2_000] ^= 1
            try db.execute(sql: "UPDATE chunk SET data = ? WHERE id = (SELECT MIN(id) FROM chunk)", arguments: [bytes])
        }
        let before = try bytes(of: path)
        let failed = await failure {
            _ = try await DatabaseCopy.restore(other.file("a.db"), to: path, isReplacing: true)
        }
        #expect(failed?.kind == "damaged")
        let told = "the backup \(other.file("a.db")) is damaged: kuzbass-coal/truck-17"
        #expect(failed?.message.hasPrefix(told) == true, "\(failed?.message ?? "")")
        #expect(try bytes(of: path) == before)
        #expect(!folder.files.contains { $0.contains("partial") || $0.contains("replaced") }, "nothing is left of it")
        let copy = try await DatabaseCopy.backUp(other.file("a.db"), to: other.file("b.db"))
        #expect(copy.damage?.contains("kuzbass-coal/truck-17") == true, "\(copy)")
        let restored = try await DatabaseCopy.restore(
            other.file("a.db"), to: path, isReplacing: true, acceptsDamage: true)
        #expect(restored.damage?.contains("kuzbass-coal/truck-17") == true, "\(restored)")
        #expect(try await DatabaseReport.check(path: path).damage.count == 1)
    }

    @Test("a backup is put back only when its values are what is said of them, whatever the check sums say")
    func wrongStatistics() async throws {
        try await backUp { db in
            let row = try Row.fetchOne(db, sql: "SELECT directory FROM segment")!
            var directory = try row.withUnsafeBlob(0) { try SegmentDirectory($0) }
            directory.columns[0].statistics.minimum -= 1
            try db.execute(sql: "UPDATE segment SET directory = ?", arguments: [Data(directory.bytes)])
        }
        let failed = await failure {
            _ = try await DatabaseCopy.restore(other.file("a.db"), to: path, isReplacing: true)
        }
        #expect(
            failed?.message.contains("they are not what its directory says of them") == true, "\(failed?.message ?? "")"
        )
    }

    @Test("what makes no sense is refused, and says why")
    func refused() async throws {
        let store = try await open(folder)
        try await fill(store, 0..<1)
        await store.close()
        _ = try await DatabaseCopy.backUp(path, to: other.file("a.db"))
        let kinds = [
            await failure { _ = try await DatabaseCopy.backUp(path, to: other.file("a.db")) },
            await failure { _ = try await DatabaseCopy.backUp(folder.file("none.db"), to: other.file("b.db")) },
            await failure { _ = try await DatabaseCopy.backUp(path, to: "/nonexistent/b.db") },
            await failure { _ = try await DatabaseCopy.backUp(path, to: other.file("b.db"), isStopped: { true }) },
            await failure { _ = try await DatabaseCopy.restore(path, to: path, isReplacing: true) },
            await failure { _ = try await DatabaseCopy.restore(other.file("none.db"), to: path, isReplacing: true) },
            await failure { _ = try await DatabaseCopy.restore("/etc/hostname", to: path, isReplacing: true) },
        ].map { $0?.kind }
        #expect(kinds == ["conflict", "notFound", "busy", "busy", "conflict", "notFound", "foreign"])
        #expect(other.files == ["a.db"])
        // SQLite leaves an empty log where it was only read.
        #expect(folder.files.subtracting(["zubr.db-wal", "zubr.db-shm"]) == ["zubr.db", "zubr.db.lock"])
    }

    @Test("when the old database cannot be put aside whole, it has its own name again")
    func putBack() async throws {
        let store = try await open(folder)
        try await fill(store, 0..<3)
        _ = try await DatabaseCopy.backUp(path, to: other.file("a.db"))
        // A name with which the database can be put aside, and its log cannot.
        let place = TemporaryFolder()
        let long = place.file(String(repeating: "z", count: 225))
        for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: path + suffix, toPath: long + suffix) }
        await store.close()
        let before = try bytes(of: long)
        let failed = await failure {
            _ = try await DatabaseCopy.restore(other.file("a.db"), to: long, isReplacing: true)
        }
        #expect(failed?.message.contains("cannot rename \(long)-wal") == true, "\(failed?.message ?? "")")
        #expect(try bytes(of: long) == before)
        #expect(place.files.filter { $0.contains("replaced") || $0.contains("partial") }.isEmpty, "\(place.files)")
    }

    @Test("a restore that was interrupted between the names does not let the daemon begin with an empty database")
    func interrupted() async throws {
        let store = try await open(folder)
        try await fill(store, 0..<3)
        await store.close()
        try FileManager.default.moveItem(atPath: path, toPath: path + ".partial")
        let failed = await failure { _ = try await open(folder) }
        #expect(failed?.kind == "damaged")
        #expect(failed?.message.contains("run zubr restore again") == true)
        #expect(!folder.files.contains("zubr.db"))
    }
}
