import FleetConfiguration
import FleetModel
import FleetRuntime
import FleetStore
import Logging
import ServiceLifecycle
import UnixSignals

/// Reads the configuration anew at SIGHUP: all of it is taken, or nothing.
struct Reloader: Service {
    /// Reads the files, with what the command line changes of them.
    let load: @Sendable () throws -> FleetConfiguration
    let parts: LiveParts
    let gauges: DaemonGauges
    let now: @Sendable () -> Timestamp
    let logger: Logger
    /// The one place that learns when reading begins and when it is over: for the service manager.
    var onReloading: @Sendable () -> Void = {}
    var onReloaded: @Sendable () -> Void = {}

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sighup) {
                onReloading()
                reload()
                onReloaded()
            }
        }
    }

    private func reload() {
        var document = gauges.configuration
        do {
            let read = try load()
            for warning in read.warnings { logger.warning("\(warning)") }
            document.needsRestart = parts.take(read)
            document.loadedAt = now()
            document.refusedAt = nil
            document.problems = []
            gauges.over(.configuration)
            logger.notice(
                "configuration read anew",
                metadata: [
                    "machines": "\(read.machines.count)", "centers": "\(read.network.centers.count)",
                    "rules": "\(read.rules.count)",
                ])
            if !document.needsRestart.isEmpty {
                logger.warning(
                    "not taken before a restart: \(document.needsRestart.joined(separator: ", ")); everything else is")
            }
        } catch {
            let problems = (error as? ConfigurationProblems)?.problems.map(\.description) ?? ["\(error)"]
            document.refusedAt = document.refusedAt ?? now()
            document.problems = problems
            for problem in problems { logger.error("configuration refused: \(problem)") }
            let others = problems.count > 1 ? " (and \(problems.count - 1) more, see the log)" : ""
            let since = document.refusedAt!.iso8601
            gauges.trouble(
                .configuration,
                "configuration refused since \(since), running on as before: \(problems.first ?? "")\(others); mend it and send SIGHUP again"
            )
        }
        gauges.update(configuration: document)
    }
}

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
        database.take(catalog: next.catalog, limits: next.daemon.limits)
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
