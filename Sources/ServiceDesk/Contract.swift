import FleetModel

// Signatures that the evaluator is written against.

/// The times the desk works by.
package struct DeskRules: Sendable, Hashable {
    /// An offer without `received` is published again after this.
    package var republishAfter: Duration
    /// Without `received` after this, the order goes to the next center.
    package var receiptWithin: Duration
    /// Received, but neither accepted nor declined after this: the order goes to the next center.
    package var answerWithin: Duration
    /// An order no center can take is tried again after this.
    package var retryUncoveredAfter: Duration

    package init(
        republishAfter: Duration = .minutes(5), receiptWithin: Duration = .hours(1),
        answerWithin: Duration = .hours(12), retryUncoveredAfter: Duration = .hours(6)
    ) {
        self.republishAfter = republishAfter
        self.receiptWithin = receiptWithin
        self.answerWithin = answerWithin
        self.retryUncoveredAfter = retryUncoveredAfter
    }
}

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

/// What must be made durable because of a decision.
package enum DeskEffect: Sendable, Hashable {
    case saveOrder(WorkOrder)
    case saveAlert(Alert)
    /// Into the outbox.
    case dispatch(Dispatch)
    /// This dispatch need not be sent again.
    case settle(dispatch: String)
    /// A service was done: count from here.
    case serviced(MachineKey, code: String, ServiceRecord, order: WorkOrderID)
    /// A finding's repair was reported done.
    case repaired(MachineKey, EpisodeKey, order: WorkOrderID)
}

/// The desk: one work order a need, at the center with the shortest expected return to work.
///
/// Pure: it is told the time and what happened, and returns what must be made durable.
package struct ServiceDesk: Sendable {
    package init(
        network: ServiceNetwork, rules: DeskRules, orders: [WorkOrder], alerts: [Alert], lastOrderNumber: Int64
    ) {}

    package var lastOrderNumber: Int64 { 0 }
    /// Orders that are not final, oldest first.
    package var openOrders: [WorkOrder] { [] }
    /// When `tick` has something to do next; `nil` when nothing waits.
    package var nextDeadline: Timestamp? { nil }

    /// The present needs of one machine: opens orders for new ones and cancels those whose need is gone and that no
    /// center has started.
    package mutating func update(
        _ situation: MachineSituation, needs: [Need], now: Timestamp
    ) -> [DeskEffect] { [] }

    /// Findings raised or cleared: alerts fire and resolve, once an episode.
    package mutating func note(_ findings: [Finding], now: Timestamp) -> [DeskEffect] { [] }

    /// Somebody has seen the alert.
    package mutating func acknowledge(
        _ machine: MachineKey, _ episode: EpisodeKey, by person: String, now: Timestamp
    ) -> [DeskEffect] { [] }

    /// What a center answered. An answer to an order it does not hold changes nothing.
    package mutating func apply(
        _ reply: CenterReply, from center: ServiceCenterID, now: Timestamp,
        situation: (MachineKey) -> MachineSituation?
    ) -> [DeskEffect] { [] }

    /// Deadlines: unanswered offers go to the next center, uncovered orders are tried again.
    package mutating func tick(
        now: Timestamp, situation: (MachineKey) -> MachineSituation?
    ) -> [DeskEffect] { [] }
}
