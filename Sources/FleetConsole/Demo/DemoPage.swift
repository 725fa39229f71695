import FleetModel
import FleetRuntime

/// The demonstration on one screen: a pure function from documents to lines.
package enum DemoPage {
    /// Never more than `height` lines, none wider than `width`; `nil` is without bound, for a pipe.
    package static func lines(
        _ snapshot: DemoSnapshot, width: Int?, height: Int?, style: Style, footer: String? = nil
    ) -> [String] {
        let page = Page(width: width, style: style)
        var top = page
        addHeader(snapshot, to: &top)
        top.add(families(snapshot))
        var sections = [uncovered(snapshot), services(snapshot), orders(snapshot), events(snapshot)]
        if let height {
            share(height - top.lines.count - (footer == nil ? 0 : 1), among: &sections, of: snapshot)
        } else {
            for index in sections.indices { sections[index].rows = sections[index].all }
        }
        var lines = top.lines
        for section in sections where section.isShown {
            var body = page
            if height == nil { body.blank() }
            section.add(&body, section.rows)
            lines += body.lines
        }
        guard let height else { return lines }
        lines = Array(lines.prefix(height - (footer == nil ? 0 : 1)))
        if let footer {
            lines += Array(repeating: "", count: height - 1 - lines.count)
            lines.append(style(width.map { truncated(footer, to: $0) } ?? footer, .faint))
        }
        return lines
    }

    /// A part of the page that gets as many rows as there is room for.
    private struct Section {
        /// Lines above its rows.
        var heading: Int
        /// Rows it could fill.
        var all: Int
        var isShown: Bool
        var rows = 0
        var linesPerRow = 1
        /// Draws itself with so many rows.
        var add: (inout Page, Int) -> Void
    }

    /// A row to each in turn, until the screen or the rows are used up; what must be heard loudest comes first.
    private static func share(_ height: Int, among sections: inout [Section], of snapshot: DemoSnapshot) {
        var left = height
        for index in sections.indices where sections[index].isShown {
            let least = sections[index].heading + min(1, sections[index].all) * sections[index].linesPerRow
            guard left >= least else {
                sections[index].isShown = false
                continue
            }
            sections[index].rows = min(1, sections[index].all)
            left -= least
        }
        var hasGiven = true
        while left > 0, hasGiven {
            hasGiven = false
            for index in sections.indices
            where left >= sections[index].linesPerRow && sections[index].isShown
                && sections[index].rows < sections[index].all
            {
                sections[index].rows += 1
                left -= sections[index].linesPerRow
                hasGiven = true
            }
        }
    }

    private static func addHeader(_ snapshot: DemoSnapshot, to page: inout Page) {
        let status = snapshot.status
        let clock = status.now.iso8601.prefix(16)
        page.add(
            "Zubr demo  \(clock)Z  ×\(shortest(status.clock.rate))  \(decimal(snapshot.messagesPerSecond, places: 0)) messages/s  \(status.ingest.readings) readings stored  \(status.state.rawValue)",
            status.state == .degraded ? .alarm : .heading)
        for problem in status.problems.prefix(1) { page.add("DEGRADED: \(problem)", .alarm) }
    }

    private static func families(_ snapshot: DemoSnapshot) -> TextTable {
        let byFamily = Dictionary(grouping: snapshot.machines, by: snapshot.family(of:))
        let healths = MachineHealth.allCases.filter { $0 != .unregistered }
        return TextTable(
            [.init("MACHINES", flexible: true), .init("ALL", number: true)]
                + healths.map { .init($0.rawValue.uppercased(), number: true) },
            rows: byFamily.sorted { $0.key < $1.key }.map { family, machines in
                [Cell(family), Cell("\(machines.count)")]
                    + healths.map { health in
                        let count = machines.count { $0.health == health }
                        return count == 0 ? Cell("·", .faint) : Cell("\(count)", health.tone)
                    }
            })
    }

    private static func uncovered(_ snapshot: DemoSnapshot) -> Section {
        let orders = snapshot.openOrders.filter(\.isUncovered).sorted { $0.openedAt > $1.openedAt }
        return Section(heading: 1, all: min(3, orders.count), isShown: !orders.isEmpty) { page, rows in
            page.add("NO CAPABLE CENTER IN REACH: \(orders.count) work orders", .alarm)
            for order in orders.prefix(rows) {
                page.add("\(order.id) \(order.equipment) \(order.title): \(order.whyNone)", .alarm)
            }
        }
    }

    private static func services(_ snapshot: DemoSnapshot) -> Section {
        let now = snapshot.status.now
        func isPressing(_ machine: MachineDocument) -> Bool { (machine.nextService?.status.pressure ?? 9) < 3 }
        func rank(_ machine: MachineDocument) -> (Int, Timestamp, MachineKey) {
            let service = machine.nextService
            return (service?.status.pressure ?? 9, service?.due?.p50 ?? .distantFuture, machine.equipment)
        }
        let pressing = snapshot.machines.filter(isPressing).sorted { rank($0) < rank($1) }
        return Section(heading: 1, all: min(10, pressing.count), isShown: true) { page, rows in
            guard !pressing.isEmpty else { return page.add("SERVICES: none due soon", .heading) }
            page.add(
                TextTable(
                    [
                        .init("SERVICES (\(pressing.count))", flexible: true), .init("WHAT", flexible: true),
                        .init("STATUS"), .init("REMAINING", number: true), .init("DUE"),
                        .init("EVERY", flexible: true),
                    ],
                    rows: pressing.prefix(rows).map { machine in
                        let service = machine.nextService
                        return [
                            Cell(machine.equipment.description), Cell(service?.code ?? ""),
                            Cell(service?.status.rawValue ?? "", service?.status.tone ?? .plain),
                            Cell(service?.distance ?? ""), Cell(service?.due?.relative(to: now) ?? "-"),
                            Cell(service?.trigger ?? ""),
                        ]
                    }))
        }
    }

    private static func orders(_ snapshot: DemoSnapshot) -> Section {
        let open = snapshot.openOrders.filter { !$0.isUncovered }
        let byCenter = Dictionary(grouping: open) { $0.center?.text ?? "" }
            .mapValues { $0.sorted { $0.openedAt > $1.openedAt } }
        // The newest of every center before the second of any.
        let ranked = byCenter.flatMap { center, orders in
            orders.enumerated().map { (rank: $0.offset, center: center, order: $0.element) }
        }.sorted { ($0.rank, $0.center) < ($1.rank, $1.center) }
        // The reason for the center has a line of its own: it is what the page is for.
        return Section(heading: 1, all: ranked.count, isShown: true, linesPerRow: 2) { page, rows in
            guard !open.isEmpty else { return page.add("WORK ORDERS: none open", .heading) }
            let entries = ranked.prefix(rows).sorted { ($0.center, $0.rank) < ($1.center, $1.rank) }
            page.add(
                TextTable(
                    [
                        .init("CENTER"), .init("OPEN", number: true), .init("ORDER"), .init("MACHINE", flexible: true),
                        .init("WHAT", flexible: true), .init("STATE"),
                    ],
                    rows: entries.map { entry in
                        [
                            Cell(entry.rank == 0 ? entry.center : ""),
                            Cell(entry.rank == 0 ? "\(byCenter[entry.center]?.count ?? 0)" : ""),
                            Cell(entry.order.id.text), Cell(entry.order.equipment.description),
                            Cell(entry.order.title, entry.order.severity.tone), entry.order.state.cell,
                        ]
                    }, notes: entries.map { Cell("why there: \($0.order.whyThisCenter)", .faint) }))
        }
    }

    private static func events(_ snapshot: DemoSnapshot) -> Section {
        let events = snapshot.events
        let now = snapshot.status.now
        return Section(heading: 1, all: min(12, events.count), isShown: !events.isEmpty) { page, rows in
            page.add("LAST EVENTS", .heading)
            for event in events.prefix(rows) { page.add("\(relative(event.at, to: now)): \(event.text)", event.tone) }
        }
    }
}
