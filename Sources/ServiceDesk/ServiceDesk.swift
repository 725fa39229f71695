import FleetModel

/// The desk: one work order a need, at the center with the shortest expected return to work.
///
/// Pure: it is told the time and what happened, and returns what must be made durable. Everything it decides by is
/// in the orders and alerts it has given out, so that one made again from what was stored goes on in the same way.
package struct ServiceDesk: Sendable {
    let network: ServiceNetwork
    let rules: DeskRules
    package internal(set) var lastOrderNumber: Int64
    private(set) var orders: [WorkOrderID: WorkOrder] = [:]
    private(set) var ordersOfMachine: [MachineKey: [WorkOrderID]] = [:]
    var alerts: [AlertKey: Alert] = [:]
    /// Needs whose order was completed and that are still reported: they get no second one.
    var finished: [MachineKey: Set<NeedKey>] = [:]
    private(set) var load = CenterLoad()

    /// When `tick` has something to do next, or a little before; `nil` when nothing waits.
    package private(set) var nextDeadline: Timestamp?

    struct AlertKey: Hashable {
        var machine: MachineKey
        var episode: EpisodeKey
    }

    package init(
        network: ServiceNetwork, rules: DeskRules, orders: [WorkOrder], alerts: [Alert], lastOrderNumber: Int64
    ) {
        self.network = network
        self.rules = rules
        self.lastOrderNumber = lastOrderNumber
        for order in orders.sorted(by: ServiceDesk.isOlder) where !order.state.isFinal { keep(order) }
        for alert in alerts where alert.state != .resolved {
            let finding = alert.finding
            self.alerts[AlertKey(machine: finding.machine, episode: finding.episode)] = alert
            if alert.repairedBy != nil { finished[finding.machine, default: []].insert(.finding(finding.episode)) }
        }
    }

    /// Orders that are not final, oldest first.
    package var openOrders: [WorkOrder] { orders.values.sorted(by: ServiceDesk.isOlder) }

    // MARK: - Keeping

    /// Takes the order's new state; a final order is no longer ours.
    mutating func keep(_ order: WorkOrder) {
        if let before = orders[order.id] { load.remove(before) }
        guard !order.state.isFinal else {
            orders[order.id] = nil
            ordersOfMachine[order.need.machine]?.removeAll { $0 == order.id }
            if ordersOfMachine[order.need.machine]?.isEmpty == true { ordersOfMachine[order.need.machine] = nil }
            return
        }
        if orders.updateValue(order, forKey: order.id) == nil {
            ordersOfMachine[order.need.machine, default: []].append(order.id)
        }
        load.add(order)
        if let deadline = order.waitsUntil { nextDeadline = min(nextDeadline ?? deadline, deadline) }
    }

    /// Looks the next deadline up again, once those before have been acted on.
    mutating func findNextDeadline() {
        nextDeadline = orders.values.lazy.compactMap(\.waitsUntil).min()
    }

    static func isOlder(_ a: WorkOrder, _ b: WorkOrder) -> Bool {
        // Numbers of more digits than the padding has come later.
        (a.openedAt, a.id.text.utf8.count, a.id) < (b.openedAt, b.id.text.utf8.count, b.id)
    }
}
