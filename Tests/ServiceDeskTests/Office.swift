import FleetModel
import ServiceDesk

/// A desk at work with what it has made durable: the orders, alerts and messages as a store would hold them.
struct Office {
    var desk: ServiceDesk
    let network: ServiceNetwork
    var now = Desk.now
    var situations: [MachineKey: MachineSituation]
    var orders: [WorkOrderID: WorkOrder] = [:]
    var alerts: [MachineKey: [EpisodeKey: Alert]] = [:]
    /// Messages that must still be sent, by id.
    var outbox: [String: Dispatch] = [:]
    var log: [DeskEffect] = []

    init(_ centers: [ServiceCenter], situations: [MachineSituation] = [Desk.situation()]) {
        network = Desk.network(centers)
        desk = ServiceDesk(network: network, rules: DeskRules(), orders: [], alerts: [], lastOrderNumber: 0)
        self.situations = Dictionary(uniqueKeysWithValues: situations.map { ($0.machine, $0) })
    }

    /// Three equal centers, the nearest with the first letter.
    static func threeCenters() -> Office {
        Office([Desk.center("a", at: 50), Desk.center("b", at: 100), Desk.center("c", at: 150)])
    }

    /// The first order, once there is one.
    var order: WorkOrder { find("WO-000001")! }

    /// The order that was counted so, whatever comes after that.
    func find(_ number: String) -> WorkOrder? { orders.values.first { $0.id.text.hasPrefix("\(number)-") } }

    /// The same desk as a restart would make it of what was stored.
    func restarted() -> ServiceDesk {
        ServiceDesk(
            network: network, rules: DeskRules(), orders: Array(orders.values), alerts: alerts.values.flatMap(\.values),
            lastOrderNumber: desk.lastOrderNumber)
    }

    @discardableResult
    mutating func need(_ needs: [Need], of machine: MachineKey = Desk.truck) -> [DeskEffect] {
        keep(desk.update(situations[machine]!, needs: needs, now: now))
    }

    @discardableResult
    mutating func reply(
        _ state: CenterReply.State, from center: String, order: String = "WO-000001", reason: String? = nil,
        at: Timestamp? = nil, scheduledFor: Timestamp? = nil, meters: [Meter: Double] = [:]
    ) -> [DeskEffect] {
        let reply = CenterReply(
            reply: "r", order: find(order)?.id ?? WorkOrderID("\(order)-0000")!, state: state, at: at ?? now,
            reason: reason,
            scheduledFor: scheduledFor, meters: meters)
        return keep(desk.apply(reply, from: ServiceCenterID(center)!, now: now) { [situations] in situations[$0] })
    }

    @discardableResult
    mutating func tick() -> [DeskEffect] {
        keep(desk.tick(now: now) { [situations] in situations[$0] })
    }

    @discardableResult
    mutating func note(_ findings: [Finding]) -> [DeskEffect] { keep(desk.note(findings, now: now)) }

    mutating func keep(_ effects: [DeskEffect]) -> [DeskEffect] {
        log += effects
        for effect in effects {
            switch effect {
            case .saveOrder(let order): orders[order.id] = order
            case .saveAlert(let alert): alerts[alert.finding.machine, default: [:]][alert.finding.episode] = alert
            case .dispatch(let dispatch): outbox[dispatch.id] = dispatch
            case .settle(let id): outbox[id] = nil
            case .serviced, .repaired: break
            }
        }
        return effects
    }
}

extension [DeskEffect] {
    /// What leaves for the centers, as `offer a`.
    var messages: [String] {
        compactMap { effect in
            if case .dispatch(let dispatch) = effect { "\(dispatch.action.rawValue) \(dispatch.center)" } else { nil }
        }
    }

    var settled: [String] {
        compactMap { effect in if case .settle(let id) = effect { id.unmarked } else { nil } }
    }
}

extension String {
    /// A number of an order, or a dispatch of one, as if no other database had ever counted.
    var unmarked: String {
        let parts = split(separator: "/")
        return ([parts[0].dropLast(5)] + parts.dropFirst()).joined(separator: "/")
    }
}
