import FleetModel
import FleetRuntime

/// The daemon's connections to the broker, as its loops see them.
struct SimulatedInbox: TelemetryInbox {
    let world: World
    let time: DaemonTime

    func collect() async throws(InboxFailure) -> [InboundMessage] { try world.collect(at: time.now()) }
    func acknowledge() async throws(InboxFailure) { try world.acknowledge() }
    func abandon() async { world.abandon() }
}

struct SimulatedPost: CenterPost {
    let world: World

    func publish(_ body: [UInt8], to topic: Topic) async throws(InboxFailure) { try world.publish(body, to: topic) }
}
