import FleetModel
import ServiceDesk
import Testing

@Suite("Deadlines")
struct DeadlineTests {
    @Test(
        "an offer nobody received within its time goes to the next center",
        arguments: [(after: 3_599.0, messages: []), (after: 3_600, messages: ["withdraw a", "offer b"])]
            as [(after: Double, messages: [String])]
    )
    func receipt(after: Double, messages: [String]) {
        var office = Office.threeCenters()
        office.need([Desk.need()])
        #expect(office.desk.nextDeadline == Desk.now + .hours(1))
        office.now += .seconds(after)
        let effects = office.tick()
        #expect(effects.messages == messages)
        guard !messages.isEmpty else { return }
        #expect(effects.settled == ["WO-000001/1/offer"])
        #expect(office.order.offers.map(\.outcome) == [.unanswered, .pending])
        #expect(office.order.offers.first?.reason == "no receipt within 1.0 h")
        #expect(office.outbox.keys.map(\.unmarked).sorted() == ["WO-000001/1/withdraw", "WO-000001/2/offer"])
        #expect(office.tick().isEmpty)
        #expect(office.reply(.accepted, from: "a").isEmpty)
    }

    @Test(
        "one received and not answered within its time goes to the next center",
        arguments: [(after: 43_199.0, messages: []), (after: 43_200, messages: ["withdraw a", "offer b"])]
            as [(after: Double, messages: [String])]
    )
    func answer(after: Double, messages: [String]) {
        var office = Office.threeCenters()
        office.need([Desk.need()])
        office.now += .minutes(30)
        office.reply(.received, from: "a")
        office.now += .seconds(after)
        let effects = office.tick()
        #expect(effects.messages == messages)
        #expect(effects.settled.isEmpty)
    }

    @Test(
        "an accepted order waits for nothing",
        arguments: [
            CenterReply.State.accepted, .scheduled, .started, .completed,
        ])
    func accepted(reply: CenterReply.State) {
        var office = Office.threeCenters()
        office.need([Desk.need()])
        office.reply(reply, from: "a")
        office.now += .days(300)
        #expect(office.tick().isEmpty)
        #expect(office.desk.nextDeadline == nil)
    }

    @Test("silent centers are asked again in turn, each three times, then never")
    func silentCenters() {
        var office = Office([Desk.center("a", at: 50), Desk.center("b", at: 100)])
        office.need([Desk.need()])
        var asked: [String] = ["a"]
        var hours: [Int] = []
        for hour in 1...200 {
            office.now += .hours(1)
            for message in office.tick().messages where message.hasPrefix("offer ") {
                asked.append(String(message.dropFirst(6)))
                hours.append(hour)
            }
        }
        #expect(asked == ["a", "b", "a", "b", "a", "b"])
        // Once all were silent, six hours pass before the next is asked, and nobody else in that round.
        #expect(hours == [1, 8, 15, 22, 29])
        #expect(office.order.state == .uncovered)
    }

    @Test(
        "a center that declined is asked again after a day, when no other is left",
        arguments: [(hours: 18.0, messages: []), (hours: 24, messages: ["offer a"])]
            as [(hours: Double, messages: [String])]
    )
    func declined(hours: Double, messages: [String]) {
        var office = Office([Desk.center("a", at: 50)])
        office.need([Desk.need()])
        office.reply(.declined, from: "a")
        office.now += .hours(hours)
        #expect(office.tick().messages == messages)
    }

    @Test("a machine that is no longer registered leaves its order uncovered and says so")
    func unregistered() {
        var office = Office.threeCenters()
        office.need([Desk.need()])
        office.situations = [:]
        office.now += .hours(2)
        #expect(office.tick().messages == ["withdraw a"])
        #expect(office.order.state == .uncovered)
        #expect(office.order.note?.hasPrefix("the machine is not registered") == true)
    }
}
