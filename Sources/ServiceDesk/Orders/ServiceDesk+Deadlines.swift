import FleetModel

extension ServiceDesk {
    /// Deadlines: unanswered offers go to the next center, uncovered orders are tried again.
    package mutating func tick(
        now: Timestamp, situation: (MachineKey) -> MachineSituation?
    ) -> [DeskEffect] {
        guard let nextDeadline, nextDeadline <= now else { return [] }
        var effects: [DeskEffect] = []
        let due = orders.values.filter { order in order.waitsUntil.map { $0 <= now } ?? false }
        for order in due.sorted(by: ServiceDesk.isOlder) { effects += expire(order, now: now, situation: situation) }
        findNextDeadline()
        return effects
    }

    private mutating func expire(
        _ order: WorkOrder, now: Timestamp, situation: (MachineKey) -> MachineSituation?
    ) -> [DeskEffect] {
        var order = order
        let present = situation(order.need.machine)
        let effects: [DeskEffect]
        switch order.state {
        case .uncovered:
            effects = place(&order, in: present, occasion: .triedAgain, now: now)
        case .open, .received:
            let waited = order.state == .open ? rules.receiptWithin : rules.answerWithin
            let what = order.state == .open ? "no receipt" : "received, but no answer"
            let taken = takeBack(
                &order, as: .unanswered, because: "\(what) within \(decimal(waited.inHours, places: 1)) h", now: now)
            effects = taken + place(&order, in: present, occasion: .passedOn, now: now)
        case .accepted, .scheduled, .inProgress, .completed, .closed, .cancelled:
            preconditionFailure("order \(order.id) is \(order.state) and waits for nothing")
        }
        keep(order)
        return [.saveOrder(order)] + effects
    }
}
