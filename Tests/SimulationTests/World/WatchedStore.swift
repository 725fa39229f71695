import FleetModel
import FleetRuntime
import FleetStore

/// The daemon's store over the simulated disk: passes every call on, and tells the truth what was said of it.
struct WatchedStore: IngestStore, StoreCustody, EvaluationStore, Outbox, FleetRegistry, ClockStore, FleetReader {
    let world: World
    let database: FleetDatabase
    /// What the daemon over this store takes for the time.
    let time: DaemonTime

    // MARK: - Writing

    func commit(_ batch: IngestBatch) async throws(StoreFailure) -> IngestReceipt {
        if batch.released.isEmpty {
            world.truth.assembled(batch, of: world.collected, takesAnyTime: time.takesAnyTime)
        }
        do throws(StoreFailure) {
            let receipt = try await writing { database throws(StoreFailure) in try await database.commit(batch) }
            world.truth.committed(batch, receipt)
            world.trace.note(
                "store: \(receipt.storedFrames) frames, \(receipt.duplicateFrames) known, \(batch.rejected.count) rejected, \(batch.released.count) released, \(batch.replies.count) replies"
            )
            return receipt
        } catch {
            world.truth.failed(batch)
            throw error
        }
    }

    func commit(_ evaluation: Evaluation) async throws(StoreFailure) {
        var evaluation = evaluation
        if world.mutation == .settlesEarly {
            evaluation.settled += evaluation.dispatches.filter { $0.action == .offer }.map(\.id)
        }
        let decided = evaluation
        try await writing { database throws(StoreFailure) in try await database.commit(decided) }
        if decided.clockStep != .zero { world.trace.note("store: what waits has moved by \(decided.clockStep)") }
        let orders = decided.orders.map { "\($0.id) \($0.state.rawValue)" }.joined(separator: ", ")
        world.trace.note("store: evaluated to \(decided.cursor.position), \(decided.alerts.count) alerts, \(orders)")
    }

    func published(_ id: String, at now: Timestamp, next: Timestamp) async throws(StoreFailure) {
        try await writing { database throws(StoreFailure) in try await database.published(id, at: now, next: next) }
    }

    func bringForward(to latest: Timestamp, now: Timestamp) async throws(StoreFailure) {
        try await writing { database throws(StoreFailure) in try await database.bringForward(to: latest, now: now) }
    }

    func maintain(at now: Timestamp) async throws(StoreFailure) -> DiskStanding {
        // Moving the log into the file overwrites nothing that failed: it lies in the log until something is added there.
        try await writing(overwritesWhatFailed: false) { database throws(StoreFailure) in
            try await database.maintain(at: now)
        }
    }

    func tidy(at now: Timestamp) async throws(StoreFailure) -> Bool {
        try await writing { database throws(StoreFailure) in try await database.tidy(at: now) }
    }

    func releaseBallast() async { await database.releaseBallast() }

    func register(_ machines: [Machine]) async throws(StoreFailure) -> Int {
        try await writing { database throws(StoreFailure) in try await database.register(machines) }
    }

    func configure(_ machines: [Machine]) async throws(StoreFailure) -> [MachineKey] {
        let left = try await writing { database throws(StoreFailure) in try await database.configure(machines) }
        return left
    }

    func transfer(_ transfer: MachineTransfer) async throws(StoreFailure) {
        try await writing { database throws(StoreFailure) in try await database.transfer(transfer) }
    }

    func check(_ transfer: MachineTransfer) async throws(StoreFailure) {
        try await writing { database throws(StoreFailure) in try await database.check(transfer) }
    }

    func acknowledge(_ acknowledgement: AlertAcknowledgement) async throws(StoreFailure) {
        try await writing { database throws(StoreFailure) in try await database.acknowledge(acknowledgement) }
    }

    func noteClockMoved(upTo last: Int64) async throws(StoreFailure) {
        try await writing { database throws(StoreFailure) in try await database.noteClockMoved(upTo: last) }
        world.truth.lookedThroughQuarantine(upTo: last, isTimeRight: isTimeRight)
        world.trace.note("store: the clock was moved")
    }

    /// Slewing takes the rest.
    var isTimeRight: Bool { abs((time.now() - world.trueNow).inSeconds) <= TimeKeeper.slewMax.inSeconds }

    // MARK: - Reading

    func newestArrival() async throws(StoreFailure) -> Timestamp? {
        try await reading { database throws(StoreFailure) in try await database.newestArrival() }
    }
    func lastTurnedAway() async throws(StoreFailure) -> Int64 {
        let last = try await reading { database throws(StoreFailure) in try await database.lastTurnedAway() }
        world.truth.lastTurnedAway(is: last)
        return last
    }
    func turnedAwayForTime(
        after id: Int64, upTo last: Int64, limit: Int
    ) async throws(StoreFailure) -> [(id: Int64, message: RejectedMessage)] {
        if world.mutation == .keepsMisjudged { return [] }
        return try await reading { database throws(StoreFailure) in
            // Few at a time, so that a run sees them come in several parts.
            try await database.turnedAwayForTime(after: id, upTo: last, limit: min(limit, 3))
        }
    }
    func resume() async throws(StoreFailure) -> EvaluationState {
        try await reading { database throws(StoreFailure) in try await database.resume() }
    }
    func journal(after cursor: JournalCursor, limit: Int) async throws(StoreFailure) -> JournalSlice {
        // Small rounds, so that a run sees evaluation fall behind and catch up.
        try await reading { database throws(StoreFailure) in
            try await database.journal(after: cursor, limit: min(limit, 5))
        }
    }
    func registryVersion() async throws(StoreFailure) -> Int64 {
        try await reading { database throws(StoreFailure) in try await database.registryVersion() }
    }
    func registeredMachines() async throws(StoreFailure) -> [Machine] {
        try await reading { database throws(StoreFailure) in try await database.registeredMachines() }
    }
    func pendingAcknowledgements() async throws(StoreFailure) -> [AlertAcknowledgement] {
        try await reading { database throws(StoreFailure) in try await database.pendingAcknowledgements() }
    }
    func dueDispatches(at now: Timestamp, limit: Int) async throws(StoreFailure) -> [OutgoingDispatch] {
        try await reading { database throws(StoreFailure) in try await database.dueDispatches(at: now, limit: limit) }
    }

    // MARK: - What people ask

    func machines() async throws(StoreFailure) -> [MachineDocument] {
        try await reading { database throws(StoreFailure) in try await database.machines() }
    }
    func machine(_ key: MachineKey) async throws(StoreFailure) -> MachineDetailDocument {
        try await reading { database throws(StoreFailure) in try await database.machine(key) }
    }
    func alerts(includingResolved: Bool) async throws(StoreFailure) -> [AlertDocument] {
        try await reading { database throws(StoreFailure) in
            try await database.alerts(includingResolved: includingResolved)
        }
    }
    func workOrders(includingFinal: Bool) async throws(StoreFailure) -> [WorkOrderDocument] {
        try await reading { database throws(StoreFailure) in
            try await database.workOrders(includingFinal: includingFinal)
        }
    }
    func quarantine(limit: Int) async throws(StoreFailure) -> QuarantineDocument {
        try await reading { database throws(StoreFailure) in try await database.quarantine(limit: limit) }
    }
    func quarantined(_ ids: [Int64]) async throws(StoreFailure) -> [(id: Int64, message: RejectedMessage)] {
        try await reading { database throws(StoreFailure) in try await database.quarantined(ids) }
    }
    func gaps() async throws(StoreFailure) -> [GapDocument] {
        try await reading { database throws(StoreFailure) in try await database.gaps() }
    }
    func answer(_ question: SeriesQuestion) async throws(StoreFailure) -> SeriesAnswer {
        try await reading { database throws(StoreFailure) in try await database.answer(question) }
    }
    func answer(_ question: FleetQuestion) async throws(StoreFailure) -> FleetAnswer {
        try await reading { database throws(StoreFailure) in try await database.answer(question) }
    }
    func counts() async throws(StoreFailure) -> StoreCounts {
        try await reading { database throws(StoreFailure) in try await database.counts() }
    }

    // MARK: - How

    private func writing<Value>(
        overwritesWhatFailed: Bool = true, _ body: (FleetDatabase) async throws(StoreFailure) -> Value
    ) async throws(StoreFailure) -> Value {
        try meetFaults()
        world.disk.isArmed = true
        defer { world.disk.isArmed = false }
        let changesBefore = world.disk.changeCount
        let value = try await body(database)
        world.disk.waitForReaders()
        if overwritesWhatFailed, world.disk.changeCount != changesBefore { world.truth.wroteOther() }
        return value
    }

    private func reading<Value>(
        _ body: (FleetDatabase) async throws(StoreFailure) -> Value
    ) async throws(StoreFailure) -> Value {
        try meetFaults()
        let value = try await body(database)
        world.disk.waitForReaders()
        return value
    }

    private func meetFaults() throws(StoreFailure) {
        guard world.disk.death == nil else { throw .busy("the machine is off") }
        guard world.busyCalls > 0 else { return }
        world.busyCalls -= 1
        world.trace.note("store: busy")
        throw .busy("locked by another")
    }
}
