import FleetModel
import FleetRuntime

/// Remembers whether the demonstration has shown what it must; what was seen once stays seen.
package struct DemoWitness: Sendable {
    /// Those that a planner has machines of: haul trucks with and without a driver are two.
    private var classes: Set<MachineClassID> = []
    private var orderByClass: [MachineClassID: String] = [:]
    private var nearerRefused: String?
    private var sentOn: String?
    private var uncovered: String?

    package init() {}

    package mutating func observe(_ snapshot: DemoSnapshot) {
        classes.formUnion(snapshot.machines.filter(\.isRegistered).compactMap(\.machineClass))
        for order in snapshot.orders {
            if let machineClass = order.machineClass, orderByClass[machineClass] == nil {
                orderByClass[machineClass] = "\(order.id) \(order.equipment) \(order.title)"
            }
            nearerRefused = nearerRefused ?? DemoWitness.nearerRefusal(in: order)
            sentOn = sentOn ?? DemoWitness.sentOn(order)
            if order.isUncovered, order.offers.isEmpty {
                uncovered = uncovered ?? "\(order.id) \(order.equipment) \(order.title): \(order.whyNone)"
            }
        }
    }

    package struct Check: Sendable, Hashable, Codable {
        package var check: String
        package var isShown: Bool
        /// The order that showed it, or what is missing.
        package var detail: String
    }

    package var checks: [Check] {
        let missing = classes.subtracting(orderByClass.keys).sorted()
        return [
            Check(
                check: "a work order for every class of machine",
                // A fleet that nobody has seen has shown nothing.
                isShown: missing.isEmpty && !classes.isEmpty,
                detail: classes.isEmpty
                    ? "missing: no registered machine was seen"
                    : missing.isEmpty
                        ? classes.sorted().map { "\($0): \(orderByClass[$0] ?? "")" }.joined(separator: "; ")
                        : "missing: \(missing.map(\.text).joined(separator: ", "))"),
            Check("a nearer center refused", nearerRefused),
            Check("an order declined and sent on to another center", sentOn),
            Check("no capable center in reach", uncovered),
        ]
    }

    package var isComplete: Bool { checks.allSatisfy(\.isShown) }

    private static func nearerRefusal(in order: WorkOrderDocument) -> String? {
        guard let center = order.center,
            let chosen = order.ranking.first(where: { $0.center == center && $0.mode == order.mode }),
            let nearer = order.refused.first(where: { $0.roadKilometres < chosen.roadKilometres })
        else { return nil }
        let distance = decimal(nearer.roadKilometres, places: 0)
        let taken = decimal(chosen.roadKilometres, places: 0)
        return
            "\(order.id) \(order.equipment) goes \(taken) km to \(center), not \(distance) km to \(nearer.center): \(nearer.reason)"
    }

    private static func sentOn(_ order: WorkOrderDocument) -> String? {
        for (index, offer) in order.offers.enumerated() where offer.outcome == .declined {
            guard let next = order.offers[(index + 1)...].first(where: { $0.center != offer.center }) else { continue }
            return
                "\(order.id) \(order.equipment): \(offer.center) declined (\(offer.reason ?? "no reason given")), sent on to \(next.center)"
        }
        return nil
    }
}

extension DemoWitness.Check {
    fileprivate init(_ check: String, _ example: String?) {
        self.init(check: check, isShown: example != nil, detail: example ?? "missing: no order showed it")
    }
}
