import FleetModel
import Synchronization

/// The one time of a daemon: what it believes of the real one, and from that the clock of its settings.
///
/// A clock that runs at another rate is for demonstrations; its time is the server's, unjudged.
package final class DaemonTime: Sendable {
    package let settings: ClockSettings

    private struct State {
        var keeper: TimeKeeper
        var clocks = FleetClocks()
        var shift = Duration.zero
        var settledShift = Duration.zero
        /// How it was moved while messages that are not judged yet may have been waiting: by how much, and when by the
        /// boot clock; the latest last.
        var moves: [(step: Duration, at: Duration)] = []
    }

    private let wall: @Sendable () -> Timestamp
    private let boot: @Sendable () -> Duration
    /// Microseconds; apart from `state`, so that telling the time waits for nobody.
    private let offset: Atomic<Int64>
    private let state: Mutex<State>

    /// - Parameters:
    ///   - newestStored: when the store last took something.
    ///   - wall: the server's clock, UTC.
    ///   - boot: the clock that nobody can set.
    package init(
        _ settings: ClockSettings, newestStored: Timestamp?, wall: @escaping @Sendable () -> Timestamp,
        boot: @escaping @Sendable () -> Duration
    ) {
        self.settings = settings
        self.wall = wall
        self.boot = boot
        let keeper = TimeKeeper(
            wall: wall(), boot: boot(), newestStored: settings.rate == 1 ? newestStored : nil)
        offset = Atomic(keeper.offset.microseconds)
        state = Mutex(State(keeper: keeper))
    }

    private var isJudged: Bool { settings.rate == 1 }

    package func now() -> Timestamp {
        guard isJudged else { return settings.time(at: wall()) }
        return Timestamp(microseconds: boot().microseconds &+ offset.load(ordering: .relaxed))
    }

    /// Whether it is known how much time has passed since the last run: nothing falls due before.
    package var isCredible: Bool { !isJudged || state.withLock { $0.keeper.isCredible } }

    /// Whether frames are taken whatever their time is, because it is ours that may be wrong.
    package var takesAnyTime: Bool { isJudged && state.withLock { $0.keeper.takesAnyTime } }

    /// A message waits no longer than this between its arrival and its judgement.
    private static let waitMax = Duration.minutes(1)
    /// A smaller step cannot be told from a wait.
    private static let stepMin = waitMax

    /// Whether these messages are to be taken whatever time their frames say. Which of them came before the time was moved,
    /// and are judged after it, get their time of receipt moved with it: ours was wrong when it was noted.
    package func judge(_ messages: inout [InboundMessage]) -> Bool {
        guard isJudged else { return false }
        let boot = boot()
        // One look for all of it: between two the time might be moved.
        let (takesAnyTime, now, moves) = state.withLock { state in
            state.moves.removeAll { boot - $0.at > DaemonTime.waitMax }
            return (state.keeper.takesAnyTime, state.keeper.now(boot: boot), state.moves)
        }
        guard !moves.isEmpty else { return takesAnyTime }
        // By how much is wrong what was noted after all moves, before the last one, before the last two and so on.
        let shifts = moves.reversed().reduce(into: [Duration.zero]) { $0.append($0.last! + $1.step) }
        for index in messages.indices {
            let age = now - messages[index].receivedAt
            // That after which it has waited the least.
            messages[index].receivedAt += shifts.min { (age - $0).magnitude < (age - $1).magnitude }!
        }
        return takesAnyTime
    }

    /// By how much the believed time was moved since the start, other than by passing. What waits until a time moves
    /// with it.
    package var shift: Duration { state.withLock { $0.shift } }

    /// As much of `shift` as what waits in the store has been moved by.
    package var settledShift: Duration { state.withLock { $0.settledShift } }

    /// What waits in the store has now been moved by this much of `shift`.
    package func settle(_ shift: Duration) { state.withLock { $0.settledShift = shift } }

    /// The time to compare with what waits in the store; `nil` while the time is not known, or was moved and what waits
    /// was not yet moved with it.
    package var settledNow: Timestamp? {
        guard isJudged else { return now() }
        // Under the lock, so that no step comes between the question and the time.
        return state.withLock { state in
            state.keeper.isCredible && state.shift == state.settledShift ? state.keeper.now(boot: boot()) : nil
        }
    }

    /// The newest frames of machines that have just been heard.
    package func heard(_ newest: [MachineKey: Timestamp]) {
        guard isJudged, !newest.isEmpty else { return }
        let boot = boot()
        state.withLock { state in
            for (machine, time) in newest { state.clocks.note(machine, observedAt: time, boot: boot) }
        }
    }

    /// Looks at the clocks; what has come of it.
    package func judge(_ bounds: TimeKeeper.Bounds) -> [TimeKeeper.Event] {
        guard isJudged else { return [] }
        return state.withLock { state in
            let wasCredible = state.keeper.isCredible
            let boot = boot()
            let events = state.keeper.judge(
                wall: wall(), boot: boot, fleet: state.clocks.opinion(at: boot), bounds: bounds)
            offset.store(state.keeper.offset.microseconds, ordering: .relaxed)
            for case .adopted(let step, _) in events {
                if step.magnitude > DaemonTime.stepMin { state.moves.append((step, boot)) }
                // What waits was set by the last run's time; the guess this run began with has set nothing.
                if wasCredible { state.shift += step }
            }
            return events
        }
    }

    package func document() -> ClockDocument {
        var document = ClockDocument(epoch: settings.epoch, rate: settings.rate)
        guard isJudged else { return document }
        let boot = boot()
        let server = wall()
        let (keeper, fleet) = state.withLock { ($0.keeper, $0.clocks.opinion(at: boot)) }
        document.standing = keeper.standing.word
        document.serverSecondsAhead = (server - keeper.now(boot: boot)).inSeconds
        document.fleetSecondsAhead = fleet.map { ($0.offset - keeper.offset).inSeconds }
        document.fleetMachines = fleet?.machines ?? 0
        return document
    }

    /// What is wrong with the time, for an operator; `nil` when nothing is.
    package func problem() -> String? {
        guard isJudged else { return nil }
        let boot = boot()
        let server = wall()
        let (keeper, fleet) = state.withLock { ($0.keeper, $0.clocks.opinion(at: boot)) }
        return keeper.problem(server: server, boot: boot, fleet: fleet)
    }
}

extension TimeKeeper.Standing {
    fileprivate var word: ClockDocument.Standing {
        switch self {
        case .agreed: .agreed
        case .stepped: .stepped
        case .overruled: .overruled
        case .unknown: .unknown
        }
    }
}
