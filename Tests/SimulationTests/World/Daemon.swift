import FleetModel
import FleetRuntime
import Logging

/// The production loops of one life of the daemon, one turn at a time.
final class Daemon {
    enum Loop: CaseIterable { case registrar, custodian, courier, evaluator, clock, ingestor }

    let gauges = DaemonGauges()
    let store: WatchedStore
    let time: DaemonTime
    private let clocks: [Loop: LoopClock]
    private let registrar: Registrar<WatchedStore>
    private let custodian: Custodian<WatchedStore>
    private let courier: Courier<WatchedStore, SimulatedPost>
    private let evaluator: Evaluator<WatchedStore>
    private let clockWatch: ClockWatch<WatchedStore>
    private let ingestor: Ingestor<SimulatedInbox, WatchedStore>

    private var isRegistered = false
    private var forecast = DiskForecast()
    private var courierRound: Courier<WatchedStore, SimulatedPost>.Round
    private var evaluatorRound: Evaluator<WatchedStore>.Round
    private var clockRound: ClockWatch<WatchedStore>.Round
    private var ingestorRound: Ingestor<SimulatedInbox, WatchedStore>.Round

    init(store: WatchedStore) {
        self.store = store
        let (world, time) = (store.world, store.time)
        self.time = time
        let now: @Sendable () -> Timestamp = { time.now() }
        let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        // Chance in the pauses is the run's chance, or two runs of one seed would differ.
        let backoff = Backoff(chance: { world.chance.share() })
        let clocks = Dictionary(uniqueKeysWithValues: Loop.allCases.map { ($0, LoopClock()) })
        self.clocks = clocks
        registrar = Registrar(
            store: store, machines: Live(Site.machines), gauges: gauges, clock: clocks[.registrar]!, logger: logger)
        custodian = Custodian(store: store, gauges: gauges, clock: clocks[.custodian]!, now: now, logger: logger)
        courier = Courier(
            store: store, post: SimulatedPost(world: world), knowledge: Live(Site.knowledge), time: time,
            gauges: gauges, clock: clocks[.courier]!, now: now, logger: logger)
        evaluator = Evaluator(
            store: store, knowledge: Live(Site.knowledge), time: time, gauges: gauges, clock: clocks[.evaluator]!,
            now: now, logger: logger)
        clockWatch = ClockWatch(
            time: time, store: store, limits: Live(Site.limits), gauges: gauges, clock: clocks[.clock]!,
            logger: logger)
        ingestor = Ingestor(
            inbox: SimulatedInbox(world: world, time: time), store: store, limits: Live(Site.limits), time: time,
            gauges: gauges, clock: clocks[.ingestor]!, now: now,
            fault: world.mutation == .acknowledgesBeforeCommit ? .acknowledgeBeforeCommit : nil, logger: logger)
        courierRound = .init(backoff: backoff)
        evaluatorRound = .init(backoff: backoff)
        clockRound = .init(backoff: backoff)
        ingestorRound = .init(limits: Site.limits, backoff: backoff)
        world.believes(time.now())
    }

    /// One turn of a loop, unless it sleeps.
    func turn(_ loop: Loop) async throws {
        let clock = clocks[loop]!
        clock.advance(to: store.world.elapsed)
        guard clock.isAwake else { return }
        switch loop {
        case .registrar: if !isRegistered { isRegistered = try await registrar.step() }
        case .custodian: await custodian.step(&forecast)
        case .courier: await courier.turn(&courierRound)
        case .evaluator: await evaluator.turn(&evaluatorRound)
        case .clock:
            let shift = time.shift
            let pause = await clockWatch.step(&clockRound)
            if time.shift != shift { store.world.trace.note("daemon: its time moved by \(time.shift - shift)") }
            store.world.believes(time.now())
            try await clock.sleep(for: pause)
        case .ingestor: try await ingestor.step(&ingestorRound)
        }
    }
}
