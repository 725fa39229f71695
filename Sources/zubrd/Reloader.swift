import FleetConfiguration
import FleetModel
import FleetRuntime
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
