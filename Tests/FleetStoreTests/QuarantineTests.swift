import FleetModel
import FleetRuntime
import Support
import Testing

@testable import FleetStore

@Suite("Quarantine")
struct QuarantineTests {
    private let folder: TemporaryFolder
    init() throws { folder = TemporaryFolder() }

    private func rejected(_ body: String, _ reason: Rejection.Reason = .notJSON) -> RejectedMessage {
        RejectedMessage(
            topic: "zubr/v1/a/b/telemetry", body: Array(body.utf8), rejection: Rejection(reason, "why"),
            receivedAt: start)
    }

    @Test("a rejected message is kept whole, counted by reason and shown without control characters")
    func kept() async throws {
        let store = try await open(folder)
        var incoming = IngestBatch()
        incoming.rejected = [rejected("{\u{1B}[2J"), rejected("", .oversize), rejected("x")]
        _ = try await store.commit(incoming)
        let document = try await store.quarantine(limit: 2)
        #expect(document.total == 3)
        #expect(document.byReason == ["not-json": 2, "oversize": 1])
        #expect(document.messages.map(\.bytes) == [1, 0])
        #expect(try await store.quarantine(limit: 9).messages[2].excerpt == "{·[2J")
        let first = document.messages[0].id - 2
        let found = try await store.quarantined([first, 999])
        #expect(found.map(\.id) == [first])
        #expect(found.map(\.message) == [incoming.rejected[0]])
        await store.close()
    }

    @Test("the same message again is counted and not kept twice; another topic or body is another message")
    func again() async throws {
        let store = try await open(folder)
        var elsewhere = rejected("x")
        elsewhere.topic = "zubr/v1/a/c/telemetry"
        for messages in [[rejected("x"), rejected("y")], [rejected("x")], [elsewhere, rejected("x")]] {
            var incoming = IngestBatch()
            incoming.rejected = messages
            _ = try await store.commit(incoming)
        }
        let document = try await store.quarantine(limit: 9)
        #expect(document.total == 3)
        #expect(document.byReason == ["not-json": 3])
        #expect(document.messages.map(\.times) == [1, 1, 3])
        // One that was taken after all is over: when it comes again it is a new one.
        var released = IngestBatch()
        released.released = [document.messages[2].id]
        _ = try await store.commit(released)
        var incoming = IngestBatch()
        incoming.rejected = [rejected("x")]
        _ = try await store.commit(incoming)
        #expect(try await store.quarantine(limit: 9).messages.map(\.times) == [1, 1, 1])
        await store.close()
    }

    @Test("a released message no longer counts, is not given again, and is released once")
    func released() async throws {
        let store = try await open(folder)
        var incoming = IngestBatch()
        incoming.rejected = [rejected("a"), rejected("b")]
        _ = try await store.commit(incoming)
        let id = try await store.quarantine(limit: 1).messages[0].id
        for _ in 0..<2 {
            var again = batch([frame(1)])
            again.released = [id]
            _ = try await store.commit(again)
        }
        let document = try await store.quarantine(limit: 9)
        #expect(document.total == 1)
        #expect(document.messages.map(\.excerpt) == ["a"])
        #expect(try await store.quarantined([id]).isEmpty)
        #expect(try await store.counts().quarantined == 1)
        await store.close()
    }

    /// Two messages of machines that are beyond the limit of one machine a fleet, as the broker delivered them.
    private let refused = ["telemetry", "faults"].enumerated().map { index, kind in
        let content = kind == "faults" ? #""faults":[]"# : #""signals":{"coolant_temp":88}"#
        return InboundMessage(
            topic: "zubr/v1/kuzbass-coal/new-\(index)/\(kind)",
            body: Array(#"{ "boot":1, "seq":1, "at":"2026-03-01T08:00:00Z", \#(content) }"#.utf8), receivedAt: start)
    }

    @Test("a message that only the store refuses is kept as it came, with its topic and its bytes")
    func refusedAsItCame() async throws {
        let limits = IngestLimits(machinesPerFleet: 1)
        let store = try await open(folder, limits: limits)
        _ = try await store.commit(batch([frame(1)]))
        var assembler = BatchAssembler(limits: limits)
        let receipt = try await store.commit(assembler.assemble(refused))
        #expect(receipt.refused.map(\.topic) == refused.map(\.topic))
        let ids = try await store.quarantine(limit: 9).messages.map(\.id).sorted()
        let kept = try await store.quarantined(ids).map(\.message)
        #expect(kept.map(\.topic) == refused.map(\.topic))
        #expect(kept.map(\.body) == refused.map(\.body))
        #expect(kept.map(\.rejection.reason) == [.tooManyMachines, .tooManyMachines])
        await store.close()
    }

    @Test("tried again, what the store refuses again stays the same row, and the others leave")
    func refusedAgain() async throws {
        var limits = IngestLimits(machinesPerFleet: 1)
        var store = try await open(folder, limits: limits)
        _ = try await store.commit(batch([frame(1)]))
        var assembler = BatchAssembler(limits: limits)
        _ = try await store.commit(assembler.assemble(refused))
        let before = try await store.quarantine(limit: 9)
        let ids = before.messages.map(\.id).sorted()
        var answer = try await QuarantineRetry(store: store, limits: limits).retry(ids)
        #expect(answer.accepted.isEmpty)
        #expect(answer.rejected.map(\.id) == ids)
        #expect(answer.rejected.map(\.reason) == ["too-many-machines", "too-many-machines"])
        #expect(try await store.quarantine(limit: 9).messages.map(\.id) == before.messages.map(\.id))
        #expect(try await store.counts().quarantined == 2)
        await store.close()

        // Room for one more machine: one of the two is taken.
        limits.machinesPerFleet = 2
        store = try await open(folder, limits: limits)
        answer = try await QuarantineRetry(store: store, limits: limits).retry(ids + [999])
        #expect(answer.accepted == [ids[0]])
        #expect(answer.rejected.map(\.id) == [ids[1]])
        #expect(answer.unknown == [999])
        #expect(try await store.quarantine(limit: 9).messages.map(\.id) == [ids[1]])
        #expect(try await store.counts().frames == 2)
        await store.close()
    }

    @Test(
        "beyond its bounds the oldest go, and are counted",
        arguments: [
            (bounds: QuarantineBounds(messages: 3, bytes: 1_000), left: ["m2", "m3", "m4"]),
            (bounds: QuarantineBounds(messages: 5, bytes: 1_000), left: ["m0", "m1", "m2", "m3", "m4"]),
            (bounds: QuarantineBounds(messages: 9, bytes: 4), left: ["m3", "m4"]),
            (bounds: QuarantineBounds(messages: 9, bytes: 10), left: ["m0", "m1", "m2", "m3", "m4"]),
        ])
    func bounded(bounds: QuarantineBounds, left: [String]) async throws {
        let store = try await open(folder, bounds: bounds)
        for number in 0..<5 {
            var incoming = IngestBatch()
            incoming.rejected = [rejected("m\(number)")]
            _ = try await store.commit(incoming)
        }
        let document = try await store.quarantine(limit: 9)
        #expect(document.messages.map(\.excerpt).reversed() == left)
        #expect(document.total == Int64(left.count))
        let dropped = try await store.read("test") { db, _ in try Total.value(of: Total.quarantineDropped, db) }
        #expect(dropped == Int64(5 - left.count))
        #expect(document.dropped == dropped)
        await store.close()
    }
}
