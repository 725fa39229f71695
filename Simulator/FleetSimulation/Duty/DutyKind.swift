import FleetModel

/// What a machine does all day.
package enum DutyKind: String, CaseIterable, Sendable, Hashable {
    case haul
    case autonomousHaul = "autonomous-haul"
    case tractor, harvester
    case roadTruck = "road-truck"
    case cityBus = "city-bus"
    case electricBus = "electric-bus"
    case trailer

    /// `nil` for a class that has no duty here.
    init?(_ machineClass: MachineClass) {
        let id = machineClass.id.text
        if id.hasPrefix("haul_truck") {
            self = machineClass.isAutonomous ? .autonomousHaul : .haul
        } else if id.contains("harvester") || id.contains("combine") {
            self = .harvester
        } else if id == "tractor" || id == "wheel_loader" {
            self = .tractor
        } else if id.hasPrefix("trailer") {
            self = .trailer
        } else if id.hasPrefix("ebus") || id.hasPrefix("trolleybus") {
            self = .electricBus
        } else if id.contains("bus") {
            self = .cityBus
        } else if id.contains("truck") || id == "car" {
            self = .roadTruck
        } else {
            return nil
        }
    }
}
