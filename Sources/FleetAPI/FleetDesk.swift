import FleetModel
import FleetRuntime

/// What the routes answer from: the store's ports and the daemon's own words on itself.
struct FleetDesk: Sendable {
    var reader: any FleetReader
    var registry: any FleetRegistry
    var status: @Sendable () async -> StatusDocument
    var metrics: @Sendable () async -> String
    var retry: @Sendable ([Int64]) async throws -> RetryDocument
    var now: @Sendable () -> Timestamp
    /// Answers are whole before they are given, and who has asked may read slowly. Together they take no more bytes than
    /// this, and those of one answer for each thread.
    var answersHeldMax = 64 << 20

    /// One try takes at most so many messages, so that it ends within a request.
    static let retryLimit = 1_000

    func register(_ machines: [Machine]) async throws -> RegistrationDocument {
        var seen: Set<MachineKey> = []
        for machine in machines {
            guard machine.key.fleet != .centers else {
                throw APIFailure.badBody("\(machine.key): the fleet id centers is reserved for service centers")
            }
            guard seen.insert(machine.key).inserted else {
                throw APIFailure.badBody("\(machine.key) is there twice; keep one of the two")
            }
        }
        let new = try await registry.register(machines)
        return RegistrationDocument(new: new, updated: machines.count - new)
    }

    /// - Parameter isCheck: nothing is done; it is refused as the transfer itself would be.
    func transfer(_ document: TransferDocument, isCheck: Bool) async throws -> TransferDocument {
        for (name, text) in [("owner", document.owner), ("contact", document.contact), ("site", document.site)] {
            guard let text else { continue }
            guard text.count <= 200, text.unicodeScalars.allSatisfy({ !$0.properties.isControl }) else {
                throw APIFailure.badBody("\(name): takes up to 200 characters on one line")
            }
        }
        let at = now()
        let transfer = MachineTransfer(
            from: document.from, to: document.to, at: at, owner: document.owner, contact: document.contact,
            site: document.site)
        guard !isCheck else {
            try await registry.check(transfer)
            return document
        }
        try await registry.transfer(transfer)
        var done = document
        done.at = at
        return done
    }

    func acknowledge(_ document: AcknowledgementDocument) async throws -> AcknowledgementDocument {
        let person = document.by
        guard (1...100).contains(person.count), person.unicodeScalars.allSatisfy({ !$0.properties.isControl }) else {
            throw APIFailure.badBody("by: takes 1 to 100 characters, who has seen the alert")
        }
        guard document.episode >= 1 else { throw APIFailure.badBody("episode: is counted from 1") }
        var noted = document
        noted.at = now()
        try await registry.acknowledge(
            AlertAcknowledgement(
                machine: document.equipment,
                episode: EpisodeKey(rule: document.rule, subject: document.subject ?? "", number: document.episode),
                by: person, at: now()))
        return noted
    }

    func retryQuarantined(_ request: RetryRequest) async throws -> RetryDocument {
        switch (request.ids, request.all ?? false) {
        case (nil, true):
            let held = try await reader.quarantine(limit: FleetDesk.retryLimit)
            // The oldest first: a machine's frames are taken in the order it sent them.
            return try await retry(held.messages.map(\.id).reversed())
        case (let ids?, false):
            guard (1...FleetDesk.retryLimit).contains(ids.count) else {
                throw APIFailure.badBody("ids: takes 1 to \(FleetDesk.retryLimit) numbers of messages")
            }
            return try await retry(ids)
        case (nil, false): throw APIFailure.badBody("expected ids, or all: true")
        case (_?, true): throw APIFailure.badBody("ids and all exclude each other; send one")
        }
    }

    func series(_ query: Query) async throws -> TextPage {
        let format = query["format"] ?? "json"
        guard ["json", "csv"].contains(format) else {
            throw APIFailure.badParameter("format", "takes json or csv, not \"\(format.prefix(100))\"")
        }
        let question: SeriesQuestion
        do {
            question = try SeriesQuestion(query.all, now: now())
        } catch {
            throw APIFailure.badParameter(error.parameter, error.reason)
        }
        try checkAnswersHeld()
        let answer = try await reader.answer(question)
        try checkAnswersHeld()
        return format == "csv" ? .csv(answer.csv()) : .json(answer.json(now: now()))
    }

    private func checkAnswersHeld() throws {
        if WrittenText.bytesHeld > answersHeldMax { throw APIFailure.tooManyAnswers }
    }

    func fleetKind(_ kind: String, _ query: Query) async throws -> TextPage {
        let question: FleetQuestion
        do {
            question = try FleetQuestion(
                kind, at: try query.time("at") ?? now(), fleet: query["fleet"], equipment: query["equipment"])
        } catch let problem as QuestionProblem {
            throw APIFailure.badParameter(problem.parameter, problem.reason)
        }
        return .json(try await reader.answer(question).json())
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isControl: Bool { generalCategory == .control || generalCategory == .format }
}
