import FleetModel

extension ServicePlanner {
    /// The needs that are to be ordered from a center now: due soon, due or overdue, done by a center, and not
    /// contained in a larger one that is.
    package func needs(
        of machine: Machine, condition: MachineCondition, standings: [ServiceStanding]
    ) -> [Need] {
        guard let plan = catalog.plan(of: machine.model) else { return [] }
        return standings.compactMap { standing in
            guard standing.performer == .center, standing.status.isPressing, standing.isCoveredBy == nil,
                let service = plan.services.first(where: { $0.code == standing.code })
            else { return nil }
            // What it stands for comes with it: a large service due soon that contains an overdue one is urgent.
            let contained = nestings[plan.id]?.covered[standing.code] ?? []
            let meant = standings.filter {
                $0.code != standing.code && $0.isCoveredBy != nil && contained.contains($0.code)
                    && $0.performer == .center
            }
            let severity = meant.map(\.status.severity).reduce(standing.status.severity, max)
            let due = ([standing] + meant).compactMap(\.due).min { $0.p50 < $1.p50 }
            return Need(
                machine: machine.key, key: .service(code: standing.code, done: standing.done),
                title: "\(service.code) of \(machine.model)",
                reason: reason(standing, service: service, machine: machine, condition: condition, meant: meant),
                severity: severity, due: due, tasks: service.tasks.value, parts: service.parts.value,
                durationHours: service.durationHours.value, labourPersonHours: service.labourPersonHours.value,
                requirement: service.requirement)
        }
    }

    /// The need that a finding is, when its rule asks for a repair; it is due at once.
    package func need(for finding: Finding) -> Need? {
        guard let repair = finding.repair, finding.clearedAt == nil else { return nil }
        return Need(
            machine: finding.machine, key: .finding(finding.episode), title: repair.title,
            reason: "\(finding.title): \(finding.evidence)", severity: finding.severity,
            due: DueDate(exactly: finding.raisedAt), tasks: finding.advice.isEmpty ? [] : [finding.advice],
            parts: repair.parts, durationHours: repair.durationHours, labourPersonHours: repair.labourPersonHours,
            requirement: repair.requirement, stopsMachine: repair.stopsMachine)
    }

    /// `engine_hours 12245.3 h; TO-2 every 500 h (assumed), 4.7 h left`
    private func reason(
        _ standing: ServiceStanding, service: ServiceInterval, machine: Machine, condition: MachineCondition,
        meant: [ServiceStanding]
    ) -> String {
        let meters = service.triggers.compactMap { trigger -> String? in
            guard case .meter(let meter, _) = trigger, meter.unit == standing.unit,
                let scale = MeterScale(meter, machine: machine, condition: condition)
            else { return nil }
            return "\(meter.rawValue) \(decimal(scale.current, places: 1)) \(meter.unit); "
        }
        let left =
            standing.remaining.map { remaining in
                let amount = "\(decimal(abs(remaining), places: 1)) \(standing.unit)"
                return remaining >= 0 ? ", \(amount) left" : ", \(amount) over"
            } ?? ""
        let silent = standing.due?.isEstimate == true ? "; date estimated" : ""
        let with =
            meant.isEmpty
            ? "" : "; includes " + meant.map { "\($0.code) (\($0.status.rawValue))" }.joined(separator: ", ")
        return "\(meters.first ?? "")\(standing.code) \(standing.trigger)\(left)\(silent)\(with)"
    }
}

extension ServiceStanding.Status {
    /// How much it matters to the one who plans the work.
    var severity: Severity {
        switch self {
        case .unknown, .ok, .dueSoon: .info
        case .due: .minor
        case .overdue: .major
        }
    }
}
