/// What one of a machine's topics carries.
package enum TopicKind: String, CaseIterable, Sendable, Codable {
    case telemetry, faults, status
}

/// A topic that the daemon reads.
package enum Topic: Hashable, Sendable, CustomStringConvertible {
    /// `zubr/v1/{fleet}/{equipment}/{telemetry|faults|status}`
    case machine(MachineKey, TopicKind)
    /// `zubr/v1/centers/{center}/replies`
    case replies(ServiceCenterID)
    /// `zubr/v1/centers/{center}/work-orders`; written by the daemon.
    case workOrders(ServiceCenterID)

    package static let prefix = "zubr/v1/"
    /// What the daemon subscribes to.
    package static let subscriptions =
        TopicKind.allCases.map { "\(prefix)+/+/\($0.rawValue)" } + ["\(prefix)centers/+/replies"]

    package var description: String {
        switch self {
        case .machine(let machine, let kind): "\(Topic.prefix)\(machine)/\(kind.rawValue)"
        case .replies(let center): "\(Topic.prefix)centers/\(center)/replies"
        case .workOrders(let center): "\(Topic.prefix)centers/\(center)/work-orders"
        }
    }

    /// Reads a topic as it came; throws what is wrong with it.
    package init(_ text: String) throws(Rejection) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "zubr", parts[1] == "v1" else {
            throw Rejection(.badTopic, "expected zubr/v1/{fleet}/{equipment}/{telemetry|faults|status}")
        }
        if parts[2] == "centers" {
            guard let center = ServiceCenterID(String(parts[3])) else {
                throw Rejection(.badTopic, "the service center's id has a character that ids may not have")
            }
            switch parts[4] {
            case "replies": self = .replies(center)
            case "work-orders": self = .workOrders(center)
            default: throw Rejection(.reservedFleet, "the fleet id centers is reserved for service centers")
            }
            return
        }
        guard let fleet = FleetID(String(parts[2])), let equipment = EquipmentID(String(parts[3])) else {
            throw Rejection(.badTopic, "fleet and equipment take 1 to 64 of A-Z a-z 0-9 _ . : -")
        }
        guard let kind = TopicKind(rawValue: String(parts[4])) else {
            throw Rejection(.badTopic, "the last segment must be telemetry, faults or status")
        }
        self = .machine(MachineKey(fleet: fleet, equipment: equipment), kind)
    }
}
