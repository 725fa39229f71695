import FleetModel
import FleetRuntime

/// Everything the demonstration's page shows, as it stood at one moment.
package struct DemoSnapshot: Sendable {
    package var status: StatusDocument
    package var machines: [MachineDocument]
    /// The finished ones too: events are read from them.
    package var orders: [WorkOrderDocument]
    package var messagesPerSecond: Double
    /// What a planner calls the group a model belongs to: `haul truck`.
    package var families: [ModelID: String]

    package init(
        status: StatusDocument, machines: [MachineDocument], orders: [WorkOrderDocument], messagesPerSecond: Double,
        families: [ModelID: String]
    ) {
        self.status = status
        self.machines = machines
        self.orders = orders
        self.messagesPerSecond = messagesPerSecond
        self.families = families
    }

    package func family(of machine: MachineDocument) -> String {
        machine.model.flatMap { families[$0] } ?? "unregistered"
    }

    var openOrders: [WorkOrderDocument] { orders.filter { !$0.state.isFinal } }

    /// What happened to orders, the last first.
    package var events: [DemoEvent] {
        orders.flatMap(DemoEvent.events).sorted { ($1.at, $0.text) < ($0.at, $1.text) }
    }
}

/// Something that happened to an order.
package struct DemoEvent: Sendable, Hashable {
    package var at: Timestamp
    package var text: String
    package var tone: Tone

    static func events(of order: WorkOrderDocument) -> [DemoEvent] {
        let name = "\(order.id) \(order.equipment) \(order.title)"
        var events = order.offers.indices.compactMap { index -> DemoEvent? in
            let offer = order.offers[index]
            guard offer.outcome == .declined || offer.outcome == .unanswered else { return nil }
            let rest = order.offers[(index + 1)...]
            let next = rest.first.map { "sent on to \($0.center)" } ?? "no other center in reach"
            return DemoEvent(
                at: offer.answeredAt ?? offer.offeredAt,
                text:
                    "\(name): \(offer.center) \(offer.outcome.rawValue)\(offer.reason.map { " (\($0))" } ?? ""), \(next)",
                tone: .warning)
        }
        if let completedAt = order.completedAt, let center = order.center {
            events.append(DemoEvent(at: completedAt, text: "\(name): completed by \(center)", tone: .good))
        }
        if order.isUncovered, order.offers.isEmpty {
            events.append(DemoEvent(at: order.openedAt, text: "\(name): no capable center in reach", tone: .alarm))
        }
        return events
    }
}
