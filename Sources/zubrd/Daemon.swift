import FleetAPI
import FleetConfiguration
import FleetMQTT
import FleetModel
import FleetRuntime
import FleetStore
import Foundation
import Logging
import ServiceLifecycle

/// The adapters and the loops of one daemon, connected.
struct Daemon {
    private let configuration: FleetConfiguration
    private let fault: InjectedFault?
    private let logger: Logger

    init(_ configuration: FleetConfiguration, fault: InjectedFault?, logger: Logger) {
        self.configuration = configuration
        self.fault = fault
        self.logger = logger
    }

    /// Runs until a signal or a failure that waiting cannot mend; closes everything in either case.
    func run() async throws {
        let settings = configuration.daemon
        // Readings and contacts are for the daemon's user and group; others need not read them.
        umask(0o027)
        let environment = ProcessInfo.processInfo.environment
        let manager = NotifySocket(environment)
        manager?.tell(.status("opening \(settings.database)"))
        let clock = FleetClock(settings.clock, real: Timestamp.systemNow)
        let now: @Sendable () -> Timestamp = { clock.now() }
        for file in [settings.database, settings.socket] {
            try FileManager.default.createDirectory(
                at: URL(fileURLWithPath: file).deletingLastPathComponent(), withIntermediateDirectories: true)
        }
        let database = try await FleetDatabase.open(
            path: settings.database, access: .daemon, catalog: configuration.catalog, limits: settings.limits,
            keepsBallast: true, sync: fault == .synchronousNormal ? .normal : .full)
        let gauges = DaemonGauges()
        let inbox = MosquittoInbox(settings.broker, limits: settings.limits, now: now)
        let post = MosquittoPost(settings.broker, now: now)
        let status = DaemonStatus(
            reader: database, gauges: gauges, broker: { inbox.gauges.snapshot },
            post: { post.gauges.snapshot }, clock: clock, databasePath: settings.database, version: zubrVersion)
        let retry = QuarantineRetry(store: database, limits: settings.limits)

        // Shut down from the last to the first: nothing new comes in while what has come is still being decided.
        var services: [any Service] = [
            Registrar(
                store: database, machines: configuration.machines, gauges: gauges, clock: ContinuousClock(),
                logger: logger.for("registrar")),
            Custodian(
                store: database, gauges: gauges, clock: ContinuousClock(), now: now, logger: logger.for("custodian")),
            Courier(
                store: database, post: post, rules: configuration.desk, gauges: gauges, clock: ContinuousClock(),
                now: now, logger: logger.for("courier")),
            Evaluator(
                store: database,
                knowledge: FleetKnowledge(
                    catalog: configuration.catalog, rules: configuration.rules, network: configuration.network,
                    desk: configuration.desk),
                gauges: gauges, clock: ContinuousClock(), now: now, logger: logger.for("evaluator")),
            Ingestor(
                inbox: inbox, store: database, limits: settings.limits, gauges: gauges, clock: ContinuousClock(),
                now: now, fault: fault, logger: logger.for("ingestor")),
            FleetServer(
                reader: database, registry: database, status: { await status.document() },
                metrics: { await status.metrics() },
                retry: { try await retry.retry($0) }, now: now, socket: settings.socket, logger: logger.for("api"),
                onListening: { manager?.tell(.ready) }),
        ]
        if let metrics = settings.metrics {
            services.append(
                MetricsServer(
                    metrics, metrics: { await status.metrics() }, gauges: gauges, logger: logger.for("metrics")))
        }
        if let manager {
            // The first to shut down, so that it says so before the others take their time.
            services.append(
                Heartbeat(
                    manager: manager, store: database, gauges: gauges, broker: { inbox.gauges.snapshot },
                    watchdog: NotifySocket.watchdogInterval(environment, process: getpid()),
                    clock: ContinuousClock(), now: now, logger: logger.for("heartbeat")))
        }
        let group = ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger))
        logger.notice(
            "starting",
            metadata: [
                "database": "\(settings.database)", "socket": "\(settings.socket)",
                "broker": "\(settings.broker.host):\(settings.broker.port)",
                "machines": "\(configuration.machines.count)",
                "centers": "\(configuration.network.centers.count)",
            ])
        let outcome = await Result { try await group.run() }
        await inbox.shutdown()
        await post.shutdown()
        await database.close()
        try outcome.get()
        logger.notice("stopped")
    }
}

extension Logger {
    fileprivate func `for`(_ part: String) -> Logger {
        var logger = Logger(label: "zubrd.\(part)")
        logger.logLevel = logLevel
        return logger
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
