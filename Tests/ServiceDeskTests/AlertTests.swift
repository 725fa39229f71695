import FleetModel
import ServiceDesk
import Testing

@Suite("Alerts")
struct AlertTests {
    @Test("an alert fires once an episode, is acknowledged once and resolves once")
    func episode() {
        var office = Office([])
        let episode = Desk.finding().episode
        #expect(office.note([Desk.finding()]).count == 1)
        #expect(office.note([Desk.finding()]).isEmpty)
        #expect(office.alerts[Desk.truck]?[episode]?.state == .firing)

        #expect(office.desk.acknowledge(Desk.truck, episode, by: "Anna", now: office.now).count == 1)
        #expect(office.desk.acknowledge(Desk.truck, episode, by: "Boris", now: office.now).isEmpty)

        let cleared = Desk.finding(clearedAt: office.now)
        #expect(office.note([cleared]).count == 1)
        #expect(office.note([cleared]).isEmpty)
        let alert = office.alerts[Desk.truck]?[episode]
        #expect((alert?.state, alert?.acknowledgedBy, alert?.resolvedAt) == (.resolved, "Anna", office.now))
        #expect(alert?.finding.clearedAt == office.now)
        #expect(office.desk.acknowledge(Desk.truck, episode, by: "Anna", now: office.now).isEmpty)
        #expect(office.note([Desk.finding(2)]).count == 1)
    }

    @Test("an alert known from storage goes on as it was")
    func restart() {
        var office = Office([])
        office.note([Desk.finding()])
        office.desk = office.restarted()
        #expect(office.note([Desk.finding()]).isEmpty)
        #expect(office.note([Desk.finding(clearedAt: office.now)]).count == 1)
    }
}
