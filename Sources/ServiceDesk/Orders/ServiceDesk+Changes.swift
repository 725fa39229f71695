import FleetModel

extension ServiceDesk {
    /// The clock was moved by `step`: what waits until a time waits just as long as before.
    package mutating func clockMoved(by step: Duration) -> [DeskEffect] {
        var effects: [DeskEffect] = []
        for var order in openOrders {
            guard let deadline = order.waitsUntil else { continue }
            order.waitsUntil = deadline + step
            keep(order)
            effects.append(.saveOrder(order))
        }
        findNextDeadline()
        return effects
    }

    /// What another configuration, or a clock that was wrong in an earlier run, has left behind: offers lying with
    /// centers that no longer operate go on, no deadline is further away than our times allow, and an order nobody
    /// could take goes to a center that was never asked, because the centers may be others now.
    package mutating func review(
        now: Timestamp, situation: (MachineKey) -> MachineSituation?
    ) -> [DeskEffect] {
        let operating = Set(network.centers.lazy.filter { $0.status == .operating }.map(\.id))
        let latest = now + max(rules.receiptWithin, rules.answerWithin, rules.retryUncoveredAfter)
        var effects: [DeskEffect] = []
        for order in openOrders {
            var changed = order
            var told: [DeskEffect] = []
            let present = situation(order.need.machine)
            switch order.state {
            case .open, .received:
                if let center = order.center, !operating.contains(center) {
                    let taken = takeBack(
                        &changed, as: .unanswered, because: "the center no longer operates", now: now)
                    told = taken + place(&changed, in: present, occasion: .passedOn, now: now)
                }
            case .uncovered:
                told = place(&changed, in: present, occasion: .reviewed, now: now)
                // Without news it waits on as it did.
                if changed.state == .uncovered { changed = order }
            case .accepted, .scheduled, .inProgress, .completed, .closed, .cancelled: break
            }
            if let deadline = changed.waitsUntil, deadline > latest { changed.waitsUntil = latest }
            guard changed != order else { continue }
            keep(changed)
            effects += [.saveOrder(changed)] + told
        }
        findNextDeadline()
        return effects
    }
}
