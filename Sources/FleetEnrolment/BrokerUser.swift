import FleetModel

/// A name that the broker knows somebody by: `kuzbass-coal/truck-17`, `centers/ru-kuz-belovo`.
package struct BrokerUser: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let description: String

    /// A machine's name; throws when a machine may not have it.
    package init(_ machine: MachineKey) throws(EnrolmentFailure) {
        guard machine.fleet != .centers else {
            throw EnrolmentFailure(
                "\(machine): the fleet id centers is reserved for service centers; `zubr centers enrol` enrols one")
        }
        description = machine.description
    }

    package init(_ center: ServiceCenterID) { description = "\(FleetID.centers)/\(center)" }

    /// A name as it stands in the broker's files; `nil` when it belongs to neither machine nor center.
    package init?(_ text: String) {
        // Both halves take the same characters.
        guard let key = MachineKey(text) else { return nil }
        description = key.description
    }

    /// The machine of this name; `nil` for a service center.
    package var machine: MachineKey? { MachineKey(description).flatMap { $0.fleet == .centers ? nil : $0 } }

    /// One name for files; a slash cannot be in one, and a tilde cannot be in an id. It also keeps `../..`, which the
    /// alphabet of ids allows, from being a path.
    package var fileName: String { description.replacing("/", with: "~") }

    package static func < (a: Self, b: Self) -> Bool { a.description < b.description }
}
