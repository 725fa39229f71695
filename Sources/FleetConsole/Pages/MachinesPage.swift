import FleetModel
import FleetRuntime

extension Page {
    /// Every machine on a line, the worst first.
    package mutating func show(_ document: MachinesDocument) {
        guard !document.machines.isEmpty else {
            add("No machines yet. `zubr machines import FILE.csv` registers some; others appear when they report.")
            return
        }
        let now = document.now
        let sorted = document.machines.sorted { ($0.health, $0.equipment) < ($1.health, $1.equipment) }
        add(
            TextTable(
                [
                    .init("MACHINE"), .init("MODEL"), .init("HEALTH"), .init("CONNECTION"), .init("REPORTED"),
                    .init("NEXT SERVICE", flexible: true), .init("ORDERS", flexible: true),
                    .init("ALERTS", flexible: true),
                ],
                rows: sorted.map { machine in
                    [
                        Cell(machine.equipment.description), Cell(machine.model?.text ?? "-"), machine.health.cell,
                        Cell(machine.connection ?? "-"),
                        Cell(machine.lastReceivedAt.map { relative($0, to: now) } ?? "never"),
                        Page.nextService(machine.nextService, now),
                        Cell(machine.openOrders.map(\.text).joined(separator: " ")),
                        Cell(
                            machine.alerts.joined(separator: "; "),
                            machine.alerts.isEmpty ? .plain : machine.health.tone),
                    ]
                }))
        let counts = MachineHealth.allCases.compactMap { health in
            let count = sorted.count { $0.health == health }
            return count == 0 ? nil : "\(count) \(health.rawValue)"
        }
        blank()
        add("\(quantity(sorted.count, "machine")): \(counts.joined(separator: ", "))", .faint)
    }

    static func nextService(_ service: ServiceStanding?, _ now: Timestamp) -> Cell {
        guard let service else { return "-" }
        let due = service.due.map { " \($0.relative(to: now))" } ?? ""
        return Cell(
            "\(service.code) \(service.status.rawValue)\(due) (\(service.mark.kind.rawValue))", service.status.tone)
    }

    /// Everything known of one machine.
    package mutating func show(_ machine: MachineDetailDocument, now: Timestamp) {
        let summary = machine.summary
        add(summary.equipment.description, .heading)
        var list: [(name: String, value: Cell)] = [
            ("health", summary.health.cell),
            (
                "model",
                Cell(summary.model?.text ?? "not registered: no plan, no orders; `zubr machines import` registers it")
            ),
        ]
        if let known = machine.registration {
            list += [
                ("pin", Cell(known.pin ?? "-")), ("vin", Cell(known.vin ?? "-")), ("site", Cell(known.site)),
                ("owner", Cell(known.owner)), ("contact", Cell(known.contact)),
                ("in service", Cell(known.inService ?? "-")),
            ]
        }
        for former in machine.formerNames {
            list.append(("before", Cell("until \(former.until.iso8601) as \(former.equipment)")))
        }
        list += [
            ("reported", Cell(summary.lastReceivedAt.map { relative($0, to: now) } ?? "never")),
            ("its own clock", Cell(summary.lastObservedAt?.iso8601 ?? "-")),
            ("connection", Cell(summary.connection ?? "never said")),
        ]
        if let mode = summary.mode { list.append(("mode", Cell(mode.rawValue))) }
        if let position = summary.position {
            list.append(
                (
                    "position",
                    Cell("\(decimal(position.latitude, places: 5)), \(decimal(position.longitude, places: 5))")
                ))
        }
        for (meter, value) in summary.meters.sorted(by: { $0.key < $1.key }) {
            list.append((meter, Cell(decimal(value, places: 1))))
        }
        facts(list)
        showServices(machine.services, now)
        if !machine.faults.isEmpty {
            section("Active fault codes")
            for fault in machine.faults { add("  \(fault)") }
        }
        if !machine.alerts.isEmpty {
            section("Alerts")
            show(AlertsDocument(now: now, alerts: machine.alerts))
        }
        if !machine.orders.isEmpty {
            section("Work orders")
            show(WorkOrdersDocument(now: now, workOrders: machine.orders), isVerbose: false)
        }
        showSignals(machine.signals, now)
        if !machine.gaps.isEmpty {
            section("Gaps")
            show(GapsDocument(now: now, gaps: machine.gaps))
        }
    }

    private mutating func showServices(_ services: [ServiceStanding], _ now: Timestamp) {
        guard !services.isEmpty else { return }
        section("Services")
        add(
            TextTable(
                [
                    .init("CODE"), .init("STATUS"), .init("REMAINING", number: true), .init("DUE", flexible: true),
                    .init("EVERY", flexible: true), .init("BY"), .init("DONE", number: true),
                ],
                rows: services.map { service in
                    [
                        Cell(service.code), Cell(service.status.rawValue, service.status.tone), Cell(service.distance),
                        Cell(
                            service.isCoveredBy.map { "with \($0)" }
                                ?? service.due.map { "\($0.relative(to: now)): \($0.spread)" } ?? "-"),
                        Cell(service.trigger), Cell(service.performer.rawValue), Cell("\(service.done)"),
                    ]
                }))
    }

    private mutating func showSignals(_ signals: [SignalDocument], _ now: Timestamp) {
        guard !signals.isEmpty else { return }
        section("Signals")
        add(
            TextTable(
                [
                    .init("SIGNAL"), .init("VALUE", number: true), .init("UNIT"), .init("OBSERVED"),
                    .init("LIMITS", flexible: true),
                ],
                rows: signals.map { signal in
                    [
                        Cell(signal.signal.name), Cell(trimmedNumber(signal.value)), Cell(signal.unit ?? ""),
                        Cell(relative(signal.observedAt, to: now)), Cell(signal.limits ?? ""),
                    ]
                }))
    }
}

/// Three decimals at most, none that say nothing.
func trimmedNumber(_ value: Double) -> String {
    var text = decimal(value, places: 3)
    guard text.contains(".") else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
}
