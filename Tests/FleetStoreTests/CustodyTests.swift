import FleetModel
import FleetRuntime
import Support
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
        #expect(!folder.files.contains("zubr.db.ballast"))
        #expect(try await store.maintain(at: start).hasBallast, "there is room again")
        await store.releaseBallast()
        await store.close()
    }

    @Test("copies the database while it is in use, and never over another file")
    func backup() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        let copies = TemporaryFolder()
        try await store.backup(to: copies.file("zubr.db"))
        _ = try await store.commit(batch([frame(2)]))
        #expect(await failure { try await store.backup(to: copies.file("zubr.db")) }?.kind == "foreign")
        #expect(copies.files == ["zubr.db"])
        let copy = try await open(copies)
        #expect(try await copy.everything().map(\.seq) == [1, 1])
        await copy.close()
        await store.close()
    }
}
