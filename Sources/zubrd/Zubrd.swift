import ArgumentParser
import CLinux
import FleetAPI
import FleetConfiguration
import FleetMQTT
import FleetModel
import FleetRuntime
import FleetStore
import Foundation
import Logging
import ServiceDesk
import ServiceLifecycle

/// The daemon: reads its configuration, connects the adapters to the loops, and runs them until told to stop.
@main
struct Zubrd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zubrd",
        abstract: "Takes telemetry over MQTT, stores it, and puts work orders before service centers.",
        discussion: """
            Runs in the foreground and writes its log to stderr; SIGTERM or SIGINT ends it cleanly.

            Example:
              zubrd --config Config/zubrd.yaml
            """,
        version: zubrVersion)

    @Option(help: "The daemon's configuration file.")
    var config = "/etc/zubr/zubrd.yaml"

    @Option(help: "The broker, instead of the configuration's: mqtt://user:password@host:port.")
    var broker: String?

    @Option(help: "The database file, instead of the configuration's.")
    var database: String?

    @Option(help: "The Unix socket to listen on, instead of the configuration's.")
    var socket: String?

    @Option(help: "The real instant (RFC 3339) at which the daemon's clock and the real one agree.")
    var clockEpoch: String?

    @Option(help: "How many times faster than the real clock the daemon's runs.")
    var clockRate: Double?

    @Option(help: "How much to log, instead of the configuration's: debug, info, notice, warning, error.")
    var logLevel: LogLevel?

    @Option(help: .hidden)
    var inject: InjectedFault?

    func run() async throws {
        // Threads each get an arena of their own otherwise, and what a burst needed in one stays there for good.
        mallopt(M_ARENA_MAX, 2)
        // The allocator raises this limit with every large piece that is freed; pieces below it then leave holes.
        mallopt(M_MMAP_THRESHOLD, 64 << 10)
        mallopt(M_TRIM_THRESHOLD, 128 << 10)
        let configuration: FleetConfiguration
        do {
            configuration = try configured()
        } catch let problems as ConfigurationProblems {
            throw StartFailure(message: "\(problems)")
        }
        let level = Live(Logger.Level(configuration.daemon.log))
        LoggingSystem.bootstrap { LiveLogHandler(label: $0, level: level) }
        let logger = Logger(label: "zubrd")
        for warning in configuration.warnings { logger.warning("\(warning)") }
        if let inject {
            logger.warning("running with a deliberate mistake", metadata: ["inject": "\(inject.rawValue)"])
        }
        do {
            let command = self
            try await Daemon(
                configuration, file: config, load: { try command.configured() }, fault: inject, logLevel: level,
                logger: logger
            ).run()
        } catch let failure as StoreFailure {
            throw StartFailure(message: failure.message)
        }
    }

    /// The configuration with what the command line changes of it.
    private func configured() throws -> FleetConfiguration {
        var configuration = try FleetConfiguration.load(config)
        if let broker {
            let given = try BrokerSettings(url: broker, clientID: configuration.daemon.broker.inbox.clientID)
            configuration.daemon.broker.host = given.host
            configuration.daemon.broker.port = given.port
            configuration.daemon.broker.tls = given.tls ?? configuration.daemon.broker.tls
            if given.inbox.user != nil { configuration.daemon.broker.inbox = given.inbox }
        }
        if let database { configuration.daemon.database = database }
        if let logLevel { configuration.daemon.log = logLevel }
        if let socket { configuration.daemon.socket = socket }
        if let clockEpoch {
            guard let epoch = Timestamp(iso8601: clockEpoch) else {
                throw ValidationError("--clock-epoch takes RFC 3339, such as 2026-03-01T08:00:00Z")
            }
            configuration.daemon.clock.epoch = epoch
        }
        if let clockRate {
            guard clockRate > 0, clockRate <= 1_000_000 else {
                throw ValidationError("--clock-rate takes a number above 0 and at most 1,000,000")
            }
            configuration.daemon.clock.rate = clockRate
        }
        if configuration.daemon.clock.rate != 1, configuration.daemon.clock.epoch == .epoch {
            throw ValidationError(
                "a clock that runs faster needs --clock-epoch: the real instant from which it does, such as now")
        }
        return configuration
    }
}

extension LogLevel: ExpressibleByArgument {}
extension InjectedFault: ExpressibleByArgument {}

/// Why the daemon does not start: printed as it is, exit 1.
struct StartFailure: Error, CustomStringConvertible {
    let message: String
    var description: String { message }
}
