import FleetModel
import ServiceDesk
import Testing

@Suite("Life of a work order")
struct LifecycleTests {
    @Test("a need becomes one order with the best center, and stays one however often it is reported")
    func opening() {
        var office = Office.threeCenters()
        let effects = office.need([Desk.need()])
        #expect(effects.messages == ["offer a"])
        #expect(effects.count == 2)
        #expect((office.order.state, office.order.center?.text, office.order.mode) == (.open, "a", .fieldCrew))
        #expect(office.order.ranking.map(\.center.text) == ["a", "b", "c"])
        #expect(office.order.waitsUntil == Desk.now + .hours(1))
        #expect(office.outbox.keys.map(\.unmarked) == ["WO-000001/1/offer"])
        for _ in 0..<3 { #expect(office.need([Desk.need(), Desk.need()]).isEmpty) }
        #expect(office.need([Desk.need(), Desk.need(.service(code: "SO", done: 0))]).messages == ["offer a"])
        #expect(office.desk.openOrders.map(\.id.text.unmarked) == ["WO-000001", "WO-000002"])
        #expect(office.desk.lastOrderNumber == 2)
    }

    struct Step: Sendable, CustomTestStringConvertible {
        var from: WorkOrder.State
        var reply: CenterReply.State
        var to: WorkOrder.State
        var center: String? = "a"
        var testDescription: String { "\(reply) in \(from)" }
    }

    /// Every reply in every state a center can hold an order in.
    static let steps: [Step] =
        [WorkOrder.State.open, .received, .accepted, .scheduled].flatMap { state -> [Step] in
            [
                Step(from: state, reply: .received, to: state == .open ? .received : state),
                Step(from: state, reply: .accepted, to: state == .scheduled ? .scheduled : .accepted),
                Step(from: state, reply: .scheduled, to: .scheduled),
                Step(from: state, reply: .started, to: .inProgress),
                Step(from: state, reply: .completed, to: .completed),
                Step(from: state, reply: .declined, to: .open, center: "b"),
                Step(from: state, reply: .cancelled, to: .open, center: "b"),
            ]
        } + [
            Step(from: .inProgress, reply: .received, to: .inProgress),
            Step(from: .inProgress, reply: .accepted, to: .inProgress),
            Step(from: .inProgress, reply: .declined, to: .inProgress),
            Step(from: .inProgress, reply: .scheduled, to: .inProgress),
            Step(from: .inProgress, reply: .started, to: .inProgress),
            Step(from: .inProgress, reply: .completed, to: .completed),
            Step(from: .inProgress, reply: .cancelled, to: .open, center: "b"),
        ] + CenterReply.State.allCases.map { Step(from: .completed, reply: $0, to: .completed) }

    static let way: [WorkOrder.State: CenterReply.State] = [
        .received: .received, .accepted: .accepted, .scheduled: .scheduled, .inProgress: .started,
        .completed: .completed,
    ]

    static func office(in state: WorkOrder.State) -> Office {
        var office = Office.threeCenters()
        office.need([Desk.need()])
        if let reply = way[state] { office.reply(reply, from: "a") }
        return office
    }

    @Test("every reply in every state", arguments: steps)
    func replies(step: Step) {
        var office = Self.office(in: step.from)
        #expect(office.order.state == step.from)
        let before = office.order
        let effects = office.reply(step.reply, from: "a")
        #expect(office.order.state == step.to)
        #expect(office.order.center?.text == step.center)
        if step.from == step.to, step.center == "a" { #expect(office.order == before) }
        // Whoever has spoken has it: the offer is not sent again.
        if step.from == .open {
            #expect(effects.settled == ["WO-000001/1/offer"])
        } else {
            #expect(effects.settled == [])
        }
        #expect(effects.messages == (step.center == "b" ? ["offer b"] : []))
        // Said twice is said once.
        #expect(office.reply(step.reply, from: "a").isEmpty)
    }

    @Test("a number counted again, after a restore or by an empty database, is another order")
    func countedAgain() {
        func open(_ need: Need = Desk.need(), after: Duration = .zero) -> Office {
            var office = Office.threeCenters()
            office.now += after
            office.need([need])
            return office
        }
        let first = open()
        #expect(first.order.id == open().order.id)
        for (other, what) in [
            (open(after: .microseconds(1)), "later"), (open(Desk.need(.service(code: "SO", done: 0))), "another need"),
        ] {
            var other = other
            #expect(other.order.id != first.order.id, "\(what)")
            #expect(other.order.id.text.unmarked == first.order.id.text.unmarked)
            let late = CenterReply(
                reply: "r", order: first.order.id, state: .completed, at: other.now, reason: nil, scheduledFor: nil,
                meters: [:])
            #expect(
                other.desk.apply(late, from: ServiceCenterID("a")!, now: other.now) { _ in Desk.situation() }.isEmpty)
        }
    }

    @Test("a center that does not hold the order, or an order nobody gave, changes nothing")
    func strangers() {
        var office = Office.threeCenters()
        office.need([Desk.need()])
        for state in CenterReply.State.allCases {
            #expect(office.reply(state, from: "b").isEmpty)
            #expect(office.reply(state, from: "nobody").isEmpty)
            #expect(office.reply(state, from: "a", order: "WO-000009").isEmpty)
        }
    }

    @Test("a chain of refusals ends uncovered, with every answer shown")
    func chain() {
        var office = Office.threeCenters()
        office.need([Desk.need()])
        #expect(office.reply(.declined, from: "a", reason: "no crew this week").messages == ["offer b"])
        #expect(office.order.refused.map(\.reason) == ["declined: no crew this week"])
        #expect(office.reply(.accepted, from: "b").isEmpty == false)
        #expect(office.reply(.cancelled, from: "b", reason: "crew is ill").messages == ["offer c"])
        #expect(office.reply(.declined, from: "c").messages == [])
        let order = office.order
        #expect((order.state, order.center, order.mode) == (.uncovered, nil, nil))
        #expect(order.offers.map(\.outcome) == [.declined, .cancelled, .declined])
        #expect(order.note == "every capable center in reach has declined or not answered")
        #expect(
            order.refused.map(\.reason) == ["declined: no crew this week", "gave it back: crew is ill", "declined"])
        #expect(order.waitsUntil == office.now + .hours(6))
        #expect(office.outbox.isEmpty)
    }

    @Test("no capable center in reach is a result of its own")
    func uncovered() {
        var office = Office([Desk.center("a", at: 50) { $0.brands.value = ["MTZ"] }])
        #expect(office.need([Desk.need()]).messages == [])
        #expect(office.order.state == .uncovered)
        #expect(office.order.note == "no capable center in reach")
        #expect(office.order.refused.map(\.reason) == ["not certified for BELAZ (assumed)"])
        #expect(office.need([Desk.need()]).isEmpty)

        var empty = Office([Desk.center("a", at: 1_600)])
        empty.need([Desk.need()])
        #expect(empty.order.note == "no operating center within 1500 km by road")

        var lost = Office([Desk.center("a", at: 50)], situations: [Desk.situation(position: nil)])
        lost.need([Desk.need()])
        #expect(lost.order.state == .uncovered)
        #expect(lost.order.note == "it is not known where the machine is: register a position for its site")
        // As soon as it is known where it is.
        lost.situations[Desk.truck] = Desk.situation()
        #expect(lost.need([Desk.need()]).messages == ["offer a"])
    }

    @Test(
        "an uncovered order is tried again when its machine has moved",
        arguments: [(kilometres: 9.9, isRetried: false), (kilometres: 10.1, isRetried: true)]
            as [(kilometres: Double, isRetried: Bool)]
    )
    func moved(kilometres: Double, isRetried: Bool) {
        // 355 km away, and its crews go 350.
        var office = Office([Desk.center("a", at: 355)])
        office.need([Desk.need()])
        #expect(office.order.state == .uncovered)
        office.situations[Desk.truck] = Desk.situation(
            position: Coordinate(latitude: 0, longitude: kilometres / Desk.equatorKilometresPerDegree))
        #expect(office.need([Desk.need()]).messages == (isRetried ? ["offer a"] : []))
    }

    @Test(
        "an order whose need is gone is cancelled and withdrawn unless a center has started",
        arguments: [
            (state: WorkOrder.State.open, isCancelled: true), (state: .received, isCancelled: true),
            (state: .accepted, isCancelled: true), (state: .scheduled, isCancelled: true),
            (state: .inProgress, isCancelled: false),
        ] as [(state: WorkOrder.State, isCancelled: Bool)]
    )
    func needGone(state: WorkOrder.State, isCancelled: Bool) {
        var office = Self.office(in: state)
        let effects = office.need([])
        #expect(effects.messages == (isCancelled ? ["withdraw a"] : []))
        #expect(office.order.state == (isCancelled ? .cancelled : state))
        #expect(effects.settled == (state == .open ? ["WO-000001/1/offer"] : []))
        #expect(office.desk.openOrders.isEmpty == isCancelled)
        #expect(office.reply(.completed, from: "a").isEmpty == isCancelled)
    }

    @Test("an uncovered order whose need is gone is cancelled, and nobody need be told")
    func uncoveredGone() {
        var office = Office([])
        office.need([Desk.need()])
        #expect(office.need([]).messages == [])
        #expect(office.order.state == .cancelled)
    }

    @Test(
        "an open order is written again when a person would see something else",
        arguments: [
            (due: 24.0, severity: Severity.info, isNews: false), (due: 24.1, severity: .info, isNews: true),
            (due: -24.1, severity: .info, isNews: true), (due: 0, severity: .major, isNews: true),
        ] as [(due: Double, severity: Severity, isNews: Bool)]
    )
    func refresh(due: Double, severity: Severity, isNews: Bool) {
        var office = Office.threeCenters()
        office.need([Desk.need()])
        let changed = Desk.need {
            $0.due = DueDate(exactly: Desk.now + .days(5) + .hours(due))
            $0.severity = severity
        }
        let effects = office.need([changed])
        #expect(effects.count == (isNews ? 1 : 0))
        #expect(effects.messages.isEmpty)
        #expect((office.order.need == changed) == isNews)
    }

    @Test("a completed service is told with its meters, between the offer and now, and gets no second order")
    func serviced() {
        var office = Office.threeCenters()
        office.need([Desk.need()])
        office.now += .hours(5)
        let effects = office.reply(
            .completed, from: "a", at: office.now + .days(9), meters: [.engineHours: 251.5])
        #expect(
            effects.contains(
                .serviced(
                    Desk.truck, code: "TO-1",
                    ServiceRecord(performedAt: office.now, meters: [.engineHours: 251.5]),
                    order: office.order.id)))
        #expect(office.order.completedAt == office.now)
        #expect(office.need([Desk.need()]).isEmpty)
        #expect(office.need([Desk.need(.service(code: "TO-1", done: 1))]).messages == ["offer a"])
    }

    @Test("a repaired finding gets no second order while it still fires, also after a restart")
    func repaired() {
        var office = Office.threeCenters()
        let episode = Desk.finding().episode
        office.note([Desk.finding()])
        office.need([Desk.need(.finding(episode))])
        let effects = office.reply(.completed, from: "a")
        #expect(effects.contains(.repaired(Desk.truck, episode, order: office.order.id)))
        #expect(office.alerts[Desk.truck]?[episode]?.repairedBy == office.order.id)
        #expect(office.need([Desk.need(.finding(episode))]).isEmpty)
        office.desk = office.restarted()
        #expect(office.need([Desk.need(.finding(episode))]).isEmpty)
        office.note([Desk.finding(clearedAt: office.now)])
        #expect(office.need([]).isEmpty)
        #expect(office.need([Desk.need(.finding(Desk.finding(2).episode))]).messages == ["offer a"])
    }

    @Test("work in hand sends the next order elsewhere, until it is done")
    func load() {
        let trucks = (1...4).map { MachineKey("pit/truck-\($0)")! }
        var office = Office(
            [Desk.center("a", at: 50) { $0.crews.value = 1 }, Desk.center("b", at: 100) { $0.crews.value = 1 }],
            situations: trucks.map { Desk.situation(machine: $0) })
        var chosen: [String] = []
        for truck in trucks.prefix(3) {
            office.need([Desk.need(machine: truck)], of: truck)
            chosen.append(office.desk.openOrders.last?.center?.text ?? "none")
        }
        #expect(chosen == ["a", "b", "a"])
        office.reply(.completed, from: "a", order: "WO-000001")
        office.reply(.completed, from: "a", order: "WO-000003")
        office.need([Desk.need(machine: trucks[3])], of: trucks[3])
        #expect(office.desk.openOrders.last?.center?.text == "a")
    }

    @Test("a center asked again may repeat its old answer without being taken at its word")
    func staleAnswer() {
        var office = Office([Desk.center("a", at: 50)])
        office.need([Desk.need()])
        let first = office.now
        office.reply(.declined, from: "a", at: first)
        while office.order.state == .uncovered {
            office.now += .hours(6)
            office.tick()
        }
        #expect(office.order.offers.count == 2)
        #expect(office.reply(.declined, from: "a", at: first).isEmpty)
        #expect(office.reply(.accepted, from: "a").isEmpty == false)
    }
}
