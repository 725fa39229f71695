import FleetModel
import FleetRuntime

extension Page {
    /// Alerts, the worst first.
    package mutating func show(_ document: AlertsDocument) {
        guard !document.alerts.isEmpty else {
            add("No alerts.", .good)
            return
        }
        let sorted = document.alerts.sorted { ($1.severity, $0.firedAt) < ($0.severity, $1.firedAt) }
        add(
            TextTable(
                [
                    .init("SEVERITY"), .init("STATE"), .init("MACHINE"), .init("RULE", flexible: true),
                    .init("RAISED"), .init("ALERT", flexible: true), .init("EVIDENCE", flexible: true),
                    .init("DO FIRST", flexible: true),
                ],
                rows: sorted.map { alert in
                    let rule = alert.subject.isEmpty ? alert.rule.text : "\(alert.rule) \(alert.subject)"
                    return [
                        alert.severity.cell, Cell(alert.acknowledgedBy.map { "seen by \($0)" } ?? alert.state.rawValue),
                        Cell(alert.equipment.description), Cell("\(rule) #\(alert.episode)"),
                        Cell(relative(alert.raisedAt, to: document.now)), Cell(alert.title), Cell(alert.evidence),
                        Cell(alert.advice),
                    ]
                }))
    }
}
