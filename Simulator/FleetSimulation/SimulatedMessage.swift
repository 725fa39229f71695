import FleetModel

/// A message as a machine hands it to the broker.
package struct SimulatedMessage: Sendable, Hashable {
    package var machine: MachineKey
    package var topic: String
    package var body: [UInt8]
    /// When it reaches the broker.
    package var publishAt: Timestamp
    /// Whoever subscribes later gets it too.
    package var isRetained = false
    /// What the body says.
    package var content: Content

    package enum Content: Sendable, Hashable {
        case frames([Frame])
        case status(isConnected: Bool)
        /// Nothing a machine of the fleet would send.
        case hostile(HostileMessage)
    }
}
