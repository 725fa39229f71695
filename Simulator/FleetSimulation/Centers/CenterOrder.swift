import FleetModel
import FoundationEssentials

/// A work order as a service center reads it: from the message alone, as somebody who does not have our code.
package struct CenterOrder: Sendable, Hashable, Decodable {
    package var dispatch: String
    package var order: WorkOrderID
    package var action: Dispatch.Action
    package var equipment: MachineKey
    /// `service/TO-2/3` or `finding/coolant-hot/1`.
    package var need: String
    package var reason: String
    package var durationHours: Double
    /// The machine comes to the center; otherwise the center's crew comes to the machine.
    package var isVisit: Bool

    private enum CodingKeys: String, CodingKey {
        case dispatch, order, action, equipment, need, reason, mode
        case durationHours = "duration_hours"
    }

    package init(
        dispatch: String, order: WorkOrderID, action: Dispatch.Action, equipment: MachineKey, need: String,
        reason: String = "", durationHours: Double = 1, isVisit: Bool = false
    ) {
        self.dispatch = dispatch
        self.order = order
        self.action = action
        self.equipment = equipment
        self.need = need
        self.reason = reason
        self.durationHours = durationHours
        self.isVisit = isVisit
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        dispatch = try container.decode(String.self, forKey: .dispatch)
        order = try container.decode(WorkOrderID.self, forKey: .order)
        action = try container.decode(Dispatch.Action.self, forKey: .action)
        equipment = try container.decode(MachineKey.self, forKey: .equipment)
        // A withdrawal need not repeat the job.
        need = try container.decodeIfPresent(String.self, forKey: .need) ?? ""
        reason = try container.decodeIfPresent(String.self, forKey: .reason) ?? ""
        durationHours = try container.decodeIfPresent(Double.self, forKey: .durationHours) ?? 1
        isVisit = try container.decodeIfPresent(String.self, forKey: .mode) == "visit"
    }

    package init(json body: [UInt8]) throws {
        self = try JSONDecoder().decode(CenterOrder.self, from: Data(body))
    }

    /// What the mechanic will do to the machine; `signals` are those in which failures show.
    package func work(signals: Set<Signal>) -> Work {
        let parts = need.split(separator: "/")
        if parts.count >= 2, parts[0] == "service", isTopicSegment(parts[1].utf8) {
            return .service(String(parts[1]))
        }
        // `finding/RULE/SPN 110 FMI 0 SA 0/1`
        let words = need.split { $0 == "/" || $0 == " " }
        if let place = words.firstIndex(of: "SPN"), words.indices.contains(place + 1),
            let number = UInt32(words[place + 1]), let spn = SPN(number)
        {
            return .repair(.code(spn))
        }
        for word in reason.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") }) {
            if let signal = Signal(known: String(word)), signals.contains(signal) { return .repair(.signal(signal)) }
        }
        return .repair(.worst)
    }

    package enum Work: Sendable, Hashable {
        case service(String)
        case repair(RepairTarget)
    }
}
