import FleetModel
import Logging
import ServiceLifecycle

/// Puts the machines of the configuration into the store, once, as soon as the store takes them.
///
/// A loop of its own, because a disk that is full at the start must not keep the daemon from serving reads.
package struct Registrar<Store: FleetRegistry>: Service {
    private let store: Store
    private let machines: [Machine]
    private let gauges: DaemonGauges
    private let clock: any Clock<Duration>
    private let logger: Logger

    package init(
        store: Store, machines: [Machine], gauges: DaemonGauges, clock: any Clock<Duration>, logger: Logger
    ) {
        self.store = store
        self.machines = machines
        self.gauges = gauges
        self.clock = clock
        self.logger = logger
    }

    package func run() async throws {
        var backoff = Backoff()
        while !Task.isCancelled && !Task.isShuttingDownGracefully {
            if try await step() { break }
            let pause = backoff.pause()
            await cancelWhenGracefulShutdown { try? await clock.sleep(for: pause) }
        }
        // A service that ends by itself ends the daemon.
        try? await gracefulShutdown()
    }

    /// Whether it is done; a failure that waiting cannot mend is thrown.
    package func step() async throws(StoreFailure) -> Bool {
        do throws(StoreFailure) {
            for name in try await store.configure(machines) {
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
