import FleetModel
import FleetRuntime
import Synchronization

/// The store's ports with canned documents; remembers what it was told.
final class CannedFleet: FleetReader, FleetRegistry {
    static let now = Timestamp(iso8601: "2026-03-01T08:00:00Z")!
    static let truck = MachineKey("kuzbass-coal/truck-17")!

    struct Told {
        var registered: [Machine] = []
        var transferred: [MachineTransfer] = []
        var acknowledged: [AlertAcknowledgement] = []
        var retried: [[Int64]] = []
        var questions: [SeriesQuestion] = []
        var fleetQuestions: [FleetQuestion] = []
        var abandoned = 0
        var quarantineLimits: [Int] = []
        var asked: [Bool] = []
    }

    let told = Mutex(Told())
    /// Thrown by every read and write when set.
    let failure: StoreFailure?

    init(failing failure: StoreFailure? = nil) { self.failure = failure }

    private func check() throws(StoreFailure) { if let failure { throw failure } }

    static var need: Need {
        Need(
            machine: truck, key: .service(code: "TO-2", done: 3), title: "TO-2", reason: "500 h (sourced: belaz_to)",
            severity: .minor, due: DueDate(exactly: now + .days(2)), durationHours: 8, labourPersonHours: 26,
            requirement: JobRequirement(job: .majorService))
    }

    static var orders: [WorkOrder] {
        let placed = WorkOrder(
            id: WorkOrderID("WO-000001")!, need: need, openedAt: now - .hours(1), center: ServiceCenterID("ru-kuz")!,
            mode: .fieldCrew,
            ranking: [
                Candidate(
                    center: ServiceCenterID("ru-kuz")!, mode: .fieldCrew, geodesicKilometres: 100, roadKilometres: 130,
                    returnToWorkHours: 21, travelHours: 3, waitHours: 2, partsHours: 4, jobHours: 12, mark: .assumed)
            ],
            refused: [
                Refusal(center: ServiceCenterID("ru-near")!, reason: "not certified for BELAZ", roadKilometres: 12)
            ])
        var uncovered = WorkOrder(
            id: WorkOrderID("WO-000002")!, need: need, state: .uncovered, openedAt: now - .hours(2))
        uncovered.need.due = nil
        return [placed, uncovered]
    }

    func machines() async throws(StoreFailure) -> [MachineDocument] {
        try check()
        return [MachineDocument(equipment: CannedFleet.truck, isRegistered: true, health: .ok)]
    }

    func machine(_ key: MachineKey) async throws(StoreFailure) -> MachineDetailDocument {
        try check()
        guard key == CannedFleet.truck else { throw .notFound("no machine \(key)") }
        return MachineDetailDocument(
            summary: MachineDocument(equipment: key, isRegistered: true, health: .ok),
            registration: Machine(
                key: key, model: ModelID("BELAZ-75131")!, meters: [.engineHours: 4_210.5, .fuelUsed: 12]),
            services: [], signals: [], faults: [], alerts: [], orders: [], gaps: [])
    }

    func alerts(includingResolved: Bool) async throws(StoreFailure) -> [AlertDocument] {
        try check()
        told.withLock { $0.asked.append(includingResolved) }
        let finding = Finding(
            machine: CannedFleet.truck, episode: EpisodeKey(rule: RuleID("coolant-hot")!, number: 1),
            title: "Coolant hot", severity: .critical, raisedAt: CannedFleet.now,
            evidence: "coolant_temp 104.5 °C > 103 °C for 10 s (assumed)")
        return [AlertDocument(Alert(finding: finding, firedAt: CannedFleet.now))]
    }

    func workOrders(includingFinal: Bool) async throws(StoreFailure) -> [WorkOrderDocument] {
        try check()
        told.withLock { $0.asked.append(includingFinal) }
        return CannedFleet.orders.map { WorkOrderDocument($0, family: "haul truck") }
    }

    func quarantine(limit: Int) async throws(StoreFailure) -> QuarantineDocument {
        try check()
        told.withLock { $0.quarantineLimits.append(limit) }
        let messages = [3, 2].map {
            QuarantineDocument.Message(
                id: $0, receivedAt: CannedFleet.now, topic: "zubr/v1/a/b/telemetry", reason: "not-json", detail: "",
                bytes: 1, excerpt: "{")
        }
        return QuarantineDocument(total: 2, byReason: ["not-json": 2], messages: messages)
    }

    func quarantined(_ ids: [Int64]) async throws(StoreFailure) -> [(id: Int64, message: RejectedMessage)] { [] }

    func gaps() async throws(StoreFailure) -> [GapDocument] {
        try check()
        return [GapDocument(equipment: CannedFleet.truck, boot: 1, firstSeq: 5, lastSeq: 7)]
    }

    func answer(_ question: SeriesQuestion) async throws(StoreFailure) -> SeriesAnswer {
        try check()
        told.withLock { $0.questions.append(question) }
        if question.signals == ["large"] {
            let times = (0..<300_000).map { Int64($0) }
            return SeriesAnswer(
                question: question,
                series: [
                    .init(subject: .model(nil), signal: "large", times: times, values: [times.map { Double($0) }])
                ])
        }
        if question.signals == ["for_ever"] {
            // As long as somebody waits for it.
            while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
            told.withLock { $0.abandoned += 1 }
            throw .busy("nobody waits for it")
        }
        return SeriesAnswer(
            question: question,
            series: [
                .init(
                    subject: .equipment(CannedFleet.truck), signal: "engine_hours",
                    times: [question.from.microseconds], values: [[4_210.5]])
            ])
    }

    func answer(_ question: FleetQuestion) async throws(StoreFailure) -> FleetAnswer {
        try check()
        told.withLock { $0.fleetQuestions.append(question) }
        return FleetAnswer(
            kind: question.kind, columns: ["name", "driver"], rows: [[.text("truck-17"), .text("Ihar")]])
    }

    func counts() async throws(StoreFailure) -> StoreCounts { StoreCounts() }

    func register(_ machines: [Machine]) async throws(StoreFailure) -> Int {
        try check()
        told.withLock { $0.registered += machines }
        return machines.count { $0.key != CannedFleet.truck }
    }

    func configure(_ machines: [Machine]) async throws(StoreFailure) -> [MachineKey] {
        _ = try await register(machines)
        return []
    }

    func check(_ transfer: MachineTransfer) async throws(StoreFailure) {
        try check()
        guard transfer.from == CannedFleet.truck else { throw .notFound("no machine \(transfer.from)") }
        guard transfer.to != CannedFleet.truck else { throw .conflict("\(transfer.to) is the name it has") }
    }

    func transfer(_ transfer: MachineTransfer) async throws(StoreFailure) {
        try await check(transfer)
        told.withLock { $0.transferred.append(transfer) }
    }

    func acknowledge(_ acknowledgement: AlertAcknowledgement) async throws(StoreFailure) {
        try check()
        told.withLock { $0.acknowledged.append(acknowledgement) }
    }

    func retry(_ ids: [Int64]) -> RetryDocument {
        told.withLock { $0.retried.append(ids) }
        return RetryDocument(accepted: ids)
    }

    static let metrics = "# HELP zubr_problems What is wrong.\n# TYPE zubr_problems gauge\nzubr_problems 0\n"

    static var status: StatusDocument {
        StatusDocument(
            version: "0.1.0", state: .running, problems: [], startedAt: now - .days(1), now: now,
            clock: ClockDocument(epoch: .epoch, rate: 1), broker: BrokerDocument(), ingest: IngestDocument(),
            store: StoreDocument(
                path: "/var/lib/zubr/zubr.db", databaseBytes: 1, walBytes: 2, freeBytes: 3, fullAt: nil, frames: 4,
                quarantined: 5, gaps: 6, missingFrames: 7, duplicateFrames: 8, redeliveredMessages: 9),
            machines: MachineCounts(), orders: ["in-progress": 1], alertsFiring: 0)
    }
}
