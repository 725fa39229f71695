import FleetModel

/// Where messages go: a broker or a file.
protocol MessageSink: Sendable {
    func send(topic: String, body: [UInt8], at time: Timestamp) async throws
    /// Returns when everything sent so far has arrived.
    func settle() async throws
    func close() async throws
}
