import FleetAPI
import FleetConfiguration
import FleetModel
import FleetRuntime
import FleetStore
import Logging
import ServiceLifecycle

extension Daemon {
    /// Everything that runs, in the order in which it starts.
    ///
    /// Shut down from the last to the first: nothing new comes in while what has come is still being decided.
    func services(_ adapters: Adapters, watchdog: Duration?) -> [any Service] {
        var services = upkeep(adapters) + work(adapters) + doors(adapters)
        if let manager = adapters.manager {
            // The first to shut down, so that it says so before the others take their time.
            services.append(
                Heartbeat(
                    manager: manager, store: adapters.database, gauges: adapters.gauges,
                    broker: { [inbox = adapters.inbox] in inbox.gauges.snapshot }, watchdog: watchdog,
                    clock: ContinuousClock(), now: adapters.now, logger: .for("heartbeat")))
        }
        return services
    }

    /// What keeps the daemon's own house.
    private func upkeep(_ adapters: Adapters) -> [any Service] {
        let (database, parts, gauges, now) = (adapters.database, adapters.parts, adapters.gauges, adapters.now)
        let manager = adapters.manager
        return [
            Reloader(
                load: load, parts: parts, gauges: gauges, now: now, logger: .for("configuration"),
                onReloading: { manager?.tell(.reloading(atMicroseconds: NotifySocket.monotonicMicroseconds)) },
                onReloaded: { manager?.tell(.ready) }),
            Archivist(
                store: database, settings: parts.backup, time: adapters.time, gauges: gauges, clock: ContinuousClock(),
                now: now, logger: .for("backup")),
            Registrar(
                store: database, machines: parts.machines, gauges: gauges, clock: ContinuousClock(),
                logger: .for("registrar")),
            Custodian(store: database, gauges: gauges, clock: ContinuousClock(), now: now, logger: .for("custodian")),
        ]
    }

    /// The way of a message, from its end: orders, decisions, time, telemetry.
    private func work(_ adapters: Adapters) -> [any Service] {
        let (database, parts, gauges, now) = (adapters.database, adapters.parts, adapters.gauges, adapters.now)
        let time = adapters.time
        return [
            Courier(
                store: database, post: adapters.post, knowledge: parts.knowledge, time: time, gauges: gauges,
                clock: ContinuousClock(), now: now, logger: .for("courier")),
            Evaluator(
                store: database, knowledge: parts.knowledge, time: time, gauges: gauges, clock: ContinuousClock(),
                now: now, logger: .for("evaluator")),
            ClockWatch(
                time: time, store: database, limits: parts.limits, gauges: gauges, clock: ContinuousClock(),
                logger: .for("clock")),
            Ingestor(
                inbox: adapters.inbox, store: database, limits: parts.limits, time: time, gauges: gauges,
                clock: ContinuousClock(), now: now, fault: fault, logger: .for("ingestor")),
        ]
    }

    /// Where others ask: the API, and the page of metrics when there is to be one.
    private func doors(_ adapters: Adapters) -> [any Service] {
        let (database, manager) = (adapters.database, adapters.manager)
        let settings = configuration.daemon
        let status = adapters.status(databasePath: settings.database)
        let retry = QuarantineRetry(store: database, limits: adapters.parts.limits)
        var doors: [any Service] = [
            FleetServer(
                reader: database, registry: database, status: { await status.document() },
                metrics: { await status.metrics() }, retry: { try await retry.retry($0) }, now: adapters.now,
                socket: settings.socket, logger: .for("api"), onListening: { manager?.tell(.ready) })
        ]
        if let metrics = settings.metrics {
            doors.append(
                MetricsServer(
                    metrics, metrics: { await status.metrics() }, gauges: adapters.gauges, logger: .for("metrics")))
        }
        return doors
    }
}

extension Logger {
    fileprivate static func `for`(_ part: String) -> Logger { Logger(label: "zubrd.\(part)") }
}
