import FleetModel

/// Gives quarantined messages a second try, after a limit was raised or a program was mended.
package struct QuarantineRetry<Store: IngestStore & FleetReader>: Sendable {
    private let store: Store
    private let limits: IngestLimits

    package init(store: Store, limits: IngestLimits) {
        self.store = store
        self.limits = limits
    }

    /// Takes these messages, by their quarantine ids, as if they came now for the first time; all that is taken leaves
    /// quarantine in the same transaction.
    ///
    /// Their frames are judged by the time they first came, and stored with it.
    package func retry(_ ids: [Int64]) async throws(StoreFailure) -> RetryDocument {
        var assembler = BatchAssembler(limits: limits)
        var released = IngestBatch()
        var refused: [RetryDocument.Refused] = []
        for (id, message) in try await store.quarantined(ids) {
            // Being retained is not in the body, so it would not be found again.
            guard message.rejection.reason != .retained else {
                refused.append(
                    .init(id: id, reason: message.rejection.reason.rawValue, detail: message.rejection.detail))
                continue
            }
            let batch = assembler.assemble([
                InboundMessage(topic: message.topic, body: message.body, receivedAt: message.receivedAt)
            ])
            if let again = batch.rejected.first {
                refused.append(.init(id: id, reason: again.rejection.reason.rawValue, detail: again.rejection.detail))
                continue
            }
            released.frames += batch.frames
            released.connections += batch.connections
            released.replies += batch.replies
            released.released.append(id)
        }
        guard !released.isEmpty else { return RetryDocument(released: [], storedFrames: 0, refused: refused) }
        let receipt = try await store.commit(released)
        return RetryDocument(released: released.released, storedFrames: receipt.storedFrames, refused: refused)
    }
}

/// What a second try brought.
package struct RetryDocument: Sendable, Codable {
    package var released: [Int64]
    package var storedFrames: Int
    package var refused: [Refused]

    package init(released: [Int64], storedFrames: Int, refused: [Refused]) {
        self.released = released
        self.storedFrames = storedFrames
        self.refused = refused
    }

    package struct Refused: Sendable, Codable {
        package var id: Int64
        package var reason: String
        package var detail: String

        package init(id: Int64, reason: String, detail: String) {
            self.id = id
            self.reason = reason
            self.detail = detail
        }
    }
}
