import FleetModel

/// What must be made durable because of a decision.
package enum DeskEffect: Sendable, Hashable {
    case saveOrder(WorkOrder)
    case saveAlert(Alert)
    /// Into the outbox. Nobody answers a withdrawal: once the broker has it, it need not be sent again.
    case dispatch(Dispatch)
    /// This dispatch need not be sent again.
    case settle(dispatch: String)
    /// A service was done: count from here.
    case serviced(MachineKey, code: String, ServiceRecord, order: WorkOrderID)
    /// A finding's repair was reported done.
    case repaired(MachineKey, EpisodeKey, order: WorkOrderID)
}
