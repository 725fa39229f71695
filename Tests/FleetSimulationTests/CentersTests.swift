import FleetModel
import FleetSimulation
import Testing

@Suite("simulated service centers answer, work and decline")
struct CentersTests {
    private let center = ServiceCenterID("center-a")!
    private let now = SmallFleet.start

    private func offer(
        _ number: Int = 1, dispatch: String? = nil, need: String = "service/TO-2/3", reason: String = ""
    ) -> CenterOrder {
        CenterOrder(
            dispatch: dispatch ?? "WO-00000\(number)/1/offer", order: WorkOrderID("WO-00000\(number)")!, action: .offer,
            equipment: SmallFleet.key("haul-1"), need: need, reason: reason, durationHours: 8)
    }

    private func acts(_ centers: inout SimulatedCenters, until hours: Double) -> [SimulatedCenters.Act] {
        centers.advance(to: now + .hours(hours)) { _ in [.engineHours: 1_234.5] }
    }

    @Test("an order runs its course, and the machine's meters come with its completion")
    func course() throws {
        var centers = SimulatedCenters(behaviour: CenterBehaviour(), seed: 1)
        #expect(centers.receive(offer(), at: center, now: now).isEmpty)
        #expect(centers.openJobs == 1)
        let all = acts(&centers, until: 100)
        #expect(all.map(\.reply.state) == [.received, .accepted, .scheduled, .started, .completed])
        #expect(all.map(\.at) == all.map(\.at).sorted())
        #expect(all.allSatisfy { $0.center == center && $0.reply.order == WorkOrderID("WO-000001")! })
        #expect(Set(all.map(\.reply.reply)).count == 5)
        #expect(all[2].reply.scheduledFor == all[3].at)
        #expect(all.dropLast().allSatisfy { $0.done == nil && $0.reply.meters.isEmpty })
        #expect(all[4].done == offer())
        #expect(all[4].reply.meters == [.engineHours: 1_234.5])
        let work = (all[4].at - all[3].at).inHours
        #expect((8 * 0.8...8 * 1.4).contains(work))
        #expect(centers.openJobs == 0 && centers.nextAt == nil)
        #expect(acts(&centers, until: 200).isEmpty)
    }

    @Test("in pieces it is the same course as at once, and depends on the seed")
    func repeats() {
        func run(seed: UInt64, step: Double) -> [SimulatedCenters.Act] {
            var centers = SimulatedCenters(behaviour: CenterBehaviour(), seed: seed)
            _ = centers.receive(offer(), at: center, now: now)
            _ = centers.receive(offer(2), at: center, now: now)
            return stride(from: step, through: 100, by: step).flatMap { acts(&centers, until: $0) }
        }
        #expect(run(seed: 1, step: 0.5) == run(seed: 1, step: 100))
        #expect(run(seed: 1, step: 100) != run(seed: 2, step: 100))
    }

    @Test("an order that comes again is only received again, with the same reply")
    func again() throws {
        var centers = SimulatedCenters(behaviour: CenterBehaviour(), seed: 1)
        _ = centers.receive(offer(), at: center, now: now)
        // Before it said anything there is nothing to repeat.
        #expect(centers.receive(offer(), at: center, now: now).isEmpty)
        let received = try #require(acts(&centers, until: 0.2).first)
        #expect(received.reply.state == .received)
        let second = centers.receive(offer(), at: center, now: now + .hours(1))
        #expect(second.map(\.reply) == [received.reply])
        #expect(acts(&centers, until: 100).map(\.reply.state) == [.accepted, .scheduled, .started, .completed])
        #expect(centers.receive(offer(), at: center, now: now + .hours(101)).map(\.reply.state) == [.received])
    }

    @Test("a withdrawn order is let go, others are not")
    func withdraw() {
        var centers = SimulatedCenters(behaviour: CenterBehaviour(), seed: 1)
        _ = centers.receive(offer(1), at: center, now: now)
        _ = centers.receive(offer(2), at: center, now: now)
        var withdrawal = offer(1, dispatch: "WO-000001/1/withdraw")
        withdrawal.action = .withdraw
        #expect(centers.receive(withdrawal, at: ServiceCenterID("center-b")!, now: now).isEmpty)
        #expect(centers.openJobs == 2)
        #expect(centers.receive(withdrawal, at: center, now: now).isEmpty)
        #expect(centers.openJobs == 1)
        #expect(acts(&centers, until: 100).allSatisfy { $0.reply.order == WorkOrderID("WO-000002")! })
    }

    @Test("a named center declines its first order with a reason, and takes the next")
    func declinesFirst() {
        var centers = SimulatedCenters(behaviour: CenterBehaviour(declinesFirst: [center]), seed: 1)
        _ = centers.receive(offer(1), at: center, now: now)
        _ = centers.receive(offer(2), at: center, now: now)
        _ = centers.receive(offer(3), at: ServiceCenterID("center-b")!, now: now)
        let all = acts(&centers, until: 100)
        func states(_ number: Int) -> [CenterReply.State] {
            all.filter { $0.reply.order.text.hasSuffix("\(number)") }.map(\.reply.state)
        }
        #expect(states(1) == [.received, .declined])
        #expect(states(2).last == .completed)
        #expect(states(3).last == .completed)
        #expect(all.first { $0.reply.state == .declined }?.reply.reason?.isEmpty == false)
    }

    @Test("centers decline their share, and silent ones say nothing", arguments: [(0.0, 0), (1.0, 200)])
    func shares(share: Double, declined: Int) {
        let silent = ServiceCenterID("silent")!
        var centers = SimulatedCenters(behaviour: CenterBehaviour(declines: share, silent: [silent]), seed: 1)
        for number in 1...200 { _ = centers.receive(offer(number), at: center, now: now) }
        _ = centers.receive(offer(201), at: silent, now: now)
        let all = acts(&centers, until: 200)
        #expect(all.count { $0.reply.state == .declined } == declined)
        #expect(all.count { $0.reply.state == .received } == 200)
    }

    @Test(
        "what the mechanic does follows from what the order is for",
        arguments: [
            ("service/TO-2/3", "", CenterOrder.Work.service("TO-2")),
            ("finding/engine-oil-code/SPN 110 FMI 0 SA 0/1", "", .repair(.code(SPN(110)!))),
            (
                "finding/coolant-hot/1", "coolant_temp 104.5 °C > 103 °C for 10 s",
                .repair(.signal(Signal("coolant_temp")))
            ),
            ("finding/silence/1", "nothing received for 12 h", .repair(.worst)),
            ("finding/odd/SPN 999999999/1", "", .repair(.worst)),
            ("service/../../etc/1", "", .service("..")),
            ("service/T O/1", "", .repair(.worst)),
        ]
    )
    func work(need: String, reason: String, expected: CenterOrder.Work) {
        #expect(offer(need: need, reason: reason).work(signals: SmallFleet.failures.signals) == expected)
    }

    @Test("a work order is read as the daemon writes it; a broken one is refused")
    func json() throws {
        let text = """
            {"dispatch":"WO-000012/1/offer","order":"WO-000012","action":"offer","equipment":"fleet/haul-1",
             "model":"BELAZ-75131","need":"service/TO-2/3","title":"TO-2","reason":"every 500 h (assumed)",
             "severity":"minor","due":null,"mode":"field-crew","tasks":[],"parts":[],"duration_hours":8,
             "labour_person_hours":26,"high_voltage_permit":true,"lift_tonnes":0,"latitude":54.3,"longitude":86.2,
             "contact":"dispatcher"}
            """
        let order = try CenterOrder(json: Array(text.utf8))
        #expect(
            order
                == CenterOrder(
                    dispatch: "WO-000012/1/offer", order: WorkOrderID("WO-000012")!, action: .offer,
                    equipment: SmallFleet.key("haul-1"), need: "service/TO-2/3", reason: "every 500 h (assumed)",
                    durationHours: 8))
        #expect(throws: (any Error).self) { try CenterOrder(json: Array(text.dropLast(3).utf8)) }
        let odd = text.replacing("\"offer\"", with: "\"steal\"")
        #expect(throws: (any Error).self) { try CenterOrder(json: Array(odd.utf8)) }
    }
}
