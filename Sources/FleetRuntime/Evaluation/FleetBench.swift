import FleetModel
import Prognosis
import ServiceDesk

/// The fleet as the evaluator sees it: every machine's condition, the findings that stand, and the desk.
///
/// All of it is values. `round` takes what is new and the time, and returns what must be made durable.
package struct FleetBench: Sendable {
    package private(set) var cursor: JournalCursor
    package private(set) var registryVersion: Int64 = -1
    /// As in `EvaluationState`: by which names it knows its machines.
    package let renames: Int64

    private let catalog: Catalog
    private let monitor: ConditionMonitor
    private let planner: ServicePlanner
    private var desk: ServiceDesk
    private var replyCursor: Int64
    private var conditions: [MachineKey: MachineCondition]
    private var registry: [MachineKey: Machine] = [:]
    /// Findings that have not cleared, by machine and episode.
    private var standing: [MachineKey: [EpisodeKey: Finding]] = [:]
    /// Machines whose needs must be looked at in the next round although nothing came from them.
    private var touched: Set<MachineKey> = []
    /// Due dates move with time alone; every machine is looked at again when this has passed.
    private var reviewedAt = Timestamp.distantPast
    private static let reviewEvery = Duration.hours(1)
    private var metersLookedAt = Timestamp.distantPast
    /// When each machine was looked at last.
    private var reviews: [MachineKey: Timestamp] = [:]
    /// Machines that have sent something since and were looked at too short a while ago.
    private var waiting: Set<MachineKey> = []
    /// What a machine needs changes over hours, and finding it out costs more than taking in a frame. So a machine that
    /// merely reports rests this long for each one registered: all of them together are 500 looks a second.
    private static let reviewRest = Duration.milliseconds(2)

    /// Rounds follow each other closely; a longer pause means that nobody listened: the daemon was off, the machine
    /// asleep, the store stuck, or the clock was set. Silence is only judged for the time since.
    private let roundGapMax: Duration
    private var lastRoundAt = Timestamp.distantPast
    private var listeningSince = Timestamp.distantPast
    /// By how much the clock was moved since the daemon's start, as far as what waits has been moved with it.
    package private(set) var clockShift: Duration
    private var pendingShift = Duration.zero
    /// Orders were given out by what an earlier configuration said.
    private var isUnreviewed = true

    /// Goes on from what the store has.
    ///
    /// - Parameters:
    ///   - rate: how many times faster than the real one the clock runs.
    ///   - clockShift: by how much the clock was moved so far, known to what is stored.
    package init(
        resuming store: some EvaluationStore, knowledge: FleetKnowledge, rate: Double = 1,
        clockShift: Duration = .zero
    ) async throws(StoreFailure) {
        self.init(
            state: try await store.resume(), knowledge: knowledge, rate: rate,
            clockShift: clockShift)
    }

    package init(
        state: EvaluationState, knowledge: FleetKnowledge, rate: Double = 1,
        clockShift: Duration = .zero
    ) {
        self.clockShift = clockShift
        roundGapMax = .minutes(2) * max(rate, 1)
        cursor = state.cursor
        renames = state.renames
        replyCursor = state.replyCursor
        conditions = state.conditions
        catalog = knowledge.catalog
        monitor = ConditionMonitor(rules: knowledge.rules, catalog: knowledge.catalog)
        planner = ServicePlanner(catalog: knowledge.catalog)
        desk = ServiceDesk(
            network: knowledge.network, rules: knowledge.desk, orders: state.orders, alerts: state.alerts,
            lastOrderNumber: state.lastOrderNumber)
        for alert in state.alerts {
            standing[alert.finding.machine, default: [:]][alert.finding.episode] = alert.finding
        }
    }

    /// Machines were registered or changed: what is stored of them is judged anew by their plans.
    package mutating func take(registry machines: [Machine], version: Int64) {
        registryVersion = version
        let changed = machines.filter { registry[$0.key] != $0 }
        registry = Dictionary(uniqueKeysWithValues: machines.map { ($0.key, $0) })
        touched.formUnion(changed.map(\.key))
    }

    /// The clock was moved, by `shift` in all since the daemon's start: what waits until a time waits just as long.
    package mutating func clockMoved(to shift: Duration, now: Timestamp) {
        guard shift != clockShift else { return }
        pendingShift += shift - clockShift
        clockShift = shift
        listenAnew(from: now)
    }

    /// One round. `nil` when nothing came and nothing is due, so that an idle daemon writes nothing.
    package mutating func round(
        _ slice: JournalSlice, acknowledgements: [AlertAcknowledgement] = [], now: Timestamp
    ) -> Evaluation? {
        var outcome = Outcome()
        if now < lastRoundAt || now - lastRoundAt > roundGapMax { listenAnew(from: now) }
        lastRoundAt = now
        if pendingShift != .zero {
            outcome.clockStep = pendingShift
            take(desk.clockMoved(by: pendingShift), now: now, into: &outcome)
            pendingShift = .zero
        }
        if isUnreviewed {
            isUnreviewed = false
            take(desk.review(now: now, situation: situation), now: now, into: &outcome)
        }
        for received in slice.frames { observe(received, now: now, into: &outcome) }
        watchForSilence(now: now, into: &outcome)
        for (_, received) in slice.replies {
            take(
                desk.apply(received.reply, from: received.center, now: now, situation: situation), now: now,
                into: &outcome)
        }
        replyCursor = max(replyCursor, slice.lastReply ?? replyCursor)
        for acknowledgement in acknowledgements {
            let effects = desk.acknowledge(
                acknowledgement.machine, acknowledgement.episode, by: acknowledgement.by, now: acknowledgement.at)
            take(effects, now: now, into: &outcome)
        }
        if now - reviewedAt >= Self.reviewEvery || now < reviewedAt {
            reviewedAt = now
            touched.formUnion(registry.keys)
        }
        for machine in machinesToReview(changed: outcome.changed, now: now) {
            reviews[machine] = now
            review(machine, now: now, into: &outcome)
        }
        touched.removeAll()
        if let deadline = desk.nextDeadline, deadline <= now {
            take(desk.tick(now: now, situation: situation), now: now, into: &outcome)
        }

        let hasNews =
            slice.cursor != cursor || slice.lastReply != nil || !acknowledgements.isEmpty || !outcome.isEmpty
        cursor = slice.cursor
        guard hasNews else { return nil }
        return outcome.evaluation(
            cursor: cursor, replyCursor: replyCursor, now: now, lastOrderNumber: desk.lastOrderNumber,
            renames: renames, conditions: conditions, acknowledgements: acknowledgements)
    }

    /// Whether the meters were not looked at for a while: it means going through the whole fleet.
    mutating func isTimeForMeters(at now: Timestamp) -> Bool {
        guard now - metersLookedAt >= .seconds(30) || now < metersLookedAt else { return false }
        metersLookedAt = now
        return true
    }

    /// Meters whose last jump was after `time` by the machine's clock, the newest first, at most `limit`.
    package func meterJumps(since time: Timestamp, limit: Int) -> [MeterJumpDocument] {
        var jumps: [MeterJumpDocument] = []
        for (machine, condition) in conditions {
            for (meter, history) in condition.meters {
                guard let step = history.steps.last, step.at >= time else { continue }
                jumps.append(
                    MeterJumpDocument(equipment: machine, meter: meter, at: step.at, from: step.from, to: step.to))
            }
        }
        jumps.sort { ($1.at, $0.equipment, $0.meter.rawValue) < ($0.at, $1.equipment, $1.meter.rawValue) }
        return Array(jumps.prefix(limit))
    }

    // MARK: - Steps of a round

    /// Those to whom something happened, and those that have rested, in a fixed order.
    private mutating func machinesToReview(changed: Set<MachineKey>, now: Timestamp) -> [MachineKey] {
        let rest = Self.reviewRest * registry.count
        waiting.formUnion(changed)
        let due = waiting.filter { machine in
            guard let last = reviews[machine] else { return true }
            return now - last >= rest || now < last
        }
        waiting.subtract(due)
        waiting.subtract(touched)
        return touched.union(due).sorted()
    }

    private mutating func listenAnew(from now: Timestamp) {
        listeningSince = now
        // Stamped by a clock that was ahead, a machine would not be silent until it is that late.
        for key in conditions.keys where conditions[key]!.lastReceivedAt.map({ $0 > now }) ?? false {
            conditions[key]!.lastReceivedAt = now
        }
    }

    private mutating func observe(_ received: ReceivedFrames, now: Timestamp, into outcome: inout Outcome) {
        let key = received.machine
        var findings: [Finding] = []
        let model = registry[key]?.model
        for frame in received.frames {
            findings += monitor.observe(
                frame, receivedAt: min(received.receivedAt, now), machine: key, model: model,
                condition: &conditions[key, default: MachineCondition()])
        }
        outcome.changed.insert(key)
        note(findings, now: now, into: &outcome)
    }

    private mutating func watchForSilence(now: Timestamp, into outcome: inout Outcome) {
        var findings: [Finding] = []
        for (key, machine) in registry {
            guard conditions[key] != nil else { continue }
            let silence = monitor.watch(
                now: now, listeningSince: listeningSince, machine: key, model: machine.model,
                condition: &conditions[key]!)
            if !silence.isEmpty {
                outcome.changed.insert(key)
                findings += silence
            }
        }
        note(findings.sorted { $0.machine < $1.machine }, now: now, into: &outcome)
    }

    private mutating func note(_ findings: [Finding], now: Timestamp, into outcome: inout Outcome) {
        guard !findings.isEmpty else { return }
        for finding in findings {
            touched.insert(finding.machine)
            standing[finding.machine, default: [:]][finding.episode] = finding.clearedAt == nil ? finding : nil
        }
        take(desk.note(findings, now: now), now: now, into: &outcome)
    }

    /// What the machine needs now, put to the desk.
    private mutating func review(_ key: MachineKey, now: Timestamp, into outcome: inout Outcome) {
        guard let machine = registry[key], let situation = situation(key) else { return }
        let condition = conditions[key] ?? MachineCondition()
        let standings = planner.standings(of: machine, condition: condition, now: now)
        outcome.standings[key] = standings
        var needs = planner.needs(of: machine, condition: condition, standings: standings)
        for finding in (standing[key] ?? [:]).values.sorted(by: { $0.episode.description < $1.episode.description }) {
            if let need = planner.need(for: finding) { needs.append(need) }
        }
        take(desk.update(situation, needs: needs, now: now), now: now, into: &outcome)
    }

    private func situation(_ key: MachineKey) -> MachineSituation? {
        guard let machine = registry[key], let model = catalog.models[machine.model],
            let machineClass = catalog.classes[model.machineClass]
        else { return nil }
        return MachineSituation(
            machine: key, model: model, machineClass: machineClass,
            position: conditions[key]?.position ?? machine.sitePosition)
    }

    private mutating func take(_ effects: [DeskEffect], now: Timestamp, into outcome: inout Outcome) {
        for effect in effects {
            switch effect {
            case .saveOrder(let order): outcome.orders[order.id] = order
            case .saveAlert(let alert):
                outcome.alerts[AlertKey(machine: alert.finding.machine, episode: alert.finding.episode)] = alert
            case .dispatch(let dispatch): outcome.dispatches.append(dispatch)
            case .settle(let id): outcome.settled.append(id)
            case .serviced(let key, let code, let record, let order):
                serviced(key, code: code, record: record, order: order, into: &outcome)
            case .repaired(let key, _, _):
                // The finding clears when the machine's own readings say so; only then is it over.
                touched.insert(key)
            }
        }
    }

    private mutating func serviced(
        _ key: MachineKey, code: String, record: ServiceRecord, order: WorkOrderID, into outcome: inout Outcome
    ) {
        guard let machine = registry[key] else { return }
        var condition = conditions[key] ?? MachineCondition()
        var record = record
        // A center that does not report the meters has done the work at what the machine last sent.
        for meter in Meter.allCases where record.meters[meter] == nil {
            record.meters[meter] = condition.latest[meter.signal]?.value
        }
        planner.performed(code, record: record, machine: machine, condition: &condition)
        conditions[key] = condition
        outcome.changed.insert(key)
        touched.insert(key)
        outcome.serviceRecords.append((key, code, record, order))
    }

    private struct AlertKey: Hashable {
        var machine: MachineKey
        var episode: EpisodeKey
    }

    /// What one round has come to so far.
    private struct Outcome {
        var changed: Set<MachineKey> = []
        var standings: [MachineKey: [ServiceStanding]] = [:]
        var alerts: [AlertKey: Alert] = [:]
        var orders: [WorkOrderID: WorkOrder] = [:]
        var dispatches: [Dispatch] = []
        var settled: [String] = []
        var serviceRecords: [(machine: MachineKey, code: String, record: ServiceRecord, order: WorkOrderID?)] = []
        var clockStep = Duration.zero

        var isEmpty: Bool {
            clockStep == .zero && changed.isEmpty && standings.isEmpty && alerts.isEmpty && orders.isEmpty
                && dispatches.isEmpty
                && settled.isEmpty
        }

        func evaluation(
            cursor: JournalCursor, replyCursor: Int64, now: Timestamp, lastOrderNumber: Int64, renames: Int64,
            conditions: [MachineKey: MachineCondition], acknowledgements: [AlertAcknowledgement]
        ) -> Evaluation {
            var evaluation = Evaluation(
                cursor: cursor, replyCursor: replyCursor, at: now, lastOrderNumber: lastOrderNumber, renames: renames)
            for key in changed { evaluation.conditions[key] = conditions[key] }
            evaluation.standings = standings
            evaluation.alerts = alerts.values.sorted {
                ($0.firedAt, $0.finding.machine, $0.finding.episode.description)
                    < ($1.firedAt, $1.finding.machine, $1.finding.episode.description)
            }
            evaluation.orders = orders.values.sorted { $0.id < $1.id }
            evaluation.dispatches = dispatches
            evaluation.settled = settled
            evaluation.serviceRecords = serviceRecords
            evaluation.appliedAcknowledgements = acknowledgements
            evaluation.clockStep = clockStep
            return evaluation
        }
    }
}
