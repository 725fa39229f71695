import FleetModel
import Logging
import ServiceLifecycle

/// Puts the machines of the configuration into the store, as soon as the store takes them, and again when another
/// configuration was read.
///
/// A loop of its own, because a disk that is full at the start must not keep the daemon from serving reads.
package struct Registrar<Store: FleetRegistry>: Service {
    private let store: Store
    private let machines: Live<[Machine]>
    private let gauges: DaemonGauges
    private let clock: any Clock<Duration>
    private let logger: Logger

    package init(
        store: Store, machines: Live<[Machine]>, gauges: DaemonGauges, clock: any Clock<Duration>, logger: Logger
    ) {
        self.store = store
        self.machines = machines
        self.gauges = gauges
        self.clock = clock
        self.logger = logger
    }

    private static var roundEvery: Duration { .seconds(1) }

    package func run() async throws {
        var backoff = Backoff()
        var registered: Int?
        while !Task.isCancelled && !Task.isShuttingDownGracefully {
            let version = machines.current.version
            if registered != version, try await step() {
                registered = version
                backoff.reset()
            }
            let pause = registered == version ? Self.roundEvery : backoff.pause()
            await cancelWhenGracefulShutdown { try? await clock.sleep(for: pause) }
        }
    }

    /// Whether it is done; a failure that waiting cannot mend is thrown.
    package func step() async throws(StoreFailure) -> Bool {
        do throws(StoreFailure) {
            for name in try await store.configure(machines.value) {
                logger.warning(
                    "the configuration has a machine under a name that is retired; it is left out",
                    metadata: ["machine": "\(name)", "next": "write the machine's new name into the file"])
            }
            gauges.over(.registry)
            return true
        } catch {
            guard error.isTransient else { throw error }
            gauges.trouble(.registry, "the machines of the configuration are not registered yet: \(error.message)")
            logger.error(
                "registering the configured machines failed, trying again", metadata: ["cause": "\(error.message)"])
            return false
        }
    }
}
