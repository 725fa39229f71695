import FleetModel

/// Puts together what `status` shows.
package struct DaemonStatus<Reader: FleetReader>: Sendable {
    private let reader: Reader
    private let gauges: DaemonGauges
    private let broker: @Sendable () -> BrokerDocument
    private let post: @Sendable () -> BrokerDocument
    private let time: DaemonTime
    private let databasePath: String
    private let startedAt: Timestamp
    private let version: String

    /// - Parameters:
    ///   - broker: how the connection for telemetry stands.
    ///   - post: how the connection for work orders stands.
    package init(
        reader: Reader, gauges: DaemonGauges, broker: @escaping @Sendable () -> BrokerDocument,
        post: @escaping @Sendable () -> BrokerDocument, time: DaemonTime, databasePath: String, version: String
    ) {
        self.reader = reader
        self.gauges = gauges
        self.broker = broker
        self.post = post
        self.time = time
        self.databasePath = databasePath
        self.version = version
        startedAt = time.now()
    }

    package func document() async -> StatusDocument { await read().document }

    /// The page of `GET /metrics`.
    package func metrics() async -> String {
        let (document, hasCounts) = await read()
        return MetricsPage(
            status: document, hasCounts: hasCounts, counters: gauges.counters(at: document.now), process: .own
        ).text
    }

    private func read() async -> (document: StatusDocument, hasCounts: Bool) {
        let (broker, post) = (broker(), post())
        let now = time.now()
        var problems = broker.problems(at: now) + post.takeovers(at: now) + gauges.problems
        var counts = StoreCounts()
        var hasCounts = true
        do throws(StoreFailure) {
            counts = try await reader.counts()
        } catch {
            hasCounts = false
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
        document.store.quarantineDropped = counts.quarantineDropped
        document.store.hasBallast = standing?.hasBallast ?? false
        document.store.checkpoints = standing?.checkpoints ?? 0
        document.store.checkpointSeconds = standing?.checkpointSeconds ?? 0
        document.firingBySeverity = counts.firingBySeverity
        document.post = post
        document.outbox = counts.outbox
        document.strayReplies = counts.strayReplies
        document.meterJumps = gauges.meterJumps
        document.configuration = gauges.configuration
        document.backup = gauges.backup
        return (document, hasCounts)
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
        return problems + takeovers(at: now)
    }

    /// What is wrong when another client uses our name. The two throw each other out for as long as both call again, so
    /// it is told for a while after it was seen last.
    package func takeovers(at now: Timestamp) -> [String] {
        guard let takenOverAt, now - takenOverAt < .minutes(15) else { return [] }
        return [
            "the broker closes our connection again and again and takes us back at once (last seen \(takenOverAt.iso8601)), as when another client connects as \(client): is a second zubrd running, or does somebody use our user? Give it a user and a client id of its own"
        ]
    }
}
