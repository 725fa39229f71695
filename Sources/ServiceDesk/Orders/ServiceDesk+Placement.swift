import FleetModel

extension ServiceDesk {
    /// Why an order is to be placed.
    enum Occasion {
        /// The need is new.
        case opened
        /// The center that had it gave it back or said nothing.
        case passedOn
        /// Nobody could take it so far.
        case triedAgain
        /// Nobody could take it so far, and the centers may be others now: those never asked are asked.
        case reviewed
    }

    /// Offers the order to the best center that can still be asked, or leaves it uncovered and says why.
    ///
    /// Within one round every center is asked once. When an uncovered order is tried again, those never asked come
    /// first, then those that said nothing, the longest silent first, then those that said no a day ago or more:
    /// asking somebody twice is better than a machine nobody repairs. Nobody is asked more than three times.
    mutating func place(
        _ order: inout WorkOrder, in situation: MachineSituation?, occasion: Occasion, now: Timestamp
    ) -> [DeskEffect] {
        order.center = nil
        order.mode = nil
        order.scheduledFor = nil
        order.startedAt = nil
        order.placedFrom = situation?.position
        guard let situation, let position = situation.position else {
            let missing =
                situation == nil
                ? "the machine is not registered, or its model is not in the catalog: register it"
                : "it is not known where the machine is: register a position for its site"
            leaveUncovered(&order, because: missing, now: now)
            order.ranking = []
            order.refused = []
            return []
        }
        let choice = CenterChoice(
            need: order.need, situation: situation, at: position, network: network, load: load, now: now)
        order.ranking = Array(choice.ranking.prefix(CenterChoice.namedMax))
        let answers = answers(to: order)
        guard let chosen = next(of: choice.ranking, for: order, occasion: occasion, now: now) else {
            order.refused = choice.refusedByAll(answers: answers)
            let reason =
                if !choice.ranking.isEmpty {
                    "every capable center in reach has declined or not answered"
                } else if order.refused.isEmpty {
                    "no operating center within \(shortest(CenterChoice.namedKilometresMax)) km by road"
                } else {
                    "no capable center in reach"
                }
            leaveUncovered(&order, because: reason, now: now)
            return []
        }
        if !order.ranking.contains(chosen) { order.ranking.append(chosen) }
        order.refused = choice.refused(for: chosen, answers: answers)
        order.state = .open
        order.center = chosen.center
        order.mode = chosen.mode
        order.offers.append(WorkOrder.Offer(center: chosen.center, offeredAt: now))
        order.waitsUntil = now + rules.receiptWithin
        if occasion != .passedOn { order.note = nil }
        return [.dispatch(message(.offer, of: order, now: now))]
    }

    /// Takes the order from the center that has it; returns what the center must be told.
    ///
    /// A center that gave it back itself is told nothing.
    mutating func takeBack(
        _ order: inout WorkOrder, as outcome: WorkOrder.Offer.Outcome, because reason: String?, now: Timestamp,
        isGivenBack: Bool = false
    ) -> [DeskEffect] {
        guard let last = order.offers.indices.last, order.center != nil else { return [] }
        let effects = settlement(of: order)
        order.offers[last].outcome = outcome
        order.offers[last].reason = reason
        order.offers[last].answeredAt = now
        return isGivenBack ? effects : effects + [.dispatch(message(.withdraw, of: order, now: now))]
    }

    /// The offer need not be sent again: the center has answered it, or it is no longer made.
    func settlement(of order: WorkOrder) -> [DeskEffect] {
        guard order.state == .open else { return [] }
        return [.settle(dispatch: message(.offer, of: order, now: order.openedAt).id)]
    }

    /// Speaks of the order's last offer; offers are counted from 1.
    private func message(_ action: Dispatch.Action, of order: WorkOrder, now: Timestamp) -> Dispatch {
        let last = order.offers[order.offers.count - 1]
        return Dispatch(
            order: order.id, offer: order.offers.count, center: last.center, action: action, createdAt: now)
    }

    private func leaveUncovered(_ order: inout WorkOrder, because reason: String, now: Timestamp) {
        order.state = .uncovered
        order.note = reason
        order.waitsUntil = now + rules.retryUncoveredAfter
    }

    private func next(
        of ranking: [Candidate], for order: WorkOrder, occasion: Occasion, now: Timestamp
    ) -> Candidate? {
        var asked: [ServiceCenterID: (times: Int, last: WorkOrder.Offer)] = [:]
        for offer in order.offers { asked[offer.center] = ((asked[offer.center]?.times ?? 0) + 1, offer) }
        if let fresh = ranking.first(where: { asked[$0.center] == nil }) { return fresh }
        guard occasion == .triedAgain else { return nil }

        typealias Again = (candidate: Candidate, saidNo: Bool, last: Timestamp)
        let again = ranking.compactMap { candidate -> Again? in
            guard let before = asked[candidate.center], before.times < DeskRules.asksMax else { return nil }
            let saidNo = before.last.outcome != .unanswered
            if saidNo, now - (before.last.answeredAt ?? before.last.offeredAt) < DeskRules.declineHolds { return nil }
            return (candidate, saidNo, before.last.offeredAt)
        }
        // The first of equals, so that the ranking decides between them and between the two ways of one center.
        return again.enumerated().min { a, b in
            (a.element.saidNo ? 1 : 0, a.element.last, a.offset) < (b.element.saidNo ? 1 : 0, b.element.last, b.offset)
        }?.element.candidate
    }

    /// What each center that had the order last said of it.
    private func answers(to order: WorkOrder) -> [ServiceCenterID: String] {
        var answers: [ServiceCenterID: String] = [:]
        for offer in order.offers {
            let said =
                switch offer.outcome {
                case .declined: "declined"
                case .cancelled: "gave it back"
                case .unanswered: "did not answer"
                case .pending, .received, .accepted: "has it"
                }
            answers[offer.center] = offer.reason.map { "\(said): \($0)" } ?? said
        }
        return answers
    }
}
