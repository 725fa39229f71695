import FleetModel

/// What the desk must know of a machine to place its work.
package struct MachineSituation: Sendable, Hashable {
    package var machine: MachineKey
    package var model: MachineModel
    package var machineClass: MachineClass
    /// Its last position, else its site's; `nil`: it is not known where it is.
    package var position: Coordinate?

    package init(machine: MachineKey, model: MachineModel, machineClass: MachineClass, position: Coordinate?) {
        self.machine = machine
        self.model = model
        self.machineClass = machineClass
        self.position = position
    }
}
