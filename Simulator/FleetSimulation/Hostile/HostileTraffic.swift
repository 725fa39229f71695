import FleetModel
import TelemetryCodec

/// Sends what a broken, careless or hostile client might, beside the fleet's own messages.
///
/// The attacks come round in turn, each from a machine of its own in the fleet `hostile`; the flood of machines has the
/// fleet `flood`. What goes through MQTT at all can be sent: a topic with control characters is refused by the client
/// library already, and Sparkplug is no protocol of the daemon yet.
struct HostileTraffic: Sendable {
    private let plan: HostilePlan
    private let start: Timestamp
    private let floodPeriod: Duration
    /// Whom the identity attack pretends to be.
    private let victims: [MachineKey]
    private var chance: RandomStream
    private var hasBegun = false
    private var round = 0
    private var flooded = 0
    private var seqs: [HostileMessage.Attack: UInt64] = [:]
    private var floodedNames = 0
    private(set) var truth: [TruthRecord] = []

    /// In turn. The retained one is sent once, at the beginning: the broker gives it to each who subscribes later.
    private static let inTurn = HostileMessage.Attack.allCases.filter { $0 != .machineFlood && $0 != .retained }
    private static let boot: UInt32 = 1

    init(_ plan: HostilePlan, victims: [MachineKey], length: Duration, seed: UInt64, start: Timestamp) {
        self.plan = plan
        self.victims = victims
        self.start = start
        floodPeriod = plan.floodMachines > 0 ? length / (plan.floodMachines + 1) : .zero
        chance = RandomStream(seed: seed, of: "hostile")
    }

    /// What is sent until `time` and has not been yet, earliest first for each kind.
    mutating func advance(to time: Timestamp, into messages: inout [SimulatedMessage]) {
        if !hasBegun {
            hasBegun = true
            send(
                .retained, frame(.retained, at: start), at: start, .rejected(.retained), isRetained: true,
                into: &messages)
        }
        while start + plan.period * (round + 1) <= time {
            round += 1
            let kind = Self.inTurn[(round - 1) % Self.inTurn.count]
            attack(kind, at: start + plan.period * round, into: &messages)
        }
        while flooded < plan.floodMachines, start + floodPeriod * (flooded + 1) <= time {
            flooded += 1
            flood(at: start + floodPeriod * flooded, into: &messages)
        }
    }

    // MARK: The attacks

    private mutating func attack(
        _ kind: HostileMessage.Attack, at now: Timestamp, into messages: inout [SimulatedMessage]
    ) {
        let good = frame(kind, at: now)
        let text = String(decoding: good, as: UTF8.self)
        func with(_ member: String) -> [UInt8] { Array("{\(member),\(text.dropFirst())".utf8) }
        switch kind {
        case .identity:
            let victim = victims[Int(chance.between(0, Double(victims.count)))]
            send(
                kind, with("\"fleet\":\"\(victim.fleet)\",\"equipment\":\"\(victim.equipment)\""), at: now,
                .rejected(.identityMismatch), into: &messages)
        case .controlCharacter:
            send(kind, with("\"equipment\":\"truck\\u0007\""), at: now, .rejected(.identityMismatch), into: &messages)
        case .oversize:
            let padding = String(repeating: " ", count: plan.limits.bodyBytes)
            send(kind, Array((text + padding).utf8), at: now, .rejected(.oversize), into: &messages)
        case .deepJSON:
            let depth = 40
            let deep = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            send(kind, with("\"faults\":\(deep)"), at: now, .rejected(.notJSON), into: &messages)
        case .hugeNumber:
            send(kind, replacing("88.5", "1e999", in: text), at: now, .rejected(.notJSON), into: &messages)
        case .nan: send(kind, replacing("88.5", "NaN", in: text), at: now, .rejected(.notJSON), into: &messages)
        case .notUTF8:
            let bad = Array("{\"mode\":\"".utf8) + [0xC3, 0x28] + Array("\",\(text.dropFirst())".utf8)
            send(kind, bad, at: now, .rejected(.notJSON), into: &messages)
        case .duplicateKey: send(kind, with("\"seq\":7"), at: now, .rejected(.duplicateKey), into: &messages)
        case .manyMembers:
            send(
                kind, frame(kind, at: now, names: (0...plan.limits.signalsPerFrame).map { "s\($0)" }), at: now,
                .rejected(.tooManySignals), into: &messages)
        case .unknownKey: send(kind, with("\"payload\":1"), at: now, .rejected(.unknownKey), into: &messages)
        case .wrongType:
            send(kind, replacing("88.5", "\"88.5\"", in: text), at: now, .rejected(.wrongType), into: &messages)
        case .compressed: send(kind, gzip(good), at: now, .rejected(.notJSON), into: &messages)
        case .badTopic:
            send(kind, good, at: now, .rejected(.badTopic), topic: "hostile/tr\u{F6}ck 1", into: &messages)
        case .reservedFleet:
            send(kind, good, at: now, .rejected(.reservedFleet), topic: "centers/truck-1", into: &messages)
        case .future:
            let late = now + plan.limits.futureTolerance + .minutes(5)
            send(kind, frame(kind, at: late), at: now, .rejected(.futureTime), into: &messages)
        case .past:
            let early = now - plan.limits.ageMax - .hours(1)
            send(kind, frame(kind, at: early), at: now, .rejected(.tooOld), into: &messages)
        case .duplicate:
            send(kind, good, at: now, .taken, into: &messages)
            send(kind, good, at: now + .seconds(1), .duplicate, into: &messages)
        case .replay:
            send(kind, good, at: now, .taken, into: &messages)
            send(kind, replacing("88.5", "21.5", in: text), at: now + .seconds(1), .duplicate, into: &messages)
        case .outOfOrder:
            let later = frame(kind, at: now)
            send(kind, later, at: now, .taken, into: &messages)
            send(kind, good, at: now + .seconds(1), .taken, into: &messages)
        case .signalFlood: floodNames(at: now, into: &messages)
        case .retained, .machineFlood: break
        }
    }

    private mutating func floodNames(at now: Timestamp, into messages: inout [SimulatedMessage]) {
        let each = min(400, plan.limits.signalsPerFrame)
        // Once a message was refused its names are forgotten, and the same ones would be refused again.
        let fits = floodedNames + each <= plan.limits.signalsPerMachine
        let names = (0..<each).map { "flood_\(floodedNames + $0)" }
        send(
            .signalFlood, frame(.signalFlood, at: now, names: names), at: now,
            fits ? .taken : .rejected(.tooManySignals), into: &messages)
        if fits { floodedNames += each }
    }

    private mutating func flood(at now: Timestamp, into messages: inout [SimulatedMessage]) {
        let machine = MachineKey("flood/m\(flooded)")!
        let body = TelemetryEncoder.body(
            of: Frame(boot: Self.boot, seq: 0, observedAt: now, readings: [Reading(.speed, 0)]))
        send(
            .machineFlood, body, at: now,
            flooded <= plan.limits.machinesPerFleet ? .taken : .rejected(.tooManyMachines), machine: machine,
            into: &messages)
    }

    // MARK: Bodies

    /// A good frame of the attack's own machine, numbered in turn.
    private mutating func frame(
        _ kind: HostileMessage.Attack, at now: Timestamp, names: [String]? = nil
    ) -> [UInt8] {
        let seq = seqs[kind, default: 0]
        seqs[kind] = seq + 1
        let signals = names.map { $0.map { Signal($0) } } ?? [Signals.coolantTemp]
        return TelemetryEncoder.body(
            of: Frame(
                boot: Self.boot, seq: seq, observedAt: now, readings: signals.map { Reading($0, 88.5) }))
    }

    private mutating func send(
        _ attack: HostileMessage.Attack, _ body: [UInt8], at now: Timestamp, _ expected: HostileMessage.Outcome,
        topic: String? = nil, machine: MachineKey? = nil, isRetained: Bool = false,
        into messages: inout [SimulatedMessage]
    ) {
        let machine = machine ?? MachineKey("hostile/\(attack.rawValue)")!
        let message = HostileMessage(machine: machine, attack: attack, at: now, expected: expected)
        truth.append(.hostile(message))
        messages.append(
            SimulatedMessage(
                machine: machine,
                topic: topic.map { "\(Topic.prefix)\($0)/telemetry" } ?? Topic.machine(machine, .telemetry).description,
                body: body, publishAt: now, isRetained: isRetained, content: .hostile(message)))
    }
}

private func replacing(_ what: String, _ with: String, in text: String) -> [UInt8] {
    guard let range = text.firstRange(of: what) else { preconditionFailure("\(text) has no \(what)") }
    return Array(text.replacingCharacters(in: range, with: with).utf8)
}

extension String {
    fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}

/// RFC 1952, its contents stored as they are.
private func gzip(_ bytes: [UInt8]) -> [UInt8] {
    func little(_ value: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var check: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        check ^= UInt32(byte)
        for _ in 0..<8 { check = check & 1 == 1 ? check >> 1 ^ 0xEDB8_8320 : check >> 1 }
    }
    let count = UInt32(bytes.count)
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1] + little(count, 2) + little(~count, 2) + bytes
        + little(~check, 4) + little(count, 4)
}
