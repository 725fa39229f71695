import FleetModel
import TelemetryCodec

/// The telematics unit of one machine: numbers its frames, keeps them in dead zones, and sends them on.
struct OnboardUnit: Sendable {
    private let machine: MachineKey
    private let telemetryTopic: String
    private let faultsTopic: String
    private let statusTopic: String
    private let faults: DeliveryFaults
    private let interval: Duration
    private var chance: RandomStream
    /// From the frame's instant to the broker; the same for all, so that nothing overtakes by itself.
    private let latency: Duration
    private let clockOffset: Duration
    private(set) var boot: UInt32
    private var seq: UInt64 = 0
    private var buffer: [Frame] = []
    /// Out of coverage until then.
    private var coveredAgainAt: Timestamp?
    private var nextDeadZone: Timestamp
    private var nextRestart: Timestamp
    private var hasGreeted = false

    init(machine: MachineKey, scenario: Scenario, seed: UInt64, start: Timestamp) {
        self.machine = machine
        telemetryTopic = Topic.machine(machine, .telemetry).description
        faultsTopic = Topic.machine(machine, .faults).description
        statusTopic = Topic.machine(machine, .status).description
        faults = scenario.delivery
        interval = scenario.interval
        chance = RandomStream(seed: seed, of: machine.description, "delivery")
        latency = .milliseconds(Int64(chance.between(20, 90)))
        boot = UInt32(chance.between(1, 5_000))
        let isWrong = chance.happens(faults.wrongClocks)
        let offset = chance.between(-1, 1) * faults.clockOffset.inSeconds
        clockOffset = isWrong ? .milliseconds(Int64(offset * 1_000)) : .zero
        nextDeadZone = .distantFuture
        nextRestart = .distantFuture
        nextDeadZone = after(start, perDay: faults.deadZonesPerDay)
        nextRestart = after(start, perDay: faults.restartsPerDay)
    }

    /// A new control unit numbers its frames from 0 under a boot number of its own.
    mutating func swap() {
        boot = UInt32(chance.between(5_001, 9_000))
        seq = 0
    }

    /// Numbers begin at 0 again under the same boot number.
    mutating func forgetNumbers() { seq = 0 }

    private mutating func after(_ time: Timestamp, perDay: Double) -> Timestamp {
        guard perDay > 0 else { return .distantFuture }
        return time + .days(chance.exponential(mean: 1 / perDay))
    }

    /// Coverage and power at this instant; returns whether the control unit started anew.
    mutating func wake(at now: Timestamp, into messages: inout [SimulatedMessage]) -> Bool {
        var hasRestarted = false
        if now >= nextRestart {
            boot &+= 1
            seq = 0
            nextRestart = after(now, perDay: faults.restartsPerDay)
            hasRestarted = true
        }
        if let end = coveredAgainAt, now >= end {
            coveredAgainAt = nil
            nextDeadZone = after(now, perDay: faults.deadZonesPerDay)
            report(isConnected: true, at: now + latency, into: &messages)
            backfill(at: now + latency, into: &messages)
        } else if !hasGreeted {
            hasGreeted = true
            report(isConnected: true, at: now, into: &messages)
        }
        if coveredAgainAt == nil, now >= nextDeadZone {
            let length = Duration.minutes(chance.between(faults.deadZoneMinutes))
            coveredAgainAt = now + length
            // The broker misses the machine after one and a half keep-alives of a minute and publishes its last will.
            if length > .seconds(90) { report(isConnected: false, at: now + .seconds(90), into: &messages) }
        }
        return hasRestarted
    }

    /// Numbers a frame and sends it, or keeps it while there is no coverage.
    mutating func send(
        _ readings: [Reading], faults codes: [DiagnosticTroubleCode]?, observedAt now: Timestamp,
        into messages: inout [SimulatedMessage]
    ) {
        let frame = Frame(
            boot: boot, seq: seq, observedAt: now + clockOffset, readings: readings, faults: codes)
        seq += 1
        if faults.lost > 0, chance.happens(faults.lost) { return }
        guard coveredAgainAt == nil else {
            buffer.append(frame)
            return
        }
        var arrival = now + latency
        if faults.reordered > 0, chance.happens(faults.reordered) {
            arrival += .seconds(interval.inSeconds * chance.between(1.2, 3))
        }
        let message = SimulatedMessage(
            machine: machine, topic: codes == nil ? telemetryTopic : faultsTopic,
            body: TelemetryEncoder.body(of: frame), publishAt: arrival, content: .frames([frame]))
        messages.append(message)
        if faults.duplicates > 0, chance.happens(faults.duplicates) {
            var copy = message
            copy.publishAt += .seconds(interval.inSeconds * chance.between(0, 2))
            messages.append(copy)
        }
    }

    private mutating func backfill(at now: Timestamp, into messages: inout [SimulatedMessage]) {
        var rest = buffer[...]
        buffer = []
        while !rest.isEmpty {
            let frames = Array(rest.prefix(faults.backfillFrames))
            rest = rest.dropFirst(frames.count)
            let columns = faults.isBackfillColumnar ? TelemetryEncoder.columnarBody(of: frames) : nil
            messages.append(
                SimulatedMessage(
                    machine: machine, topic: telemetryTopic,
                    body: columns ?? TelemetryEncoder.body(of: frames), publishAt: now, content: .frames(frames)))
        }
    }

    private func report(isConnected: Bool, at time: Timestamp, into messages: inout [SimulatedMessage]) {
        messages.append(
            SimulatedMessage(
                machine: machine, topic: statusTopic, body: TelemetryEncoder.statusBody(isConnected: isConnected),
                publishAt: time, content: .status(isConnected: isConnected)))
    }
}
