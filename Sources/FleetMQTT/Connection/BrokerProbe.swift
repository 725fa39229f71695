import FleetModel
import FleetRuntime
import Glibc

/// Tries a broker as the daemon would meet it, and leaves everything there as it was.
///
/// Only for when no daemon is connected: the broker has one connection a client id, and throws the other out. It greets
/// exactly as the daemon does, with its client id and without a clean start: under `use_username_as_clientid` any other
/// greeting of that user would delete the queue the broker keeps for the daemon. It reads nothing and acknowledges
/// nothing, so whatever the broker sends meanwhile comes again.
package struct BrokerProbe: Sendable {
    private let settings: BrokerSettings
    private let patience: Duration

    package init(_ settings: BrokerSettings, patience: Duration = .seconds(5)) {
        self.settings = settings
        self.patience = patience
    }

    /// Whether anybody listens at the address; blocks for at most the patience.
    package func callAtDoor() throws(InboxFailure) {
        try TCPProbe(
            host: settings.host, port: settings.port, timeout: patience, wakeUp: WakeUp(), isClosing: { false }
        ).callAtDoor()
    }

    /// Whether the broker takes the user for telemetry.
    package func tryInbox() throws(InboxFailure) {
        try greet(
            Greeting(settings, as: settings.inbox, sessionExpiry: settings.sessionExpiry, inFlightLimit: 1))
    }

    /// Whether the broker takes the user for work orders.
    package func tryPost() throws(InboxFailure) {
        try greet(Greeting(settings, as: settings.post, sessionExpiry: nil, inFlightLimit: 1))
    }

    private func greet(_ greeting: Greeting) throws(InboxFailure) {
        try callAtDoor()
        let session = try MosquittoSession(greeting, now: { .epoch })
        let bell = WakeUp()
        let deadline = ContinuousClock.now + patience
        while try !session.isWelcome() {
            let left = deadline - .now
            guard left > .zero else {
                throw .disconnected("the broker at \(greeting.address) did not answer our greeting within \(patience)")
            }
            // Before the welcome there is nothing that could be acknowledged by writing.
            if session.wantsWrite { try session.write(uncommitted: 0) }
            let events = bell.wait(on: session.descriptor, for: POLLIN, atMost: left)
            if events != 0 { try session.read() }
        }
    }

    /// Of libmosquitto, as `2.0.11`.
    package static var libraryVersion: String { MosquittoLibrary.version }
}
