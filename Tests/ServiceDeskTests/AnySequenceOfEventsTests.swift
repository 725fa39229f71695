import FleetModel
import ServiceDesk
import Support
import Testing

/// A month at the desk, told by chance: whatever happens in whatever order, some things always hold.
@Suite("Any sequence of events")
struct AnySequenceOfEventsTests {
    static let trucks = (1...3).map { MachineKey("pit/truck-\($0)")! }
    static let centers = ["a", "b", "c", "d"]

    @Test(
        "orders keep their promises, and a restart at any moment changes nothing",
        arguments: 1...40 as ClosedRange<UInt64>)
    func invariants(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        var office = Office(
            Self.centers.enumerated().map { index, id in
                Desk.center(id, at: Double(index + 1) * 90) { $0.crews.value = 1 }
            }, situations: Self.trucks.map { Desk.situation(machine: $0) })
        var done: [MachineKey: Int] = [:]
        var firing: [MachineKey: Int] = [:]
        var finals: [WorkOrderID: WorkOrder] = [:]

        for step in 0..<150 {
            office.now += .minutes(Double(chance.next(240)))
            let truck = Self.trucks[chance.next(Self.trucks.count)]
            // A desk made of what was stored must say the same as the one that has seen it all.
            var twin = office
            twin.desk = office.restarted()
            var (event, otherFiring) = (chance, firing)
            let effects = Self.happen(&office, truck, done: done, firing: &firing, chance: &event)
            let same = Self.happen(&twin, truck, done: done, firing: &otherFiring, chance: &chance)
            #expect(effects == same, "seed \(seed), step \(step)")
            #expect(Set(office.desk.openOrders) == Set(twin.desk.openOrders), "seed \(seed), step \(step)")
            for case .serviced(let machine, _, _, _) in effects { done[machine, default: 0] += 1 }

            check(office, seed: seed, step: step)
            for (id, order) in finals {
                #expect(office.orders[id] == order, "seed \(seed): \(id) changed after its end")
            }
            for order in office.orders.values where order.state.isFinal { finals[order.id] = order }
        }
    }

    /// One event; the same chance gives the same one.
    ///
    /// - Parameter firing: the number of each machine's episode; negative, the next one's while none is firing.
    static func happen(
        _ office: inout Office, _ truck: MachineKey, done: [MachineKey: Int], firing: inout [MachineKey: Int],
        chance: inout SeededGenerator
    ) -> [DeskEffect] {
        switch chance.next(8) {
        case 0:
            return office.tick()
        case 1:
            office.situations[truck]?.position = Coordinate(latitude: 0, longitude: Double(chance.next(8)))
            return []
        case 2...3:
            // What the monitor and the planner would say in one round: the finding is raised or cleared first.
            let isFiring = chance.next(3) > 0
            let number = abs(firing[truck] ?? -1)
            var effects: [DeskEffect] = []
            if isFiring {
                effects += office.note([Desk.finding(number, machine: truck)])
                firing[truck] = number
            } else if let active = firing[truck], active > 0 {
                effects += office.note([Desk.finding(active, machine: truck, clearedAt: office.now)])
                firing[truck] = -(active + 1)
            }
            var needs: [Need] = []
            if chance.next(6) > 0 {
                needs.append(Desk.need(.service(code: "TO-1", done: done[truck] ?? 0), machine: truck))
            }
            if isFiring { needs.append(Desk.need(.finding(Desk.finding(number).episode), machine: truck, hours: 2)) }
            return effects + office.need(needs, of: truck)
        default:
            let order = "WO-\(padded(chance.next(Int(office.desk.lastOrderNumber) + 1) + 1, 6))"
            // Mostly the one who has it.
            let holder = office.find(order)?.center?.text
            let center = chance.next(4) > 0 ? holder ?? "a" : centers[chance.next(centers.count)]
            let state = CenterReply.State.allCases[chance.next(CenterReply.State.allCases.count)]
            return office.reply(
                state, from: center, order: order, reason: "because",
                scheduledFor: office.now + .days(Double(chance.next(3))))
        }
    }

    private func check(_ office: Office, seed: UInt64, step: Int) {
        let at = "seed \(seed), step \(step)"
        let open = office.orders.values.filter { !$0.state.isFinal }
        #expect(Set(open) == Set(office.desk.openOrders), "stored and open orders differ: \(at)")
        var keys: Set<String> = []
        for order in open {
            let key = "\(order.need.machine) \(order.need.key)"
            #expect(keys.insert(key).inserted, "two open orders for \(key): \(at)")
            let pending = order.offers.filter { $0.outcome == .pending || $0.outcome == .received }
            let isOffered = order.state == .open || order.state == .received
            #expect(pending.count == (isOffered ? 1 : 0), "\(order.id) \(order.state): \(at)")
            #expect((order.center == nil) == (order.state == .uncovered), "\(order.id): \(at)")
            #expect(order.center == nil || order.center == order.offers.last?.center, "\(order.id): \(at)")
            let offer = "\(order.id)/\(order.offers.count)/offer"
            #expect((office.outbox[offer] != nil) == (order.state == .open), "\(offer) in \(order.state): \(at)")
            #expect((order.waitsUntil != nil) == (isOffered || order.state == .uncovered), "\(order.id): \(at)")
            if let deadline = order.waitsUntil {
                #expect(office.desk.nextDeadline.map { $0 <= deadline } == true, "\(order.id) is forgotten: \(at)")
            }
        }
        let offers = office.outbox.values.filter { $0.action == .offer }
        #expect(offers.count == open.count { $0.state == .open }, "offers nobody waits for: \(at)")
    }
}
