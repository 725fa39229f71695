import FleetModel
import FleetRuntime
import Hummingbird
import HummingbirdCore
import Logging
import ServiceLifecycle

/// The metrics page on a TCP port, for Prometheus; there is nothing else at this door.
///
/// When it cannot listen, it says so and tries again: nobody's telemetry waits for a page of figures.
package struct MetricsServer: Service {
    private let listen: MetricsSettings
    private let metrics: @Sendable () async -> String
    private let gauges: DaemonGauges
    private let clock: any Clock<Duration>
    private let logger: Logger

    package init(
        _ listen: MetricsSettings, metrics: @escaping @Sendable () async -> String, gauges: DaemonGauges,
        clock: any Clock<Duration> = ContinuousClock(), logger: Logger = Logger(label: "zubrd.metrics")
    ) {
        self.listen = listen
        self.metrics = metrics
        self.gauges = gauges
        self.clock = clock
        self.logger = logger
    }

    static let connectionLimit = 16
    private static var retryEvery: Duration { .seconds(10) }

    package func run() async throws {
        while !Task.isCancelled && !Task.isShuttingDownGracefully {
            do {
                try await serve()
            } catch {
                gauges.trouble(
                    .metrics,
                    "the metrics page cannot listen on \(listen): \(error); give metrics.listen in zubrd.yaml a free address of this machine"
                )
                logger.error("the metrics page cannot listen", metadata: ["address": "\(listen)", "cause": "\(error)"])
                await cancelWhenGracefulShutdown { try? await clock.sleep(for: Self.retryEvery) }
            }
        }
    }

    private func serve() async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { request, _ in
                guard request.uri.path == "/metrics" else {
                    return Response(
                        TextPage(text: "only /metrics is here\n", type: "text/plain; charset=utf-8"), status: .notFound)
                }
                guard request.method == .get else {
                    return Response(
                        TextPage(text: "only GET is done here\n", type: "text/plain; charset=utf-8"),
                        status: .methodNotAllowed)
                }
                return Response(.metrics(await metrics()))
            },
            server: .http1(configuration: .init(idleTimeout: .seconds(30))),
            configuration: ApplicationConfiguration(
                address: .hostname(listen.host, port: listen.port),
                availableConnectionsDelegate: MaximumAvailableConnections(Self.connectionLimit)),
            onServerRunning: { _ in gauges.over(.metrics) }, logger: quiet)
        try await application.run()
    }
}
