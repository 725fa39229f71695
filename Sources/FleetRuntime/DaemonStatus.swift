import FleetModel

/// Puts together what `status` shows.
package struct DaemonStatus<Reader: FleetReader>: Sendable {
    private let reader: Reader
    private let gauges: DaemonGauges
    private let broker: @Sendable () -> BrokerDocument
    private let time: DaemonTime
    private let databasePath: String
    private let startedAt: Timestamp
    private let version: String

    /// - Parameter broker: how the connection for telemetry stands.
    package init(
        reader: Reader, gauges: DaemonGauges, broker: @escaping @Sendable () -> BrokerDocument, time: DaemonTime,
        databasePath: String, version: String
    ) {
        self.reader = reader
        self.gauges = gauges
        self.broker = broker
        self.time = time
        self.databasePath = databasePath
        self.version = version
        startedAt = time.now()
    }

    package func document() async -> StatusDocument {
        let broker = broker()
        let now = time.now()
        var problems = broker.problems(at: now) + gauges.problems
        var counts = StoreCounts()
        do throws(StoreFailure) {
            counts = try await reader.counts()
        } catch {
            problems.append("the database cannot be read: \(error.message)")
        }
        let (standing, fullAt) = gauges.disk
        var document = StatusDocument(
            version: version, state: problems.isEmpty ? .running : .degraded, problems: problems, startedAt: startedAt,
            now: now, clock: time.document(),
            broker: broker, ingest: gauges.ingest,
            store: StoreDocument(
                path: databasePath, databaseBytes: standing?.databaseBytes ?? 0, walBytes: standing?.walBytes ?? 0,
                freeBytes: standing?.freeBytes ?? 0, fullAt: fullAt, frames: counts.frames,
                quarantined: counts.quarantined, gaps: counts.gaps, missingFrames: counts.missingFrames,
                duplicateFrames: counts.duplicateFrames, redeliveredMessages: counts.redeliveredMessages),
            machines: counts.machines, orders: counts.orders, alertsFiring: counts.alertsFiring)
        document.configuration = gauges.configuration
        document.backup = gauges.backup
        return document
    }
}

extension BrokerDocument {
    /// What is wrong with the connection, for an operator.
    package func problems(at now: Timestamp) -> [String] {
        var problems: [String] = []
        if !isConnected {
            let cause = lastFailure.map { ": \($0)" } ?? " yet"
            problems.append(
                "no connection to the broker at \(address)\(cause); is it running, and does it know our user?")
        }
        if let droppedMessages, let droppedAt, hasLost(at: now) {
            problems.append(
                "the broker drops messages (\(droppedMessages) in all, seen to rise at \(droppedAt.iso8601)): raise max_queued_bytes and message_size_limit in mosquitto.conf"
            )
        }
        return problems
    }
}
