import FleetConfiguration
import FleetModel
import FleetRuntime
import FleetStore
import Logging

/// What a new configuration reaches, each part when its loop begins its next round.
final class LiveParts: Sendable {
    let knowledge: Live<FleetKnowledge>
    let machines: Live<[Machine]>
    let limits: Live<IngestLimits>
    let backup: Live<BackupSettings?>
    private let logLevel: Live<Logger.Level>
    private let running: Live<FleetConfiguration>
    private let database: FleetDatabase

    init(_ configuration: FleetConfiguration, database: FleetDatabase, logLevel: Live<Logger.Level>) {
        running = Live(configuration)
        knowledge = Live(FleetKnowledge(configuration))
        machines = Live(configuration.machines)
        limits = Live(configuration.daemon.limits)
        backup = Live(configuration.daemon.backup)
        self.logLevel = logLevel
        self.database = database
    }

    /// Hands out what can be taken while running; returns the names of what cannot.
    func take(_ read: FleetConfiguration) -> [String] {
        let before = running.value
        let next = before.taking(read)
        running.replace(by: next)
        database.take(catalog: next.catalog, limits: next.daemon.limits, retention: next.daemon.retention)
        limits.replace(by: next.daemon.limits)
        // What did not change disturbs nobody: the evaluator would begin again from the store.
        let known = FleetKnowledge(next)
        if known != FleetKnowledge(before) { knowledge.replace(by: known) }
        if next.machines != before.machines { machines.replace(by: next.machines) }
        if next.daemon.backup != before.daemon.backup { backup.replace(by: next.daemon.backup) }
        logLevel.replace(by: Logger.Level(next.daemon.log))
        return before.settingsThatNeedRestart(for: read)
    }
}

extension FleetKnowledge {
    init(_ configuration: FleetConfiguration) {
        self.init(
            catalog: configuration.catalog, rules: configuration.rules, network: configuration.network,
            desk: configuration.desk)
    }
}
