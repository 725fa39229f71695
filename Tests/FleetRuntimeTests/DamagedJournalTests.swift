import FleetModel
import FleetRuntime
import Logging
import Prognosis
import ServiceDesk
import Synchronization
import Testing

/// A store with one slice in its journal, of which a part cannot be read.
private final class DamagedStore: EvaluationStore {
    let damaged: [String]
    let commits = Mutex<[JournalCursor]>([])

    init(damaged: [String]) { self.damaged = damaged }

    func resume() async throws(StoreFailure) -> EvaluationState { EvaluationState() }
    func journal(after cursor: JournalCursor, limit: Int) async throws(StoreFailure) -> JournalSlice {
        JournalSlice(
            cursor: JournalCursor(3), frames: [], hasMore: false, damaged: cursor < JournalCursor(3) ? damaged : [])
    }
    func commit(_ evaluation: Evaluation) async throws(StoreFailure) {
        commits.withLock { $0.append(evaluation.cursor) }
    }
    func registryVersion() async throws(StoreFailure) -> Int64 { 0 }
    func registeredMachines() async throws(StoreFailure) -> [Machine] { [] }
    func pendingAcknowledgements() async throws(StoreFailure) -> [AlertAcknowledgement] { [] }
}

@Suite("a damaged row of the journal")
struct DamagedJournalTests {
    @Test(
        "is named as a problem, and the evaluator goes past it",
        arguments: [
            (rows: [], problems: []),
            (
                rows: ["journal row 1 of north/truck-1 is damaged"],
                problems: ["some of what came in was not judged: journal row 1 of north/truck-1 is damaged"]
            ),
            (
                rows: ["row 1", "row 2", "row 3"],
                problems: ["some of what came in was not judged: row 1 (and 2 more, see the log)"]
            ),
        ] as [(rows: [String], problems: [String])])
    func named(rows: [String], problems: [String]) async throws {
        let store = DamagedStore(damaged: rows)
        let gauges = DaemonGauges()
        let one = Marked(1.0, .assumed)
        let travel = TravelRules(
            defaultRoadFactor: one, winterRoadFactor: one, summerKilometresPerHour: one, winterKilometresPerHour: one,
            mobilisationHours: one, partsLeadHours: [:], visitKilometresMax: one)
        let knowledge = FleetKnowledge(
            catalog: Catalog(), rules: [], network: ServiceNetwork(centers: [], travel: travel), desk: DeskRules())
        let evaluator = Evaluator(
            store: store, knowledge: Live(knowledge), gauges: gauges, clock: ContinuousClock(), now: { .epoch },
            logger: Logger(label: "test"))
        var bench = try await FleetBench(resuming: store, knowledge: knowledge)
        for _ in 0..<2 { _ = try await evaluator.step(&bench) }
        #expect(store.commits.withLock { $0 } == [JournalCursor(3)])
        #expect(gauges.problems == problems, "it stands: the row stays unread")
    }
}
