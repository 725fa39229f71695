import FleetModel
import FleetRuntime
import Foundation
import GRDB
import Support
import Synchronization
import Testing

@testable import FleetStore

@Suite("House-keeping")
struct CustodyTests {
    private let folder: TemporaryFolder
    init() throws { folder = TemporaryFolder() }

    @Test("cuts the log off when nothing has come since the last round, and not before")
    func idle() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        var standing = try await store.maintain(at: start)
        #expect(standing.walBytes > 0)
        _ = try await store.commit(batch([frame(2)]))
        standing = try await store.maintain(at: start)
        #expect(standing.walBytes > 0)
        standing = try await store.maintain(at: start)
        #expect(standing.walBytes == 0)
        #expect(standing.databaseBytes > 0)
        #expect(standing.freeBytes > 0)
        #expect(!standing.hasBallast)
        #expect(try await store.everything().count == 4)
        await store.close()
    }

    @Test("cuts off the log that a killed program left, though nothing comes any more")
    func leftover() async throws {
        let killed = try await open(folder)
        _ = try await killed.commit(batch([frame(1)]))
        let later = TemporaryFolder()
        for name in ["zubr.db", "zubr.db-wal"] {
            try FileManager.default.copyItem(atPath: folder.file(name), toPath: later.file(name))
        }
        await killed.close()
        let store = try await open(later)
        #expect(try await store.maintain(at: start).walBytes > 0)
        #expect(try await store.maintain(at: start).walBytes == 0)
        #expect(try await store.everything().count == 2)
        await store.close()
    }

    @Test("keeps the log short under load", .timeLimit(.minutes(2)))
    func load() async throws {
        let store = try await open(folder)
        var longest: Int64 = 0
        for round in 0..<12 as Range<UInt64> {
            let frames = (0..<400 as Range<UInt64>).map { number in
                frame(
                    round * 400 + number,
                    (0..<250).map { Reading(Signal("load_\($0)"), Double(number) / Double($0 + 3)) })
            }
            _ = try await store.commit(batch(frames))
            longest = max(longest, try await store.maintain(at: start).walBytes)
        }
        #expect(longest < 32 << 20)
        #expect(try await store.maintain(at: start).databaseBytes > 4 << 20)
        await store.close()
        #expect(!folder.files.contains("zubr.db-wal"), "a clean end leaves no log")
    }

    @Test("keeps a ballast only when it is asked to, and gives it back")
    func ballast() async throws {
        let store = try await open(folder, keepsBallast: true)
        #expect(try await store.maintain(at: start).hasBallast)
        #expect(FileSize.of(folder.file("zubr.db.ballast")) == 64 << 20)
        await store.releaseBallast()
        #expect(FileSize.of(folder.file("zubr.db.ballast")) == 0, "an empty file remembers that it was spent")
        #expect(try await store.maintain(at: start).hasBallast, "there is room again")
        await store.releaseBallast()
        await store.close()
    }

    @Test("keeps what the ballast gave back for putting things in order: nothing that came in takes it")
    func reserve() async throws {
        let free = Mutex<Int64>(1 << 40)
        let freeBytes: @Sendable (String) -> Int64 = { _ in free.withLock { $0 } }
        var store = try await open(folder, keepsBallast: true, freeBytes: freeBytes)
        #expect(try await store.maintain(at: start).hasBallast)
        free.withLock { $0 = 0 }
        _ = try await store.commit(batch([frame(1)]))
        await store.releaseBallast()
        free.withLock { $0 = 64 << 20 }
        var refused = await failure { _ = try await store.commit(batch([frame(2)])) }
        #expect(refused?.kind == "diskFull")
        #expect(refused?.message.contains("only the reserve is left (64 MB)") == true)
        #expect(try await store.counts().frames == 1)
        // The evaluator's small rounds and house-keeping go on.
        try await store.commit(evaluation())
        #expect(try await store.maintain(at: start).hasBallast == false)
        await store.close()

        store = try await open(folder, keepsBallast: true, freeBytes: freeBytes)
        free.withLock { $0 = 80 << 20 - 1 }
        refused = await failure { _ = try await store.commit(batch([frame(2)])) }
        #expect(refused?.kind == "diskFull", "a restart does not forget it")
        free.withLock { $0 = 80 << 20 }
        #expect(try await store.commit(batch([frame(2)])).storedFrames == 1)
        #expect(try await store.maintain(at: start).hasBallast == false, "too little to make it anew")
        free.withLock { $0 = 128 << 20 + 1 }
        #expect(try await store.maintain(at: start).hasBallast)
        free.withLock { $0 = 0 }
        #expect(try await store.commit(batch([frame(3)])).storedFrames == 1, "with the ballast there, the disk decides")
        await store.releaseBallast()
        await store.close()
    }

    @Test("on a disk that never had room for a ballast goes on to the last byte")
    func noReserve() async throws {
        let store = try await open(folder, keepsBallast: true, freeBytes: { _ in 0 })
        #expect(try await store.maintain(at: start).hasBallast == false)
        await store.releaseBallast()
        #expect(try await store.commit(batch([frame(1)])).storedFrames == 1)
        await store.close()
    }

    @Test("gives the ballast back itself when the disk is too full to put things in order, and tries once more")
    func reserveForCheckpoint() async throws {
        let store = try await open(folder, keepsBallast: true)
        _ = try await store.maintain(at: start)
        let tries = Mutex(0)
        try await store.onWriter("test") { db in
            try store.withReserve(db) {
                let count = tries.withLock {
                    $0 += 1
                    return $0
                }
                if count == 1 { throw DatabaseError(resultCode: .SQLITE_FULL) }
            }
        }
        #expect(tries.withLock { $0 } == 2)
        #expect(FileSize.of(folder.file("zubr.db.ballast")) == 0)
        for code in [ResultCode.SQLITE_FULL, .SQLITE_IOERR] {
            let failed = await failure {
                try await store.onWriter("test") { db in
                    try store.withReserve(db) { throw DatabaseError(resultCode: code) }
                }
            }
            #expect(failed?.kind == (code == .SQLITE_FULL ? "diskFull" : "busy"), "there is nothing left to give")
        }
        await store.close()
    }

    @Test("copies the database while it is in use, and never over another file")
    func backup() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        let copies = TemporaryFolder()
        #expect(try await store.backUp(to: "zubr.db", in: copies.path).bytes > 0)
        _ = try await store.commit(batch([frame(2)]))
        #expect(await failure { _ = try await store.backUp(to: "zubr.db", in: copies.path) }?.kind == "foreign")
        #expect(copies.files == ["zubr.db"])
        let copy = try await open(copies)
        #expect(try await copy.everything().map(\.seq) == [1, 1])
        await copy.close()
        await store.close()
    }
}
