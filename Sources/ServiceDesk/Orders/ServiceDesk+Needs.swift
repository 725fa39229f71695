import FleetModel

extension ServiceDesk {
    /// A due date that moved by no more than this is the same to the center; it is not written again.
    package static let dueMoves = Duration.days(1)

    /// The present needs of one machine: opens orders for new ones and cancels those whose need is gone and that no
    /// center has started.
    package mutating func update(
        _ situation: MachineSituation, needs: [Need], now: Timestamp
    ) -> [DeskEffect] {
        let machine = situation.machine
        var effects: [DeskEffect] = []
        var wanted: [NeedKey: Need] = [:]
        for need in needs { wanted[need.key] = need }
        if let done = finished[machine] {
            let still = done.filter { wanted[$0] != nil }
            finished[machine] = still.isEmpty ? nil : still
        }

        var ordered = finished[machine] ?? []
        for id in ordersOfMachine[machine] ?? [] {
            guard let order = orders[id] else { continue }
            ordered.insert(order.need.key)
            if let need = wanted[order.need.key] {
                effects += refresh(order, with: need, in: situation, now: now)
            } else if order.state != .inProgress {
                effects += cancel(order, now: now)
            }
        }
        for need in needs where ordered.insert(need.key).inserted {
            lastOrderNumber += 1
            var order = WorkOrder(
                id: WorkOrderID(number: lastOrderNumber, of: need, at: now), need: need, openedAt: now)
            let offer = place(&order, in: situation, occasion: .opened, now: now)
            keep(order)
            effects += [.saveOrder(order)] + offer
        }
        return effects
    }

    private mutating func refresh(
        _ order: WorkOrder, with need: Need, in situation: MachineSituation, now: Timestamp
    ) -> [DeskEffect] {
        var order = order
        let isNews = order.need.isVisiblyOther(than: need)
        if isNews { order.need = need }
        var offer: [DeskEffect] = []
        let isRetried = order.state == .uncovered && hasMoved(order, to: situation.position)
        if isRetried { offer = place(&order, in: situation, occasion: .triedAgain, now: now) }
        guard isNews || isRetried else { return [] }
        keep(order)
        return [.saveOrder(order)] + offer
    }

    private func hasMoved(_ order: WorkOrder, to position: Coordinate?) -> Bool {
        guard let position else { return false }
        guard let before = order.placedFrom else { return true }
        return before != position && before.kilometres(to: position) > DeskRules.movedKilometres
    }

    private mutating func cancel(_ order: WorkOrder, now: Timestamp) -> [DeskEffect] {
        var order = order
        let taken = takeBack(&order, as: .cancelled, because: "no longer needed", now: now)
        order.state = .cancelled
        order.note = "no longer needed"
        order.waitsUntil = nil
        keep(order)
        return [.saveOrder(order)] + taken
    }
}

extension WorkOrderID {
    /// The number counts. What follows it comes from what the order is for and when it was opened: a database restored
    /// from a backup or begun anew gives the same numbers out again, and without a difference a center would take the
    /// new order for one it has, and an answer to the old one would be taken for one to the new.
    fileprivate init(number: Int64, of need: Need, at time: Timestamp) {
        // FNV-1a, whose upper bits depend on every byte.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(time.microseconds) \(need.machine) \(need.key)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        // Without the letters that are taken for digits or for each other when read out.
        let letters = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        let mark = [59, 54, 49, 44].map { letters[Int(hash >> $0 & 31)] }
        self.init(unchecked: "WO-\(padded(Int(number), 6))-\(String(mark))")
    }
}

extension Need {
    /// Whether a person who reads the order would see something else.
    fileprivate func isVisiblyOther(than need: Need) -> Bool {
        if severity != need.severity || title != need.title || stopsMachine != need.stopsMachine { return true }
        switch (due, need.due) {
        case (nil, nil): return false
        case (let mine?, let theirs?):
            let moved = mine.p50 < theirs.p50 ? theirs.p50 - mine.p50 : mine.p50 - theirs.p50
            return moved > ServiceDesk.dueMoves
        default: return true
        }
    }
}
