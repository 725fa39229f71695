import FleetRuntime

/// Why a command cannot go on, with what to do about it.
package struct CommandFailure: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

extension CommandFailure {
    init(publishing failure: InboxFailure, to broker: String) {
        self.init(
            "publishing to \(broker) failed: \(failure.message); check the address, the user and that the broker runs")
    }
}
