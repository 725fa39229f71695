import FleetModel
import FleetRuntime
import Foundation
import Support
import Testing

@testable import FleetStore

@Suite("A look at a database from outside")
struct ExaminationTests {
    private let folder = TemporaryFolder()
    private var path: String { folder.file("zubr.db") }

    private func fill() async throws {
        let store = try await open(folder)
        for hour in 0..<40 { _ = try await store.commit(batch([frame(UInt64(hour), after: Double(hour) * 3_600)])) }
        await store.close()
    }

    @Test("finds a good one whole, counts its frames, and leaves it as it is")
    func whole() async throws {
        try await fill()
        let before = try bytes(of: path)
        let found = try await DatabaseExamination.examine(path: path)
        #expect(found.wholeness == .whole)
        #expect(found.frames == 40)
        #expect(found.schema == Schema.current.version)
        #expect(try bytes(of: path) == before)
    }

    @Test("finds damage, and leaves the file in its place")
    func damaged() async throws {
        try await fill()
        var file = try bytes(of: path)
        for page in 3..<(file.count / 2_048) {
            for byte in 0..<200 { file[page * 2_048 + byte] = 0xA5 }
        }
        try file.write(to: URL(fileURLWithPath: path))
        do throws(StoreFailure) {
            let found = try await DatabaseExamination.examine(path: path)
            guard case .damaged = found.wholeness else {
                Issue.record("\(found)")
                return
            }
        } catch {
            // The damage may keep it from being opened at all.
            #expect(error.kind == "damaged", "\(error)")
        }
        #expect(try bytes(of: path) == file)
        #expect(folder.files.contains("zubr.db"))
    }

    @Test("says that it is not ours, not there, or in use and by whom")
    func refused() async throws {
        #expect(await failure { _ = try await DatabaseExamination.examine(path: path) }?.kind == "notFound")
        #expect(folder.files.isEmpty, "a look leaves nothing behind")
        try await fill()
        let store = try await open(folder)
        let held = await failure { _ = try await DatabaseExamination.examine(path: path) }
        #expect(held?.kind == "busy")
        #expect(held?.message.contains("process \(getpid())") == true)
        await store.close()
        let other = folder.file("other.db")
        try "no database".write(toFile: other, atomically: false, encoding: .utf8)
        #expect(await failure { _ = try await DatabaseExamination.examine(path: other) }?.kind == "foreign")
    }
}

@Suite("Counts for those who watch")
struct WatchedCountsTests {
    private let folder = TemporaryFolder()

    @Test("firing alerts are counted by severity, the others not")
    func severities() async throws {
        let store = try await open(folder)
        var round = evaluation()
        round.alerts = [
            alert("a", severity: .critical), alert("b", severity: .minor), alert("c", severity: .minor),
            alert("d", severity: .major, state: .acknowledged), alert("e", severity: .major, state: .resolved),
        ]
        try await store.commit(round)
        #expect(try await store.counts().firingBySeverity == ["critical": 1, "minor": 2])
        await store.close()
    }

    @Test("the outbox counts offers until they are settled, and withdrawals until they are sent")
    func outbox() async throws {
        let store = try await open(folder)
        var round = evaluation()
        round.orders = [order(1), order(2, machine: tractor)]
        let offer = Dispatch(order: order(1).id, offer: 1, center: belovo, action: .offer, createdAt: start)
        let withdrawal = Dispatch(
            order: order(2).id, offer: 1, center: belovo, action: .withdraw, createdAt: start + .seconds(5))
        round.dispatches = [offer, withdrawal]
        try await store.commit(round)
        var outbox = try await store.counts().outbox
        #expect(outbox.waiting == 2)
        #expect(outbox.oldestAt == start)
        #expect(outbox.nextAttemptAt == start)
        try await store.published(offer.id, at: start, next: start + .minutes(5))
        try await store.published(withdrawal.id, at: start, next: .distantFuture)
        outbox = try await store.counts().outbox
        #expect(outbox.waiting == 1)
        #expect(outbox.nextAttemptAt == start + .minutes(5))
        round = evaluation()
        round.settled = [offer.id]
        try await store.commit(round)
        #expect(try await store.counts().outbox == OutboxDocument())
        await store.close()
    }

    @Test("a reply to an order that is not the center's is listed with the reason; one that was asked is not")
    func strayReplies() async throws {
        let store = try await open(folder)
        var round = evaluation()
        let minsk = ServiceCenterID("by-minsk")!
        var passedOn = order(2, machine: tractor)
        passedOn.offers = [
            WorkOrder.Offer(center: minsk, offeredAt: start, outcome: .declined, reason: nil, answeredAt: start),
            WorkOrder.Offer(center: belovo, offeredAt: start),
        ]
        round.orders = [order(1), passedOn]
        try await store.commit(round)
        func reply(_ id: String, _ number: Int, from center: ServiceCenterID) -> ReceivedReply {
            ReceivedReply(
                center: center,
                reply: CenterReply(reply: id, order: WorkOrderID("WO-\(number)")!, state: .accepted, at: start),
                receivedAt: start)
        }
        var batch = IngestBatch()
        batch.replies = [
            reply("1", 1, from: belovo), reply("2", 2, from: minsk), reply("3", 2, from: belovo),
            reply("4", 1, from: minsk), reply("5", 77, from: belovo),
        ]
        _ = try await store.commit(batch)
        #expect(try await store.counts().strayReplies == 2)
        let listed = try await store.quarantine(limit: 10).strayReplies
        #expect(
            listed.map { "\($0.order) \($0.center) \($0.state): \($0.why)" } == [
                "WO-77 ru-kuz-belovo accepted: there is no such order",
                "WO-1 by-minsk accepted: the order was never offered to this center",
            ])
        #expect(try await store.quarantine(limit: 1).strayReplies.count == 1)
        await store.close()
    }

    @Test("checkpoints are counted and timed")
    func checkpoints() async throws {
        let store = try await open(folder)
        let before = try await store.maintain(at: start).checkpoints
        _ = try await store.commit(batch([frame(1)]))
        // The log is moved when nothing has come between two rounds.
        _ = try await store.maintain(at: start)
        let after = try await store.maintain(at: start)
        #expect(after.checkpoints > before)
        #expect(after.checkpointSeconds > 0)
        await store.close()
    }
}
