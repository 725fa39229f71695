import FleetModel
import FleetRuntime

extension Page {
    /// Work orders; those that no center can take come first and loud.
    package mutating func show(_ document: WorkOrdersDocument, isVerbose: Bool) {
        let now = document.now
        guard !document.workOrders.isEmpty else {
            add("No work orders.", .good)
            return
        }
        let uncovered = document.workOrders.filter(\.isUncovered)
        if !uncovered.isEmpty {
            add("NO CAPABLE CENTER IN REACH: \(uncovered.count) work orders that somebody must place", .alarm)
            add(
                TextTable(
                    [
                        .init("ORDER"), .init("MACHINE"), .init("WHAT", flexible: true), .init("DUE"),
                        .init("WHY NONE", flexible: true),
                    ],
                    rows: uncovered.map { order in
                        [
                            Cell(order.id.text), Cell(order.equipment.description),
                            Cell(order.title, order.severity.tone), Cell(order.dueText(now)), Cell(order.whyNone),
                        ]
                    }))
            if isVerbose { for order in uncovered { addReasons(order, now) } }
        }
        let placed = document.workOrders.filter { !$0.isUncovered }
        guard !placed.isEmpty else { return }
        if !uncovered.isEmpty { blank() }
        add(
            TextTable(
                [
                    .init("ORDER"), .init("MACHINE"), .init("WHAT", flexible: true), .init("DUE"),
                    .init("CENTER"), .init("MODE"), .init("STATE"), .init("WHY THIS CENTER", flexible: true),
                ],
                rows: placed.map { order in
                    [
                        Cell(order.id.text), Cell(order.equipment.description), Cell(order.title, order.severity.tone),
                        Cell(order.dueText(now)), order.who, Cell(order.mode?.rawValue ?? "-"), order.state.cell,
                        Cell(order.whyThisCenter),
                    ]
                }))
        if isVerbose { for order in placed { addReasons(order, now) } }
    }

    /// Everything about one order: what, why, who else, what they said.
    package mutating func addReasons(_ order: WorkOrderDocument, _ now: Timestamp) {
        section("\(order.id)  \(order.equipment)  \(order.title)")
        var list: [(name: String, value: Cell)] = [
            ("reason", Cell(order.reason)),
            ("severity", order.severity.cell),
            ("due", Cell(order.dueDate.map { "\($0.relative(to: now)): \($0.spread)" } ?? order.dueText(now))),
            ("state", order.state.cell),
            (
                "job",
                Cell(
                    "stands \(trimmedNumber(order.durationHours)) h, \(trimmedNumber(order.labourPersonHours)) person-hours\(order.liftTonnes > 0 ? ", lifts \(trimmedNumber(order.liftTonnes)) t" : "")\(order.needsHighVoltagePermit ? ", high-voltage permit" : "")"
                )
            ),
        ]
        if !order.tasks.isEmpty { list.append(("tasks", Cell(order.tasks.joined(separator: "; ")))) }
        if !order.parts.isEmpty { list.append(("parts", Cell(order.parts.joined(separator: "; ")))) }
        if let note = order.note { list.append(("note", Cell(note))) }
        if let center = order.center { list.append(("center", Cell("\(center): \(order.choice ?? "")"))) }
        facts(list)
        for offer in order.offers where offer.center != order.center || offer.outcome == .declined {
            add(
                "  offered to \(offer.center) \(relative(offer.offeredAt, to: now)): \(offer.outcome.rawValue)\(offer.reason.map { ", \($0)" } ?? "")"
            )
        }
        for refusal in order.refused {
            add("  not \(refusal.center) (\(decimal(refusal.roadKilometres, places: 0)) km): \(refusal.reason)")
        }
        for candidate in order.ranking where candidate.center != order.center || candidate.mode != order.mode {
            add("  or \(candidate.center) (\(candidate.mode.rawValue)): \(candidate.explanation)")
        }
    }
}

extension WorkOrderDocument {
    /// The center it is with, seen in one line: what became of the last one, else who was nearer and why not, else the
    /// estimate.
    var whyThisCenter: String {
        if let left = offers.last(where: {
            $0.center != center && ($0.outcome == .declined || $0.outcome == .unanswered)
        }) {
            return "\(left.center) \(left.outcome.rawValue)\(left.reason.map { ": \($0)" } ?? "")"
        }
        if let nearest = refused.first {
            let more = refused.count > 1 ? " (+\(refused.count - 1) more)" : ""
            return "nearer \(nearest.center): \(nearest.reason)\(more)"
        }
        return choice ?? "nearest"
    }

    /// Why nobody: the nearest center's reason, and how many more said no.
    var whyNone: String {
        guard let nearest = refused.min(by: { $0.roadKilometres < $1.roadKilometres }) else {
            return note ?? "no center is configured that works"
        }
        let more = refused.count > 1 ? " (+\(refused.count - 1) more)" : ""
        return "\(nearest.center): \(nearest.reason)\(more)"
    }
}
