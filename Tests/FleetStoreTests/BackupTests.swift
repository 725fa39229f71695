import FleetModel
import FleetRuntime
import Foundation
import GRDB
import Support
import Testing

@testable import FleetStore

@Suite("Backups")
struct BackupTests {
    private let folder = TemporaryFolder()
    private let copies = TemporaryFolder()

    private func fill(_ store: FleetDatabase, _ numbers: Range<UInt64>) async throws {
        for number in numbers {
            _ = try await store.commit(
                batch([frame(number, (0..<400).map { Reading(Signal("x_\($0)"), Double(number) / Double($0 + 3)) })]))
        }
    }

    @Test("what is committed while the copy grows does not wait for it, and the copy is whole")
    func whileInUse() async throws {
        let store = try await open(folder)
        try await fill(store, 0..<1_500)
        let copying = Task { try await store.backUp(to: "a.db", in: copies.path) }
        var next: UInt64 = 1_500
        while copies.files.isEmpty { await Task.yield() }
        while !copies.files.contains("a.db"), next < 3_000 {
            try await fill(store, next..<next + 1)
            next += 1
        }
        #expect(try await copying.value.bytes > 3 << 20)
        #expect(next > 1_501, "nothing was committed meanwhile")
        await store.close()
        #expect(copies.files == ["a.db"], "one file that opens anywhere")

        try FileManager.default.moveItem(atPath: copies.file("a.db"), toPath: copies.file("zubr.db"))
        let copy = try await open(copies)
        let stored = Set(try await copy.everything().map(\.seq))
        #expect(stored.isSuperset(of: 0..<1_500))
        // What the broker delivers again is known: nothing is stored twice, nothing is missing.
        try await fill(copy, 0..<next)
        #expect(try await copy.counts().frames == Int64(next))
        #expect(try await copy.counts().duplicateFrames == Int64(stored.count))
        await copy.close()
    }

    private static func damage(_ row: Int64, _ db: Database) throws {
        var bytes = try #require(
            try Data.fetchOne(db, sql: "SELECT frames FROM journal WHERE id = ?", arguments: [row]))
        bytes[bytes.startIndex + 20] ^= 1
        try db.execute(sql: "UPDATE journal SET frames = ? WHERE id = ?", arguments: [bytes, row])
    }

    @Test("a copy with one wrong byte that the database does not have gets no name, whatever is wrong with both")
    func damagedCopy() async throws {
        let store = try await open(folder)
        try await fill(store, 0..<3)
        let target = copies.file("a.db")
        let backup = try await store.onWriter("test") { db in
            try Self.damage(3, db)
            let backup = try Backup(of: db, to: target)
            while try !backup.step(for: .seconds(1)) {}
            return backup
        }
        let queue = try DatabaseQueue(path: backup.unfinished)
        try await queue.write { try Self.damage(2, $0) }
        try queue.close()
        let failed = await failure { try backup.publish(comparedWith: folder.file("zubr.db"), stoppedBy: StopSign()) }
        #expect(failed?.kind == "damaged")
        #expect(failed?.message.contains("row 2 of the journal: the check sum does not match; it is not") == true)
        #expect(!copies.files.contains("a.db"))
        await store.close()
    }

    @Test(
        "damage that the database itself has is said and does not end the backups",
        arguments: [nil, "UPDATE shape SET signals = x'00'", "UPDATE chunk SET data = x'00'"])
    func damagedDatabase(sql: String?) async throws {
        let store = try await open(folder)
        try await fill(store, 0..<3)
        try await store.sealAll()
        try await fill(store, 3..<6)
        try await store.onWriter("test") { db in
            if let sql { try db.execute(sql: sql) } else { try Self.damage(5, db) }
        }
        let made = try await store.backUp(to: "a.db", in: copies.path)
        let words = sql == nil ? "row 5 of the journal" : sql!.contains("shape") ? "list of signals 1" : "(segment"
        #expect(made.damage?.contains(words) == true, "\(made.damage ?? "nothing")")
        #expect(copies.files.contains("a.db"))
        await store.close()
    }

    @Test("a folder that is not there, or that cannot be written, says what to do and leaves nothing")
    func noFolder() async throws {
        let store = try await open(folder)
        for place in [folder.file("nowhere"), "/proc"] {
            let failed = await failure { _ = try await store.backUp(to: "a.db", in: place) }
            #expect(failed?.message.contains(place) == true)
        }
        #expect(await failure { _ = try await store.files(in: folder.file("nowhere")) }?.kind == "busy")
        #expect(try await store.commit(batch([frame(1)])).storedFrames == 1)
        await store.close()
    }

    @Test("a backup that is stopped leaves nothing")
    func stopped() async throws {
        let store = try await open(folder)
        try await fill(store, 0..<1_000)
        let copying = Task { try await store.backUp(to: "a.db", in: copies.path) }
        while copies.files.isEmpty { await Task.yield() }
        copying.cancel()
        await #expect(throws: StoreFailure.self) { try await copying.value }
        #expect(copies.files.isEmpty)
        #expect(try await store.commit(batch([frame(5_000)])).storedFrames == 1)
        await store.close()
    }
}

@Suite("A moved clock")
struct ClockStoreTests {
    @Test("an old message taken out of quarantine is not the newest arrival")
    func oldMessage() async throws {
        let folder = TemporaryFolder()
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)], at: start + .days(60)))
        _ = try await store.commit(batch([frame(2)], at: start))
        #expect(try await store.newestArrival() == start + .days(60))
        await store.close()
    }

    @Test(
        "a clock that was years ahead for a moment is forgotten after some messages more, though all of them are in segments"
    )
    func clockAhead() async throws {
        let folder = TemporaryFolder()
        let path = folder.file("zubr.db")
        var store = try await FleetDatabase.open(path: path, access: .daemon, sync: .normal)
        _ = try await store.commit(batch([frame(0)], at: start + .days(1_500)))
        try await store.sealAll()
        await store.close()
        store = try await FleetDatabase.open(path: path, access: .daemon, sync: .normal)
        #expect(try await store.newestArrival() == start + .days(1_500), "it is not forgotten at once")
        for seq in 1...RecentArrivals.rows {
            _ = try await store.commit(batch([frame(UInt64(seq))], at: start + .seconds(Double(seq))))
        }
        #expect(try await store.newestArrival() == start + .seconds(1_000))
        try await store.sealAll()
        await store.close()
        store = try await FleetDatabase.open(path: path, access: .daemon, sync: .normal)
        #expect(try await store.newestArrival() == start + .seconds(1_000))
        await store.close()
    }

    @Test("what was turned away for its time since the clock was last moved is taken, and stored at the right time")
    func retaken() async throws {
        let folder = TemporaryFolder()
        let store = try await open(folder)
        #expect(try await store.newestArrival() == nil)
        func message(_ seq: Int, at observed: Timestamp, received: Timestamp) -> InboundMessage {
            InboundMessage(
                topic: "zubr/v1/\(truck)/telemetry",
                body: Array(#"{"boot":1,"seq":\#(seq),"at":"\#(observed.iso8601)","signals":{"speed":1}}"#.utf8),
                receivedAt: received)
        }
        let limits = Live(IngestLimits())
        var assembler = BatchAssembler(limits: limits.value)
        // Our clock is an hour behind; one machine's is two hours ahead of the truth.
        let ours = start - .hours(1)
        let came = [message(1, at: start, received: ours), message(2, at: start + .hours(2), received: ours)]
        let turnedAway = assembler.assemble(came)
        #expect(turnedAway.rejected.map(\.rejection.reason) == [.futureTime, .futureTime])
        #expect(assembler.heard == [truck: start + .hours(2)], "it is heard all the same")
        _ = try await store.commit(turnedAway)

        let retry = QuarantineRetry(store: store, limits: limits)
        let move = ClockMove(from: ours + .seconds(1), to: start + .seconds(1), last: try await store.lastTurnedAway())
        // Judged and not stored yet when the clock was moved, and turned away after it by one that is still wrong.
        let late = assembler.assemble([
            message(3, at: start, received: ours + .milliseconds(900)),
            message(4, at: start + .hours(3), received: start + .seconds(2)),
        ])
        _ = try await store.commit(late)
        #expect(try await retry.retake(before: move, wrongBy: .hours(1)) == 2)
        #expect(try await store.counts().quarantined == 2)
        #expect(try await store.everything().map(\.seq) == [1, 3])
        #expect(try await store.newestArrival() == start + .milliseconds(900))
        // They were judged by the right time now; another move is about what came later, and about that alone.
        #expect(try await retry.retake(before: move, wrongBy: .hours(1)) == 0)
        let next = ClockMove(from: start + .seconds(3), to: start + .hours(3), last: try await store.lastTurnedAway())
        #expect(try await retry.retake(before: next, wrongBy: next.step) == 1)
        #expect(try await store.everything().map(\.seq) == [1, 3, 4])
        await store.close()
    }

    @Test("a batch is taken whatever its time while ours is in doubt")
    func inDoubt() {
        var assembler = BatchAssembler(limits: IngestLimits())
        let body = #"{"boot":1,"seq":1,"at":"1999-01-01T00:00:00Z","signals":{"speed":1}}"#
        let message = InboundMessage(
            topic: "zubr/v1/\(truck)/telemetry", body: Array(body.utf8), receivedAt: start)
        assembler.go(by: IngestLimits(), takingAnyTime: true)
        #expect(assembler.assemble([message]).frames.count == 1)
        assembler.go(by: IngestLimits())
        #expect(assembler.assemble([message]).rejected.map(\.rejection.reason) == [.tooOld])
    }
}
