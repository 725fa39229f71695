import FleetModel
import FleetRuntime

/// Remembers whether the demonstration has shown what it must; what was seen once stays seen.
package struct DemoWitness: Sendable {
    private var familiesInFleet = DemoWitness.families
    private var orderByFamily: [String: String] = [:]
    private var nearerRefused: String?
    private var sentOn: String?
    private var uncovered: String?

    package init() {}

    /// Every demonstration has machines of these.
    static let families: Set<String> = ["haul truck", "tractor", "harvester", "road vehicle", "electric bus"]

    package mutating func observe(_ snapshot: DemoSnapshot) {
        for machine in snapshot.machines where machine.isRegistered && machine.model != nil {
            familiesInFleet.insert(snapshot.family(of: machine))
        }
        for order in snapshot.orders {
            if let family = order.family, orderByFamily[family] == nil {
                orderByFamily[family] = "\(order.id) \(order.equipment) \(order.title)"
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
        let missing = familiesInFleet.subtracting(orderByFamily.keys).sorted()
        return [
            Check(
                check: "a work order for every family of machine", isShown: missing.isEmpty,
                detail: missing.isEmpty
                    ? familiesInFleet.sorted().compactMap { family in orderByFamily[family].map { "\(family): \($0)" } }
                        .joined(separator: "; ")
                    : "missing: \(missing.joined(separator: ", "))"),
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
