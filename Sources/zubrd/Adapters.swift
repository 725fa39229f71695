import FleetConfiguration
import FleetMQTT
import FleetModel
import FleetRuntime
import FleetStore
import Logging

/// What the loops of one daemon share: the database, the two connections to the broker, the time.
struct Adapters {
    let database: FleetDatabase
    let time: DaemonTime
    let parts: LiveParts
    let gauges = DaemonGauges()
    let inbox: MosquittoInbox
    let post: MosquittoPost
    /// `nil` when no service manager has started us.
    let manager: NotifySocket?

    /// Opens the database and begins to call the broker.
    init(
        _ configuration: FleetConfiguration, fault: InjectedFault?, logLevel: Live<Logger.Level>, manager: NotifySocket?
    ) async throws {
        let settings = configuration.daemon
        let database = try await FleetDatabase.open(
            path: settings.database, access: .daemon, catalog: configuration.catalog, limits: settings.limits,
            retention: settings.retention, keepsBallast: true, sync: fault == .synchronousNormal ? .normal : .full)
        let time = DaemonTime(
            settings.clock, newestStored: try await database.newestArrival(), wall: Timestamp.systemNow,
            boot: Duration.systemSinceBoot)
        self.database = database
        self.time = time
        self.manager = manager
        parts = LiveParts(configuration, database: database, logLevel: logLevel)
        inbox = MosquittoInbox(settings.broker, limits: settings.limits, now: { time.now() })
        post = MosquittoPost(settings.broker, now: { time.now() })
    }

    var now: @Sendable () -> Timestamp { { [time] in time.now() } }

    func status(databasePath: String) -> DaemonStatus<FleetDatabase> {
        DaemonStatus(
            reader: database, gauges: gauges, broker: { [inbox] in inbox.gauges.snapshot },
            post: { [post] in post.gauges.snapshot }, time: time, databasePath: databasePath, version: zubrVersion)
    }
}
