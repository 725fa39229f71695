import FleetModel

/// A work order as a center gets it on `zubr/v1/centers/{center}/work-orders`: only what it needs to do the job.
package struct WorkOrderMessage: Sendable, Codable {
    /// The same on every try; a center that has seen it answers again and does nothing twice.
    package var dispatch: String
    package var order: WorkOrderID
    package var action: Dispatch.Action
    package var equipment: MachineKey
    package var model: ModelID?
    package var pin: String?
    package var vin: String?
    /// `service/TO-2/3` or `finding/coolant-hot/1`.
    package var need: String
    package var title: String
    package var reason: String
    package var severity: Severity
    package var due: Timestamp?
    package var mode: ServiceMode?
    package var tasks: [String]
    package var parts: [String]
    package var durationHours: Double
    package var labourPersonHours: Double
    package var highVoltagePermit: Bool
    package var liftTonnes: Double
    package var site: String?
    package var latitude: Double?
    package var longitude: Double?
    package var contact: String?

    package init(_ outgoing: OutgoingDispatch) {
        let need = outgoing.order.need
        dispatch = outgoing.dispatch.id
        order = outgoing.order.id
        action = outgoing.dispatch.action
        equipment = need.machine
        model = outgoing.machine?.model
        pin = outgoing.machine?.pin
        vin = outgoing.machine?.vin
        self.need = need.key.description
        title = need.title
        reason = need.reason
        severity = need.severity
        due = need.due?.p50
        // The order has gone on: how the next center does it is not for the one that has lost it.
        mode = outgoing.dispatch.action == .withdraw ? nil : outgoing.order.mode
        tasks = need.tasks
        parts = need.parts
        durationHours = need.durationHours
        labourPersonHours = need.labourPersonHours
        highVoltagePermit = need.requirement.needsHighVoltagePermit
        liftTonnes = need.requirement.liftTonnes
        site = outgoing.machine?.site
        let position = outgoing.position ?? outgoing.machine?.sitePosition
        latitude = position?.latitude
        longitude = position?.longitude
        contact = outgoing.machine?.contact
    }
}
