import FleetMQTT
import FleetModel
import FleetRuntime
import Foundation
import Rehearsal
import Support
import Testing

@Suite("a work order out and back")
struct WorkOrderTests {
    private static let machine = "kuzbass-coal/truck-17"

    @Test(
        "goes to the nearest capable center, on to the next when declined, and its completion counts from then",
        .timeLimit(.minutes(3)))
    func outAndBack() async throws {
        let desks = Box<CenterDesk>()
        let work = TemporaryFolder()
        try await Stage.open(
            configuration: try exampleConfiguration(in: work),
            before: { desks.add(try await CenterDesk.open(broker: $0.broker.url)) }
        ) { stage, _ in
            let desk = try #require(desks.all.first)

            // By its registration its seasonal service is long overdue.
            let offer = try #require(
                try await desk.next { $0.equipment.description == Self.machine && $0.need.hasPrefix("service/SO/") })
            let order = try await stage.order(offer.order)
            #expect(order.center?.text == offer.center)
            #expect(order.choice != nil || !order.refused.isEmpty)

            try await desk.reply(to: offer, "declined", #","reason":"all bays are taken""#)
            let passedOn = try await eventually(within: .seconds(10)) {
                try await stage.order(offer.order).offers.first?.outcome == .declined
            }
            #expect(passedOn)
            let after = try await stage.order(offer.order)
            #expect(after.center?.text != offer.center)
            #expect(after.offers.first?.reason == "all bays are taken")
            // A real network has few BELAZ centers: either the next one has it, or nobody in reach does and it says so.
            #expect(after.state == (after.center == nil ? .uncovered : .open))
        }
    }

    @Test(
        "a completed service is not ordered again, and an unregistered machine gets no order until it is registered",
        .timeLimit(.minutes(3)))
    func completion() async throws {
        let desks = Box<CenterDesk>()
        try await Stage.open(before: { desks.add(try await CenterDesk.open(broker: $0.broker.url)) }) { stage, _ in
            let desk = try #require(desks.all.first)
            let frame =
                #"{"boot":1,"seq":1,"at":"\#(Timestamp.systemNow().iso8601)","meters":{"odometer":47900},"position":{"latitude":53.9,"longitude":27.57}}"#
            try await desk.send("zubr/v1/minsk-carrier/truck-1/telemetry", frame)
            let isHeard = try await eventually {
                try await stage.machine("minsk-carrier/truck-1")?.health == .unregistered
            }
            #expect(isHeard)

            // Serviced yesterday but for C, which its own odometer makes due: nothing of the calendar can come before.
            let yesterday = (Timestamp.systemNow() - .days(1)).date
            let csv = """
                fleet,equipment,model,site,latitude,longitude,owner,contact,in_service,odometer,last:A,last:C,last:SO
                minsk-carrier,truck-1,MAZ-5440,Minsk,53.9,27.57,Carrier,dispatcher,2024-01-10,1000,\(yesterday) 47000,\(yesterday) 1000,\(yesterday) 46000
                """
            let file = "\(stage.folder.path)/fleet.csv"
            try csv.write(toFile: file, atomically: true, encoding: .utf8)
            let imported = try await Stage.run(
                "zubr", ["machines", "import", file, "--socket", stage.socket, "--output", "json"])
            #expect(imported.status == 0, "\(imported.output)")

            // What it sent before it was registered makes its C service due: 45,000 km since the last.
            let offer = try #require(
                try await desk.next {
                    $0.equipment.description == "minsk-carrier/truck-1" && $0.need == "service/C/0"
                })
            for state in ["received", "accepted", "started"] { try await desk.reply(to: offer, state, "") }
            try await desk.reply(to: offer, "completed", #","meters":{"odometer":47950}"#)
            let isDone = try await eventually { try await stage.order(offer.order).state == .completed }
            #expect(isDone)
            let detail = try await stage.ask("machine", "minsk-carrier/truck-1", as: MachineDetailDocument.self)
            let standing = try #require(detail.services.first { $0.code == "C" })
            #expect(standing.status == .ok)
            #expect(standing.done == 1)
            #expect(detail.orders.count { !$0.state.isFinal && $0.title.hasPrefix("C ") } == 0)
        }
    }
}

extension Stage {
    fileprivate func order(_ id: WorkOrderID) async throws -> WorkOrderDocument {
        let list = try await ask("work-orders", "--all", as: WorkOrdersDocument.self)
        return try #require(list.workOrders.first { $0.id == id })
    }

    fileprivate func machine(_ key: String) async throws -> MachineDocument? {
        try await ask("machines", as: MachinesDocument.self).machines.first { $0.equipment.description == key }
    }
}

/// A service center's desk: reads its work orders from the broker and answers by hand.
private final class CenterDesk: Sendable {
    struct Order: Decodable, Sendable {
        var order: WorkOrderID
        var action: Dispatch.Action
        var equipment: MachineKey
        var need: String
        var dispatch: String
        var center: String = ""

        enum CodingKeys: String, CodingKey { case order, action, equipment, need, dispatch }
    }

    private let received = Box<Order>()
    private let line: MosquittoPublisher

    /// Returns when it hears what is published.
    static func open(broker: String) async throws -> CenterDesk {
        let desk = try CenterDesk(broker: broker)
        let probe =
            #"{"order":"WO-0","action":"withdraw","equipment":"probe/probe","need":"probe","dispatch":"probe"}"#
        let hears = try await eventually {
            try await desk.send("zubr/v1/centers/probe/work-orders", probe)
            return desk.received.all.contains { $0.need == "probe" }
        }
        guard hears else { throw StageFailure("the test's center hears nothing from the broker") }
        return desk
    }

    private init(broker: String) throws {
        let received = received
        line = MosquittoPublisher(
            try BrokerSettings(url: broker, clientID: "test-centers"), subscriptions: ["zubr/v1/centers/+/work-orders"],
            onMessage: { message in
                guard var order = try? JSONDecoder().decode(Order.self, from: Data(message.body)) else { return }
                order.center = String(message.topic.split(separator: "/")[3])
                received.add(order)
            })
    }

    func next(_ matches: @escaping (Order) -> Bool) async throws -> Order? {
        _ = await eventually(within: .seconds(15)) { received.all.contains(where: matches) }
        return received.all.first(where: matches)
    }

    func send(_ topic: String, _ body: String) async throws {
        try await line.publish(OutgoingMessage(topic: topic, body: Array(body.utf8)))
        try await line.drain()
    }

    func reply(to order: Order, _ state: String, _ more: String) async throws {
        try await send(
            "zubr/v1/centers/\(order.center)/replies",
            #"{"reply":"\#(order.order).\#(state)","order":"\#(order.order)","state":"\#(state)","at":"\#(Timestamp.systemNow().iso8601)"\#(more)}"#
        )
    }

    deinit {
        let line = line
        Task { await line.close() }
    }
}
