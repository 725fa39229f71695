import FleetModel
import FleetRuntime
import Logging
import ServiceDesk
import Support
import Synchronization
import Testing

/// A store in which every other commit fails.
private final class FailingStore: EvaluationStore {
    let commits = Box<Evaluation>()
    private let isFailing = Mutex(true)
    private let frames: [ReceivedFrames]

    init(_ frames: [ReceivedFrames]) { self.frames = frames }

    func resume() async throws(StoreFailure) -> EvaluationState {
        guard let last = commits.all.last else { return EvaluationState() }
        return EvaluationState(cursor: last.cursor, conditions: last.conditions, alerts: last.alerts)
    }
    func journal(after cursor: JournalCursor, limit: Int) async throws(StoreFailure) -> JournalSlice {
        JournalSlice(cursor: JournalCursor(1), frames: cursor == .start ? frames : [], hasMore: false)
    }
    func commit(_ evaluation: Evaluation) async throws(StoreFailure) {
        guard
            !isFailing.withLock({ failing in
                defer { failing.toggle() }; return failing
            })
        else {
            throw .diskFull("no space left")
        }
        commits.add(evaluation)
    }
    func registryVersion() async throws(StoreFailure) -> Int64 { 1 }
    func registeredMachines() async throws(StoreFailure) -> [Machine] { [] }
    func pendingAcknowledgements() async throws(StoreFailure) -> [AlertAcknowledgement] { [] }
}

private let travel = TravelRules(
    defaultRoadFactor: Marked(1.3, .assumed), winterRoadFactor: Marked(1, .assumed),
    summerKilometresPerHour: Marked(60, .assumed), winterKilometresPerHour: Marked(45, .assumed),
    mobilisationHours: Marked(2, .assumed), partsLeadHours: [:], visitKilometresMax: Marked(150, .assumed))

@Suite("the evaluator")
struct EvaluatorTests {
    @Test("decides again from the journal what it could not commit, and raises it once")
    func failedCommit() async throws {
        let time = Timestamp(iso8601: "2026-06-01T08:00:00Z")!
        let rule = Rule(
            id: RuleID("coolant-hot")!, title: "Coolant too hot",
            condition: .threshold(Signal("coolant_temp"), .above, threshold: 103, reset: 98, when: []),
            severity: .critical)
        let frame = Frame(boot: 1, seq: 1, observedAt: time, readings: [Reading(Signal("coolant_temp"), 110)])
        let store = FailingStore([
            ReceivedFrames(machine: MachineKey("north/truck-1")!, receivedAt: time, frames: [frame])
        ])
        let knowledge = FleetKnowledge(
            catalog: Catalog(), rules: [rule], network: ServiceNetwork(centers: [], travel: travel), desk: DeskRules())
        let evaluator = Evaluator(
            store: store, knowledge: Live(knowledge), gauges: DaemonGauges(), clock: ContinuousClock(), now: { time },
            logger: Logger(label: "test"))

        var bench = try await FleetBench(resuming: store, knowledge: knowledge)
        await #expect(throws: StoreFailure.diskFull("no space left")) { try await evaluator.step(&bench) }
        #expect(store.commits.all.isEmpty)

        bench = try await FleetBench(resuming: store, knowledge: knowledge)
        _ = try await evaluator.step(&bench)
        _ = try await evaluator.step(&bench)
        #expect(store.commits.all.flatMap(\.alerts).map(\.state) == [.firing])
    }

    @Test("says that what waits has moved with the time when that is committed, not before")
    func movedTime() async throws {
        let clock = SetClock(day: -1)
        let store = FailingStore([])
        let knowledge = FleetKnowledge(
            catalog: Catalog(), rules: [], network: ServiceNetwork(centers: [], travel: travel), desk: DeskRules())
        let evaluator = Evaluator(
            store: store, knowledge: Live(knowledge), time: clock.time, gauges: DaemonGauges(),
            clock: ContinuousClock(), now: { clock.time.now() }, logger: Logger(label: "test"))
        clock.setRight()
        var bench = try await FleetBench(resuming: store, knowledge: knowledge)
        await #expect(throws: StoreFailure.self) { try await evaluator.step(&bench) }
        #expect(clock.time.settledShift == .zero)
        #expect(clock.time.settledNow == nil)
        bench = try await FleetBench(resuming: store, knowledge: knowledge)
        _ = try await evaluator.step(&bench)
        #expect(store.commits.all.map(\.clockStep) == [.days(1)])
        #expect(clock.time.settledShift == .days(1))
        #expect(clock.time.settledNow == SetClock.right)
    }

    @Test(
        "pauses a quarter of a second after short rounds, four times as long as long ones took, and never minutes",
        arguments: [
            (round: Duration.milliseconds(1), pause: Duration.milliseconds(250)),
            (round: .milliseconds(62), pause: .milliseconds(250)),
            (round: .milliseconds(63), pause: .milliseconds(252)),
            (round: .seconds(1), pause: .seconds(4)), (round: .seconds(60), pause: .seconds(5)),
        ])
    func pauses(round: Duration, pause: Duration) {
        #expect(Evaluator<FailingStore>.pause(after: round) == pause)
    }
}
