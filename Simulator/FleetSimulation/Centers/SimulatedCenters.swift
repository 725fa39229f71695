import FleetModel

/// All simulated service centers: they take orders, say yes or no, and do the work after a while.
///
/// What a center does with an order depends on the seed, the center and the order's dispatch, so neither the order of
/// arrival nor a repeated message changes it; only who is to decline its first order goes by what came first.
package struct SimulatedCenters: Sendable {
    private let behaviour: CenterBehaviour
    private let seed: UInt64
    private var jobs: [String: Job] = [:]
    private var hasSeenOrder: Set<ServiceCenterID> = []

    private struct Job: Sendable {
        var center: ServiceCenterID
        var message: CenterOrder
        /// Not yet said, earliest first.
        var steps: [Step]
        var received: CenterReply
    }

    private struct Step: Sendable {
        var at: Timestamp
        var state: CenterReply.State
        var reason: String?
        var scheduledFor: Timestamp?
    }

    package init(behaviour: CenterBehaviour, seed: UInt64) {
        self.behaviour = behaviour
        self.seed = seed
    }

    /// What a center says or does at a moment.
    package struct Act: Sendable, Hashable {
        package var at: Timestamp
        package var center: ServiceCenterID
        package var reply: CenterReply
        /// What was done to the machine; `nil` unless the reply says `completed`.
        package var done: CenterOrder?
        /// The job that begins, and when it will be done: until then the machine stands. `nil` unless the reply says
        /// `started`.
        package var begun: Begun?

        package struct Begun: Sendable, Hashable {
            package var job: CenterOrder
            package var until: Timestamp
        }
    }

    /// How many orders some center is working at.
    package var openJobs: Int { jobs.values.count { !$0.steps.isEmpty } }

    /// When somebody has something to say next.
    package var nextAt: Timestamp? { jobs.values.compactMap(\.steps.first?.at).min() }

    /// A message on a center's topic.
    package mutating func receive(_ message: CenterOrder, at center: ServiceCenterID, now: Timestamp) -> [Act] {
        guard !behaviour.silent.contains(center) else { return [] }
        switch message.action {
        case .withdraw:
            for (id, job) in jobs where job.center == center && job.message.order == message.order {
                jobs[id]?.steps = []
            }
            return []
        case .rename:
            for (id, job) in jobs where job.center == center && job.message.order == message.order {
                jobs[id]?.message.equipment = message.equipment
            }
            return []
        case .offer:
            if let job = jobs[message.dispatch] {
                // The first answer was lost, or ours crossed with the second offer.
                guard job.steps.first?.state != .received else { return [] }
                return [Act(at: now, center: center, reply: job.received)]
            }
            jobs[message.dispatch] = plan(message, at: center, now: now)
            return []
        }
    }

    private mutating func plan(_ message: CenterOrder, at center: ServiceCenterID, now: Timestamp) -> Job {
        var chance = RandomStream(seed: seed, of: center.text, message.dispatch)
        let receivedAt = now + .minutes(chance.between(behaviour.receiptMinutes))
        let decidedAt = receivedAt + .minutes(chance.between(behaviour.decisionMinutes))
        var steps = [Step(at: receivedAt, state: .received)]
        let isFirst = hasSeenOrder.insert(center).inserted
        if chance.happens(behaviour.declines) || (isFirst && behaviour.declinesFirst.contains(center)) {
            let reasons = [
                "all crews are out until the day after tomorrow", "no bay is free before next week",
                "the part is not in stock and takes four days",
            ]
            steps.append(
                Step(at: decidedAt, state: .declined, reason: reasons[Int(chance.between(0, 3))]))
        } else {
            let startsAt = decidedAt + .hours(chance.between(behaviour.startHours))
            let doneAt = startsAt + .hours(max(0.2, message.durationHours) * chance.between(behaviour.workRatio))
            steps.append(Step(at: decidedAt, state: .accepted))
            steps.append(Step(at: decidedAt + .minutes(5), state: .scheduled, scheduledFor: startsAt))
            steps.append(Step(at: startsAt, state: .started))
            steps.append(Step(at: doneAt, state: .completed))
        }
        return Job(
            center: center, message: message, steps: steps, received: reply(steps[0], to: message, meters: [:]))
    }

    private func reply(_ step: Step, to message: CenterOrder, meters: [Meter: Double]) -> CenterReply {
        CenterReply(
            reply: "\(message.dispatch.replacing("/", with: "."))-\(step.state.rawValue)", order: message.order,
            state: step.state, at: step.at, reason: step.reason, scheduledFor: step.scheduledFor, meters: meters)
    }

    /// What the centers say and do until `now`, in the order they do.
    ///
    /// `meters` reads a machine's meters, which a mechanic writes down when the work is done.
    package mutating func advance(to now: Timestamp, meters: (MachineKey) -> [Meter: Double]) -> [Act] {
        var acts: [Act] = []
        for (id, job) in jobs {
            let due = job.steps.prefix { $0.at <= now }
            guard !due.isEmpty else { continue }
            jobs[id]?.steps.removeFirst(due.count)
            for step in due {
                let isDone = step.state == .completed
                acts.append(
                    Act(
                        at: step.at, center: job.center,
                        reply: reply(
                            step, to: job.message, meters: isDone ? meters(job.message.equipment) : [:]),
                        done: isDone ? job.message : nil,
                        begun: step.state == .started
                            ? job.steps.last.map { .init(job: job.message, until: $0.at) } : nil))
            }
        }
        return acts.sorted { ($0.at, $0.reply.reply) < ($1.at, $1.reply.reply) }
    }
}
