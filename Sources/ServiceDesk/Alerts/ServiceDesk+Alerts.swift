import FleetModel

extension ServiceDesk {
    /// Findings raised or cleared: alerts fire and resolve, once an episode.
    package mutating func note(_ findings: [Finding], now: Timestamp) -> [DeskEffect] {
        findings.compactMap { finding in
            let key = AlertKey(machine: finding.machine, episode: finding.episode)
            guard let clearedAt = finding.clearedAt else {
                guard alerts[key] == nil else { return nil }
                let alert = Alert(finding: finding, firedAt: now)
                alerts[key] = alert
                return .saveAlert(alert)
            }
            guard var alert = alerts.removeValue(forKey: key) else { return nil }
            alert.finding.clearedAt = clearedAt
            alert.state = .resolved
            alert.resolvedAt = now
            return .saveAlert(alert)
        }
    }

    /// Somebody has seen the alert. The first who says so is kept.
    package mutating func acknowledge(
        _ machine: MachineKey, _ episode: EpisodeKey, by person: String, now: Timestamp
    ) -> [DeskEffect] {
        let key = AlertKey(machine: machine, episode: episode)
        guard var alert = alerts[key], alert.state == .firing else { return [] }
        alert.state = .acknowledged
        alert.acknowledgedAt = now
        alert.acknowledgedBy = person
        alerts[key] = alert
        return [.saveAlert(alert)]
    }
}
