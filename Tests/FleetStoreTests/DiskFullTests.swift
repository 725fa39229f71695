import FleetModel
import FleetRuntime
import GRDB
import Support
import Testing

@testable import FleetStore

/// A bound on the file's pages makes SQLite answer as it does on a full disk, without privileges to fill one.
@Suite("A full disk")
struct DiskFullTests {
    private let folder: TemporaryFolder
    init() throws { folder = TemporaryFolder() }

    private func setPages(_ store: FleetDatabase, spare: Int?) async throws {
        try await store.onWriter("test") { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count")!
            let most = spare.map { pages + $0 } ?? 1_000_000
            try db.execute(sql: "PRAGMA max_page_count = \(most)")
        }
    }

    private let large = (1...3_000 as ClosedRange<UInt64>).map { seq in
        frame(seq, [Reading(coolant, 1 / Double(seq)), Reading(Signal("full_\(seq % 200)"), Double(seq) / 7)])
    }

    @Test("leaves nothing behind, neither in the file nor in memory, and the same connection goes on afterwards")
    func recovers() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        try await setPages(store, spare: 1)
        var incoming = batch(large)
        incoming.frames.insert(ReceivedFrames(machine: tractor, receivedAt: start, frames: [frame(1)]), at: 0)
        for _ in 0..<2 {
            let failed = await failure { _ = try await store.commit(incoming) }
            #expect(failed?.kind == "diskFull")
            #expect(failed?.isTransient == true)
            #expect(failed?.message.contains("free space") == true)
        }
        #expect(try await store.onWriter("test") { $0.isInsideTransaction } == false)
        #expect(try await store.machineKeys() == [truck], "what was read by others is still the old")
        #expect(try await store.counts().frames == 1)

        try await setPages(store, spare: nil)
        let receipt = try await store.commit(incoming)
        #expect(receipt.duplicateFrames == 1, "only frame 1 of the truck was stored before")
        #expect(receipt.storedFrames == 3_000)
        #expect(try await store.everything().filter { $0.signal == coolant }.count == 3_000)
        #expect(try await store.everything(of: tractor).count == 2)
        #expect(try await store.counts().frames == 3_001)
        await store.close()
    }

    @Test(
        "is told with what follows for the program that met it",
        arguments: [
            (Access.daemon, "the daemon goes on by itself"), (.filling, "then run the same command again"),
            (.offline, "then run the same command again"),
        ])
    func advice(access: Access, says: String) async throws {
        await (try await open(folder)).close()
        let store = try await open(folder, access: access)
        try await setPages(store, spare: 1)
        let failed = await failure { _ = try await store.commit(batch(large)) }
        #expect(failed?.message.hasSuffix(says) == true, "\(failed?.message ?? "")")
        await store.close()
    }

    @Test("in the middle of an evaluation takes none of it")
    func evaluation() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        try await setPages(store, spare: 1)
        var evaluation = Evaluation(cursor: JournalCursor(1), replyCursor: 0, at: start, lastOrderNumber: 900)
        evaluation.orders = (1...900).map { order($0, code: "TO-\($0)") }
        #expect(await failure { try await store.commit(evaluation) }?.kind == "diskFull")
        let state = try await store.resume()
        #expect(state.orders.isEmpty)
        #expect(state.cursor == .start)
        #expect(state.lastOrderNumber == 0)
        #expect(try await store.counts().orders.isEmpty)
        await store.close()
    }
}
