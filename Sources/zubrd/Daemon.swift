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
    let configuration: FleetConfiguration
    private let file: String
    let load: @Sendable () throws -> FleetConfiguration
    let fault: InjectedFault?
    private let logLevel: Live<Logger.Level>
    private let logger: Logger

    /// - Parameters:
    ///   - file: where the configuration was read.
    ///   - load: reads it again.
    init(
        _ configuration: FleetConfiguration, file: String, load: @escaping @Sendable () throws -> FleetConfiguration,
        fault: InjectedFault?, logLevel: Live<Logger.Level>, logger: Logger
    ) {
        self.configuration = configuration
        self.file = file
        self.load = load
        self.fault = fault
        self.logLevel = logLevel
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
        for file in [settings.database, settings.socket] {
            try FileManager.default.createDirectory(
                at: URL(fileURLWithPath: file).deletingLastPathComponent(), withIntermediateDirectories: true)
        }
        let adapters = try await Adapters(configuration, fault: fault, logLevel: logLevel, manager: manager)
        var loaded = ConfigurationDocument()
        loaded.file = file
        loaded.loadedAt = adapters.now()
        adapters.gauges.update(configuration: loaded)
        let services = services(adapters, watchdog: NotifySocket.watchdogInterval(environment, process: getpid()))
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
        await adapters.inbox.shutdown()
        await adapters.post.shutdown()
        await adapters.database.close()
        try outcome.get()
        logger.notice("stopped")
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
