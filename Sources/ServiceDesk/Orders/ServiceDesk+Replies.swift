import FleetModel

extension ServiceDesk {
    /// What a center answered. An answer to an order it does not hold changes nothing.
    ///
    /// Neither does one that comes too late (`received` after `accepted`) or twice: a center may repeat itself.
    package mutating func apply(
        _ reply: CenterReply, from center: ServiceCenterID, now: Timestamp,
        situation: (MachineKey) -> MachineSituation?
    ) -> [DeskEffect] {
        guard var order = orders[reply.order], order.center == center, let offer = order.offers.indices.last,
            order.state.admits(reply.state), !isAboutEarlierOffer(reply, of: order)
        else { return [] }
        // Its clock is not ours: nothing it reports happened before we asked or has yet to happen.
        let at = min(max(reply.at, order.offers[offer].offeredAt), now)
        var effects = settlement(of: order)
        if let reason = reply.reason { order.note = reason }

        switch reply.state {
        case .received:
            order.state = .received
            order.offers[offer].outcome = .received
            order.waitsUntil = now + rules.answerWithin
        case .declined, .cancelled:
            let outcome: WorkOrder.Offer.Outcome = reply.state == .declined ? .declined : .cancelled
            _ = takeBack(&order, as: outcome, because: reply.reason, now: now, isGivenBack: true)
            effects += place(&order, in: situation(order.need.machine), occasion: .passedOn, now: now)
        case .accepted, .scheduled, .started, .completed:
            if order.state == .scheduled, reply.state == .scheduled, order.scheduledFor == reply.scheduledFor {
                return []
            }
            order.offers[offer].outcome = .accepted
            order.offers[offer].answeredAt = order.offers[offer].answeredAt ?? at
            order.waitsUntil = nil
            effects += advance(&order, by: reply, at: at)
        }
        keep(order)
        return [.saveOrder(order)] + effects
    }

    private mutating func advance(_ order: inout WorkOrder, by reply: CenterReply, at: Timestamp) -> [DeskEffect] {
        switch reply.state {
        case .accepted:
            order.state = .accepted
        case .scheduled:
            order.state = .scheduled
            order.scheduledFor = reply.scheduledFor
        case .started:
            order.state = .inProgress
            order.startedAt = at
        case .completed:
            order.state = .completed
            order.completedAt = at
            return finish(order, meters: reply.meters, at: at)
        case .received, .declined, .cancelled:
            preconditionFailure("\(reply.state) does not advance an order")
        }
        return []
    }

    private mutating func finish(_ order: WorkOrder, meters: [Meter: Double], at: Timestamp) -> [DeskEffect] {
        let machine = order.need.machine
        finished[machine, default: []].insert(order.need.key)
        switch order.need.key {
        case .service(let code, _):
            // Meters the center did not read are left out; whoever counts takes them as they stand.
            return [.serviced(machine, code: code, ServiceRecord(performedAt: at, meters: meters), order: order.id)]
        case .finding(let episode):
            let key = AlertKey(machine: machine, episode: episode)
            let repaired = DeskEffect.repaired(machine, episode, order: order.id)
            guard var alert = alerts[key] else { return [repaired] }
            alert.repairedBy = order.id
            alerts[key] = alert
            return [.saveAlert(alert), repaired]
        }
    }

    /// A center that is asked a second time may still repeat its answer to the first.
    private func isAboutEarlierOffer(_ reply: CenterReply, of order: WorkOrder) -> Bool {
        guard let present = order.offers.last else { return false }
        return order.offers.dropLast().contains { $0.center == present.center } && reply.at < present.offeredAt
    }
}

extension WorkOrder.State {
    /// Whether a center's word changes an order that stands like this.
    fileprivate func admits(_ reply: CenterReply.State) -> Bool {
        switch self {
        case .uncovered, .completed, .closed, .cancelled: false
        case .open: true
        case .received: reply != .received
        case .accepted, .scheduled: reply != .received && reply != .accepted
        case .inProgress: reply == .completed || reply == .cancelled
        }
    }
}
