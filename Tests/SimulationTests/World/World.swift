import FleetModel
import FleetRuntime
import FleetSimulation
import TelemetryCodec

/// Everything around one daemon: machines, broker, centers, people, disk and time, all driven by one seed.
///
/// `@unchecked Sendable`: one task drives it, and the store's threads work only while that task waits for them.
final class World: @unchecked Sendable {
    let chance: Chance
    let trace = Trace()
    let truth = Truth()
    let disk: SimulatedDisk
    let broker: SimulatedBroker
    let mutation: Mutation?
    var trucks: [Truck]

    /// Since the start, by a clock that never jumps.
    private(set) var elapsed = Duration.zero
    /// By how much the server's clock is wrong.
    private(set) var wallError = Duration.zero
    private var bootedAt = Duration.zero
    private var highestBelief = Duration.zero
    /// The most by which the daemon's idea of the time ever fell back from where it had been, at once or by and by.
    private(set) var beliefFellBack = Duration.zero
    /// Whether chance still makes things go wrong.
    var isFaulty = true
    /// So many calls of the store will find it busy.
    var busyCalls = 0
    /// The process dies at the next of these.
    var deathAt: (moment: Moment, death: SimulatedDisk.Death)?

    enum Moment: CaseIterable { case beforeAcknowledgement, afterAcknowledgement, afterPublishing }

    private var centers: SimulatedCenters
    private var toCenters: [(dueAt: Duration, center: ServiceCenterID, body: [UInt8])] = []
    private var fromCenters: [(dueAt: Duration, message: SentMessage)] = []
    private var lastMessage = 0
    private(set) var collected: [SentMessage] = []

    init(seed: UInt64, folder: String, mutation: Mutation?) {
        chance = Chance(seed: seed)
        self.mutation = mutation
        disk = SimulatedDisk(folder: folder, chance: chance, trace: trace)
        broker = SimulatedBroker(
            queueLimit: chance.happens(0.3) ? chance.between(20, 60) : 100_000, chance: chance, trace: trace,
            truth: truth)
        centers = SimulatedCenters(behaviour: Site.behaviour(chance), seed: seed)
        trucks = []
        for key in Site.registered + [Site.stranger] {
            trucks.append(Truck(key: key, engineHours: 10_000 + Double(chance.between(150, 240)), lastAt: Site.start))
        }
        if chance.happens(0.4) { misplaceWall() }
    }

    // MARK: - Time

    /// The server's clock, which anybody may set.
    var wall: Timestamp { Site.start + elapsed + wallError }
    /// The server's clock that nobody can set. It begins anew when the machine does.
    var boot: Duration { .seconds(20) + elapsed - bootedAt }
    /// What the time is, and what everybody else's clocks show.
    var trueNow: Timestamp { Site.start + elapsed }

    func pass(_ time: Duration) { elapsed += time }

    func setWall(wrongBy error: Duration) {
        wallError = error
        trace.note("clock: wrong by \(Int(error.inSeconds)) s")
    }

    /// Somebody sets the server's clock, or its battery is empty.
    func misplaceWall() {
        switch chance.below(10) {
        case 0..<6: setWall(wrongBy: .seconds(chance.between(-1_800, 1_800)))
        case 6, 7: setWall(wrongBy: .seconds(3_600 * chance.between(-48, 48)))
        case 8: setWall(wrongBy: .seconds(86_400 * chance.between(31, 400)))
        default: setWall(wrongBy: Timestamp(seconds: 0) - trueNow)
        }
    }

    /// The machine is switched on again.
    func reboot() {
        bootedAt = elapsed
        if isFaulty, chance.happens(0.2) { misplaceWall() }
    }

    /// What the daemon now takes for the time.
    func believes(_ now: Timestamp) {
        let error = now - trueNow
        highestBelief = max(highestBelief, error)
        beliefFellBack = max(beliefFellBack, highestBelief - error)
    }

    // MARK: - Machines

    /// One machine does or says something.
    func moveTruck() {
        let index = chance.below(trucks.count)
        switch chance.below(100) {
        case 0..<60: sendFrames(of: index)
        case 60..<68: trucks[index].isHot.toggle()
        case 68..<74: trucks[index].buffer.append(observe(index))
        case 74..<79: trucks[index].seq += UInt64(chance.between(1, 3))
        case 79..<82:
            trucks[index].boot += 1
            trucks[index].seq = 0
        case 82..<88:
            let isConnected = chance.happens(0.5)
            send(
                TelemetryEncoder.statusBody(isConnected: isConnected), to: .status, of: index,
                .status(trucks[index].key, isConnected: isConnected))
        default: sendGarbage(of: index)
        }
    }

    func sendFrames(of index: Int) {
        var frames = trucks[index].buffer
        trucks[index].buffer = []
        // Some machines say the same again in the next message.
        if chance.happens(0.1), let last = trucks[index].lastFrame, !frames.contains(last) { frames.append(last) }
        frames.append(observe(index))
        send(
            frames.count == 1 ? TelemetryEncoder.body(of: frames[0]) : TelemetryEncoder.body(of: frames),
            to: .telemetry, of: index, .frames(trucks[index].key, frames))
    }

    private func observe(_ index: Int) -> Frame {
        let frame = trucks[index].observe(at: trueNow, chance)
        truth.observed(frame, of: trucks[index].key)
        return frame
    }

    private func sendGarbage(of index: Int) {
        let serial = lastMessage + 1
        switch chance.below(4) {
        case 0: send(Array("{\"boot\":1,\"seq\":\(serial)".utf8), to: .telemetry, of: index, .garbage)
        case 1: send(Array("{\"boot\":1,\"seq\":\(serial),\"why\":1}".utf8), to: .telemetry, of: index, .garbage)
        case 2: send(Array("{\"state\":\"lost \(serial)\"}".utf8), to: .status, of: index, .garbage)
        default:
            let frame = Frame(
                boot: 77, seq: UInt64(serial), observedAt: trueNow, readings: [Reading(Site.coolant, 88)])
            send(TelemetryEncoder.body(of: frame), to: .telemetry, of: index, .garbage, isRetained: true)
        }
    }

    private func send(
        _ body: [UInt8], to kind: TopicKind, of index: Int, _ content: SentMessage.Content, isRetained: Bool = false
    ) {
        let message = message(.machine(trucks[index].key, kind), body, content, isRetained: isRetained)
        let delay = isFaulty && chance.happens(0.2) ? Duration.seconds(chance.between(1, 120)) : .milliseconds(50)
        trucks[index].line.append((elapsed + delay, message))
    }

    private func message(
        _ topic: Topic, _ body: [UInt8], _ content: SentMessage.Content, isRetained: Bool = false
    ) -> SentMessage {
        lastMessage += 1
        let message = SentMessage(
            id: lastMessage, topic: topic.description, body: body, isRetained: isRetained, content: content)
        truth.sent(message)
        return message
    }

    /// What has had time to arrive reaches the broker, each line in its order.
    func deliver() {
        guard broker.isUp else { return }
        for index in trucks.indices {
            while let first = trucks[index].line.first, first.dueAt <= elapsed {
                broker.receive(first.message)
                // When the broker's acknowledgement is lost, the machine sends it once more.
                if isFaulty, chance.happens(0.05) { break }
                trucks[index].line.removeFirst()
            }
        }
        let due = fromCenters.filter { $0.dueAt <= elapsed }
        fromCenters.removeAll { $0.dueAt <= elapsed }
        for reply in due { broker.receive(reply.message) }
    }

    var isAnythingUnderWay: Bool {
        !fromCenters.isEmpty || !toCenters.isEmpty || trucks.contains { !$0.line.isEmpty || !$0.buffer.isEmpty }
    }

    // MARK: - Centers

    /// Some orders that centers have, for others to speak of.
    private var firstOrders: [WorkOrderID] = []

    /// Centers read what has come and say what they have to say.
    func moveCenters() {
        let due = toCenters.filter { $0.dueAt <= elapsed }
        toCenters.removeAll { $0.dueAt <= elapsed }
        var acts: [SimulatedCenters.Act] = []
        for (_, center, body) in due {
            guard let order = try? CenterOrder(json: body) else {
                truth.violate("\(center) cannot read its work order: \(String(decoding: body, as: UTF8.self))")
                return
            }
            if firstOrders.count < 6, !firstOrders.contains(order.order) { firstOrders.append(order.order) }
            acts += centers.receive(order, at: center, now: trueNow)
        }
        acts += centers.advance(to: trueNow) { key in
            trucks.first { $0.key == key }.map { [.engineHours: $0.engineHours] } ?? [:]
        }
        for act in acts { say(act.reply, center: act.center) }
        if isFaulty, chance.happens(0.15) { sayNonsense() }
    }

    private func say(_ reply: CenterReply, center: ServiceCenterID) {
        trace.note("center: \(center) says \(reply.state.rawValue) of \(reply.order)")
        let message = message(
            .replies(center), TelemetryEncoder.body(of: reply), .reply("\(center) \(reply.reply)"))
        if isFaulty, chance.happens(0.08) {
            truth.mayBeLost(message)
            return
        }
        for _ in 0..<(isFaulty && chance.happens(0.1) ? 2 : 1) {
            let delay = isFaulty && chance.happens(0.2) ? Duration.seconds(chance.between(1, 300)) : .milliseconds(80)
            fromCenters.append((elapsed + delay, message))
        }
    }

    /// A word about an order nobody knows, or one that another center has, or a body nobody can read.
    private func sayNonsense() {
        let center = chance.pick(Site.centers)
        if chance.happens(0.3) {
            let message = message(.replies(center), Array("{\"reply\":\(lastMessage + 1)}".utf8), .garbage)
            fromCenters.append((elapsed, message))
            return
        }
        let order =
            firstOrders.isEmpty || chance.happens(0.5) ? WorkOrderID("WO-999999-0000")! : chance.pick(firstOrders)
        let states: [CenterReply.State] = [.received, .accepted, .declined, .started, .cancelled]
        say(
            CenterReply(
                reply: "nonsense-\(lastMessage + 1)", order: order, state: chance.pick(states),
                at: trueNow - .seconds(chance.between(0, 3_600)), reason: "wrong number"),
            center: center)
    }

    // MARK: - The daemon's ports

    func collect(at now: Timestamp) throws(InboxFailure) -> [InboundMessage] {
        guard disk.death == nil else { throw .disconnected("the machine is off") }
        let messages = try broker.collect(at: now, isFaulty: isFaulty)
        collected = messages.compactMap { truth.message($0.topic, $0.body) }
        if !messages.isEmpty { trace.note("inbox: \(messages.count) messages") }
        return messages
    }

    func acknowledge() throws(InboxFailure) {
        try live(until: .beforeAcknowledgement)
        if isFaulty, chance.happens(0.05) {
            broker.loseConnection()
            trace.note("inbox: connection lost before the acknowledgement")
            throw .disconnected("connection reset")
        }
        let isPartial = isFaulty && chance.happens(0.05)
        let taken = try broker.acknowledge(isPartial ? .partial : nil)
        trace.note("inbox: \(taken.count) acknowledged")
        for message in taken { truth.acknowledged(message) }
        if isPartial { throw .disconnected("connection reset") }
        try live(until: .afterAcknowledgement)
    }

    func abandon() { broker.loseConnection() }

    func publish(_ body: [UInt8], to topic: Topic) throws(InboxFailure) {
        guard disk.death == nil, broker.isUp, case .workOrders(let center) = topic else {
            throw .disconnected("connection refused")
        }
        if isFaulty, chance.happens(0.05) { throw .refused("not authorized") }
        if isFaulty, chance.happens(0.05) { throw .disconnected("connection reset") }
        trace.note("post: to \(center)")
        for _ in 0..<(isFaulty && chance.happens(0.1) ? 2 : 1) {
            let delay = isFaulty && chance.happens(0.2) ? Duration.seconds(chance.between(1, 600)) : .milliseconds(80)
            toCenters.append((elapsed + delay, center, body))
        }
        try live(until: .afterPublishing)
        if isFaulty, chance.happens(0.05) { throw .disconnected("the broker's answer was lost") }
    }

    private func live(until moment: Moment) throws(InboxFailure) {
        if let (planned, death) = deathAt, planned == moment {
            trace.note("dies at \(moment)")
            disk.die(death)
            deathAt = nil
        }
        guard disk.death == nil else { throw .disconnected("the machine is off") }
    }
}
