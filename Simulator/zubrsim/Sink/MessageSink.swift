import FleetModel

/// Where messages go: a broker or a file.
protocol MessageSink: Sendable {
    /// Returns when it takes messages.
    func open() async throws
    func send(_ message: SentMessage) async throws
    func close() async throws
}
