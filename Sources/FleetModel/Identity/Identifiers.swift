/// A name that is one segment of a topic: 1 to 64 of `A-Z a-z 0-9 _ . : -`.
///
/// One alphabet for every id keeps control characters, slashes and wildcards out of topics, file names, pages and logs.
package protocol TopicSegment: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    var text: String { get }
    init(unchecked text: String)
}

extension TopicSegment {
    /// `nil` when `text` is not 1 to 64 of the allowed characters.
    package init?(_ text: String) {
        guard isTopicSegment(text.utf8) else { return nil }
        self.init(unchecked: text)
    }

    package var description: String { text }
    package static func < (a: Self, b: Self) -> Bool { a.text < b.text }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "\(text.debugDescription) is not 1 to 64 of A-Z a-z 0-9 _ . : -"))
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// Whether these bytes may stand between two slashes of a topic.
package func isTopicSegment(_ bytes: some Collection<UInt8>) -> Bool {
    (1...64).contains(bytes.count)
        && bytes.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "-"): true
            default: false
            }
        }
}

/// Whose machines these are: `kuzbass-coal`. The id `centers` is reserved for the service centers' topics.
package struct FleetID: TopicSegment {
    package let text: String
    package init(unchecked text: String) { self.text = text }

    package static let centers = FleetID(unchecked: "centers")
}

/// The fleet's unit number of a machine: `truck-17`.
package struct EquipmentID: TopicSegment {
    package let text: String
    package init(unchecked text: String) { self.text = text }
}

/// The id of a service center: `ru-kuz-belovo`.
package struct ServiceCenterID: TopicSegment {
    package let text: String
    package init(unchecked text: String) { self.text = text }
}

/// The catalog's name of a model: `BELAZ-7513R`.
package struct ModelID: TopicSegment {
    package let text: String
    package init(unchecked text: String) { self.text = text }
}

/// The catalog's name of a class of machines: `haul_truck_autonomous`.
package struct MachineClassID: TopicSegment {
    package let text: String
    package init(unchecked text: String) { self.text = text }
}

/// The name of a service plan: `mtz_hours`.
package struct ServicePlanID: TopicSegment {
    package let text: String
    package init(unchecked text: String) { self.text = text }
}

/// The name of a rule: `coolant-hot`.
package struct RuleID: TopicSegment {
    package let text: String
    package init(unchecked text: String) { self.text = text }
}

/// The number of a work order: `WO-000042-7KQ2`. It never changes, however often the order is sent and to whomever.
package struct WorkOrderID: TopicSegment {
    package let text: String
    package init(unchecked text: String) { self.text = text }
}

/// One machine of one fleet. Written `fleet/equipment`, as in its topics.
package struct MachineKey: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package let fleet: FleetID
    package let equipment: EquipmentID

    package init(fleet: FleetID, equipment: EquipmentID) {
        self.fleet = fleet
        self.equipment = equipment
    }

    /// Reads `fleet/equipment`; `nil` for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let fleet = FleetID(String(parts[0])), let equipment = EquipmentID(String(parts[1]))
        else { return nil }
        self.init(fleet: fleet, equipment: equipment)
    }

    package var description: String { "\(fleet)/\(equipment)" }
    package static func < (a: Self, b: Self) -> Bool { (a.fleet, a.equipment) < (b.fleet, b.equipment) }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let key = MachineKey(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "\(text.debugDescription) is not fleet/equipment"))
        }
        self = key
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
