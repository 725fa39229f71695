import FleetModel
import ServiceDesk
import Testing

@Suite("A desk that goes on under another configuration or another clock")
struct ChangedConfigurationTests {
    /// The desk of the same orders with other centers, after its first look at them.
    private func goingOn(
        _ office: Office, centers: [ServiceCenter], rules: DeskRules = DeskRules()
    ) -> (desk: ServiceDesk, effects: [DeskEffect]) {
        var desk = ServiceDesk(
            network: Desk.network(centers), rules: rules, orders: office.desk.openOrders, alerts: [],
            lastOrderNumber: office.desk.lastOrderNumber)
        let effects = desk.review(now: office.now) { _ in Desk.situation() }
        return (desk, effects)
    }

    private let centers = [Desk.center("a", at: 50), Desk.center("b", at: 100)]

    @Test("an offer lying with a center that is gone, or no longer operates, goes on at once")
    func centerGone() {
        var office = Office(centers)
        office.need([Desk.need()])
        #expect(office.order.center?.text == "a")
        for left in [[centers[1]], [Desk.center("a", at: 50) { $0.status = .announced }, centers[1]]] {
            let (desk, effects) = goingOn(office, centers: left)
            #expect(effects.messages == ["withdraw a", "offer b"])
            #expect(effects.settled == ["WO-000001/1/offer"])
            #expect(desk.openOrders.map { $0.center?.text } == ["b"])
            #expect(desk.openOrders[0].offers[0].reason == "the center no longer operates")
        }
    }

    @Test("what a center has accepted stays with it, and what nothing changed for stays as it is")
    func unchanged() {
        var office = Office(centers)
        office.need([Desk.need()])
        #expect(goingOn(office, centers: centers).effects.isEmpty)
        office.reply(.accepted, from: "a")
        #expect(goingOn(office, centers: [centers[1]]).effects.isEmpty)
    }

    @Test("a new center gets what nobody could take, at once")
    func newCenter() {
        var office = Office([])
        office.need([Desk.need()])
        #expect(office.order.state == .uncovered)
        let (_, effects) = goingOn(office, centers: centers)
        #expect(effects.messages == ["offer a"])
        #expect(goingOn(office, centers: []).effects.isEmpty)
    }

    @Test("a center that said no is not asked again because the daemon begins anew")
    func declined() {
        var office = Office([centers[0]])
        office.need([Desk.need()])
        office.reply(.declined, from: "a")
        #expect(office.order.state == .uncovered)
        office.now += .days(2)
        #expect(goingOn(office, centers: [centers[0]]).desk.openOrders == [office.order])
        #expect(goingOn(office, centers: centers).effects.messages == ["offer b"])
    }

    @Test("a clock that is moved moves every deadline with it", arguments: [31_536_000.0, -31_536_000, 3_600, -10])
    func clockMoved(step: Double) {
        var office = Office.threeCenters()
        office.need([Desk.need()])
        office.now += .minutes(10)
        var desk = office.desk
        #expect(desk.clockMoved(by: .seconds(step)).messages.isEmpty)
        let now = office.now + .seconds(step)
        let situation: (MachineKey) -> MachineSituation? = { _ in Desk.situation() }
        #expect(desk.tick(now: now, situation: situation).isEmpty)
        #expect(desk.tick(now: now + .seconds(2_999), situation: situation).isEmpty)
        #expect(desk.tick(now: now + .seconds(3_000), situation: situation).messages == ["withdraw a", "offer b"])
    }

    @Test("a deadline that a wrong clock has set a year ahead is brought back")
    func deadlineAhead() {
        var office = Office.threeCenters()
        office.now += .days(365)
        office.need([Desk.need()])
        office.now = Desk.now
        let (desk, effects) = goingOn(office, centers: centers)
        #expect(effects.messages.isEmpty)
        #expect(desk.nextDeadline == Desk.now + .hours(12))
    }
}
