import FleetModel
import FleetRuntime
import Foundation
import Logging
import ServiceDesk
import Support
import Synchronization
import Testing

private let now = Timestamp(iso8601: "2026-06-01T08:00:00Z")!

/// An outbox that remembers what became of each dispatch.
private final class ScriptedOutbox: Outbox {
    let due: [OutgoingDispatch]
    let noted = Box<String>()

    init(_ due: [OutgoingDispatch]) { self.due = due }

    func dueDispatches(at now: Timestamp, limit: Int) async throws(StoreFailure) -> [OutgoingDispatch] { due }
    func published(_ id: String, at now: Timestamp, next: Timestamp) async throws(StoreFailure) {
        noted.add("\(id) again in \(next == .distantFuture ? "never" : "\(Int((next - now).inSeconds)) s")")
    }
    func bringForward(to latest: Timestamp, now: Timestamp) async throws(StoreFailure) {}
}

/// A broker that refuses some centers' topics, or is gone.
private struct ScriptedPost: CenterPost {
    var refused: Set<String> = []
    var isGone = false
    var whilePublishing: @Sendable () -> Void = {}
    let published = Box<String>()

    func publish(_ body: [UInt8], to topic: Topic) async throws(InboxFailure) {
        if isGone { throw .disconnected("connection refused") }
        if refused.contains(where: { topic.description.contains("/\($0)/") }) { throw .refused("not authorized") }
        published.add(topic.description)
        whilePublishing()
    }
}

private func dispatch(
    _ number: Int, to center: String, _ action: Dispatch.Action = .offer, mode: ServiceMode? = .visit
) -> OutgoingDispatch {
    let need = Need(
        machine: MachineKey("north/truck-1")!, key: .service(code: "TO-1", done: 0), title: "TO-1", reason: "due",
        severity: .minor, durationHours: 4, labourPersonHours: 8, requirement: JobRequirement(job: .minorService))
    let order = WorkOrder(
        id: WorkOrderID("WO-00000\(number)")!, need: need, openedAt: now, center: ServiceCenterID(center)!, mode: mode)
    return OutgoingDispatch(
        dispatch: Dispatch(
            order: order.id, offer: 1, center: ServiceCenterID(center)!, action: action, createdAt: now),
        order: order, machine: nil, position: nil, attempts: 0)
}

private let knowledge = FleetKnowledge(
    catalog: Catalog(), rules: [],
    network: ServiceNetwork(
        centers: [],
        travel: TravelRules(
            defaultRoadFactor: Marked(1.3, .assumed), winterRoadFactor: Marked(1, .assumed),
            summerKilometresPerHour: Marked(60, .assumed), winterKilometresPerHour: Marked(45, .assumed),
            mobilisationHours: Marked(2, .assumed), partsLeadHours: [:], visitKilometresMax: Marked(150, .assumed))),
    desk: DeskRules(republishAfter: .minutes(5)))

@Suite("the courier")
struct CourierTests {
    private func courier(
        _ outbox: ScriptedOutbox, _ post: ScriptedPost, _ gauges: DaemonGauges, at time: Timestamp = now,
        time daemonTime: DaemonTime? = nil
    ) -> Courier<ScriptedOutbox, ScriptedPost> {
        Courier(
            store: outbox, post: post, knowledge: Live(knowledge), time: daemonTime, gauges: gauges,
            clock: ContinuousClock(), now: { time }, logger: Logger(label: "test"))
    }

    @Test("an offer comes round again until it is settled, a withdrawal once the broker has taken it does not")
    func rounds() async throws {
        let outbox = ScriptedOutbox([dispatch(1, to: "belovo"), dispatch(2, to: "minsk", .withdraw)])
        var round = Courier<ScriptedOutbox, ScriptedPost>.Round()
        #expect(try await courier(outbox, ScriptedPost(), DaemonGauges()).step(&round) == 2)
        #expect(outbox.noted.all == ["WO-000001/1/offer again in 300 s", "WO-000002/1/withdraw again in never"])
    }

    @Test("a center whose topic the broker refuses does not hold up the others, is named, and gets everything later")
    func refused() async throws {
        let outbox = ScriptedOutbox([
            dispatch(1, to: "narovlya"), dispatch(2, to: "narovlya", .withdraw), dispatch(3, to: "belovo"),
        ])
        let post = ScriptedPost(refused: ["narovlya"])
        let gauges = DaemonGauges()
        var round = Courier<ScriptedOutbox, ScriptedPost>.Round()
        _ = try await courier(outbox, post, gauges).step(&round)
        #expect(post.published.all == ["zubr/v1/centers/belovo/work-orders"])
        #expect(
            outbox.noted.all == [
                "WO-000001/1/offer again in 300 s", "WO-000002/1/withdraw again in 300 s",
                "WO-000003/1/offer again in 300 s",
            ])
        #expect(gauges.problems.count == 1)
        #expect(gauges.problems.first?.contains("narovlya: not authorized") == true)
        // Once it may write there, the trouble is over.
        _ = try await courier(outbox, ScriptedPost(), gauges).step(&round)
        #expect(gauges.problems.isEmpty)
    }

    @Test(
        "a refusal is shown until what waits for the center would have come round twice",
        arguments: [(after: Duration.seconds(599), isShown: true), (after: .seconds(600), isShown: false)])
    func refusalIsOver(after: Duration, isShown: Bool) async throws {
        let gauges = DaemonGauges()
        var round = Courier<ScriptedOutbox, ScriptedPost>.Round()
        let post = ScriptedPost(refused: ["narovlya"])
        _ = try await courier(ScriptedOutbox([dispatch(1, to: "narovlya")]), post, gauges).step(&round)
        _ = try await courier(ScriptedOutbox([]), post, gauges, at: now + after).step(&round)
        #expect(!gauges.problems.isEmpty == isShown)
    }

    @Test("sends nothing after the time was moved before what waits has moved with it")
    func movedTime() async throws {
        let clock = SetClock(day: -1)
        let outbox = ScriptedOutbox([dispatch(1, to: "belovo")])
        let post = ScriptedPost()
        var round = Courier<ScriptedOutbox, ScriptedPost>.Round()
        let courier = courier(outbox, post, DaemonGauges(), time: clock.time)
        #expect(try await courier.step(&round) == 1)
        clock.setRight()
        #expect(clock.time.shift == .days(1))
        #expect(try await courier.step(&round) == 0)
        clock.time.settle(.days(1))
        #expect(try await courier.step(&round) == 1)
        #expect(post.published.all.count == 2)
        #expect(outbox.noted.all.count == 2)
    }

    @Test("does not note as sent what the broker took while the time was moved, or it would wait as long again")
    func movedMeanwhile() async throws {
        let clock = SetClock(day: -1)
        let outbox = ScriptedOutbox([dispatch(1, to: "belovo")])
        let post = ScriptedPost(whilePublishing: { clock.setRight() })
        var round = Courier<ScriptedOutbox, ScriptedPost>.Round()
        _ = try await courier(outbox, post, DaemonGauges(), time: clock.time).step(&round)
        #expect(post.published.all.count == 1)
        #expect(outbox.noted.all.isEmpty)
    }

    @Test("a broker that is gone ends the round, and nothing is noted as sent")
    func gone() async throws {
        let outbox = ScriptedOutbox([dispatch(1, to: "belovo")])
        var round = Courier<ScriptedOutbox, ScriptedPost>.Round()
        await #expect(throws: InboxFailure.disconnected("connection refused")) {
            try await courier(outbox, ScriptedPost(isGone: true), DaemonGauges()).step(&round)
        }
        #expect(outbox.noted.all.isEmpty)
    }

    @Test("a withdrawal does not tell the center that lost the order how the next one does it")
    func withdrawal() {
        #expect(WorkOrderMessage(dispatch(1, to: "belovo")).mode == .visit)
        #expect(WorkOrderMessage(dispatch(1, to: "belovo", .withdraw)).mode == nil)
    }

    @Test("the documented example of a work order is one, with every key we write and no other")
    func example() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/protocol/examples/work-order-offer.json")
        let written = try Data(contentsOf: file)
        let message: WorkOrderMessage = try DocumentCoding.decode(from: Array(written))
        func keys(_ data: Data) throws -> Set<String> {
            Set(try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any]).keys)
        }
        #expect(try keys(written) == keys(Data(try DocumentCoding.encode(message))))
        #expect(message.action == .offer)
    }
}
