import FleetModel

/// Gives quarantined messages a second try, after a limit was raised, a program was mended or our clock was set right.
package struct QuarantineRetry<Store: IngestStore & FleetReader>: Sendable {
    private let store: Store
    private let limits: Live<IngestLimits>

    package init(store: Store, limits: Live<IngestLimits>) {
        self.store = store
        self.limits = limits
    }

    /// Takes these messages, by their quarantine ids, as if they came now for the first time; each is
    /// its own transaction, in which it leaves quarantine or, when the store refuses it too, stays there as it is.
    ///
    /// Their frames are judged by the time they first came, and stored with it.
    package func retry(_ ids: [Int64]) async throws(StoreFailure) -> RetryDocument {
        var answer = RetryDocument()
        let held = try await store.quarantined(ids)
        answer.unknown = ids.filter { id in !held.contains { $0.id == id } }
        try await take(held, into: &answer)
        return answer
    }

    private func take(
        _ held: [(id: Int64, message: RejectedMessage)], into answer: inout RetryDocument
    ) async throws(StoreFailure) {
        var assembler = BatchAssembler(limits: limits.value)
        for (id, message) in held {
            // Being retained is not in the body, so it would not be found again.
            if message.rejection.reason == .retained {
                answer.rejected.append(.init(id: id, message.rejection))
                continue
            }
            var batch = assembler.assemble([
                InboundMessage(topic: message.topic, body: message.body, receivedAt: message.receivedAt)
            ])
            if let again = batch.rejected.first {
                answer.rejected.append(.init(id: id, again.rejection))
                continue
            }
            batch.released = [id]
            // One by one: a refusal does not say which of several messages it means.
            if let again = try await store.commit(batch).refused.first {
                answer.rejected.append(.init(id: id, again.rejection))
            } else {
                answer.accepted.append(id)
            }
        }
    }
}

extension QuarantineRetry where Store: ClockStore {
    private var messagesPerRead: Int { 200 }

    /// Our clock was wrong until `move`, and by `error`: what had been turned away for its time until then and not been
    /// judged anew is judged as if it had been right. Returns how many messages are taken after all.
    package func retake(before move: ClockMove, wrongBy error: Duration) async throws(StoreFailure) -> Int {
        var answer = RetryDocument()
        var judged: Int64 = 0
        while true {
            var held = try await store.turnedAwayForTime(after: judged, limit: messagesPerRead)
            guard let end = held.last?.id else { break }
            judged = end
            held.removeAll { !move.came(after: $0.id, $0.message.receivedAt) }
            for index in held.indices { held[index].message.receivedAt += error }
            try await take(held, into: &answer)
        }
        try await store.noteClockMoved(upTo: move.last)
        return answer.accepted.count
    }
}

extension RetryDocument.Rejected {
    fileprivate init(id: Int64, _ rejection: Rejection) {
        self.init(id: id, reason: rejection.reason.rawValue, detail: rejection.detail)
    }
}
