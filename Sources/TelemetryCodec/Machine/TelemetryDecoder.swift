import FleetModel

/// Reads the bodies of messages. Keeps a parser and its buffers between messages, so each loop has one of its own.
///
/// The forms are specified in `docs/PROTOCOL.md`. Whatever the bytes are, the answer is frames or a `Rejection`.
package struct TelemetryDecoder: ~Copyable, Sendable {
    /// May change between messages; what each machine has used up of them stays counted.
    package var limits: IngestLimits
    var parser = JSONParser()
    var names = SignalTable()
    /// Readings of the present message whose names are provisional.
    var unsettled: [UnsettledReading] = []
    /// How many names each machine was the first to send: it may not fill the memory with ever new ones.
    private var introduced: [MachineKey: Int] = [:]

    package init(limits: IngestLimits) { self.limits = limits }

    /// The frames of a telemetry or faults message, in the order they stand in it.
    ///
    /// On the faults topic every frame must speak of faults.
    package mutating func frames(
        in body: [UInt8], of machine: MachineKey, on kind: TopicKind = .telemetry, receivedAt: Timestamp
    ) throws(Rejection) -> [Frame] {
        unsettled.removeAll(keepingCapacity: true)
        do throws(Rejection) {
            let tape = try parse(body)
            let message = Message(
                tape: tape, machine: machine, needsFaults: kind == .faults,
                earliest: receivedAt - limits.ageMax, latest: receivedAt + limits.futureTolerance)
            var frames = try self.frames(of: message)
            try admitNames(of: machine)
            for reading in unsettled {
                frames[reading.frame].readings[reading.position].signal = names.signal(at: reading.name)
            }
            return frames
        } catch {
            names.forgetProvisional()
            throw error.inside("")
        }
    }

    /// The time of the last frame of such a message, whatever time that is; `nil` when it would be rejected for
    /// something else. Nothing of the message is kept, not even a name.
    package mutating func lastTime(
        in body: [UInt8], of machine: MachineKey, on kind: TopicKind = .telemetry
    ) -> Timestamp? {
        unsettled.removeAll(keepingCapacity: true)
        defer { names.forgetProvisional() }
        guard let tape = try? parse(body) else { return nil }
        let message = Message(
            tape: tape, machine: machine, needsFaults: kind == .faults, earliest: .distantPast, latest: .distantFuture)
        return (try? frames(of: message))?.last?.observedAt
    }

    /// A status message: whether the machine says it is connected.
    package mutating func status(in body: [UInt8], of machine: MachineKey) throws(Rejection) -> Bool {
        let tape = try parse(body)
        do throws(Rejection) {
            try tape.object(at: JSONTape.root, "the message")
            let members = try Members<StatusKey>(of: JSONTape.root, in: tape)
            try tape.check(machine, fleet: members[.fleet], equipment: members[.equipment])
            let state = try tape.string(at: try members.required(.state, "state"), "state")
            if state.spell("connected") { return true }
            if state.spell("disconnected") { return false }
            throw Rejection(.outOfRange, "state is \(excerpt(state)); send connected or disconnected")
        } catch {
            throw error.inside("")
        }
    }

    /// The tape of a body that is not too large.
    mutating func parse(_ body: [UInt8]) throws(Rejection) -> JSONTape {
        guard body.count <= limits.bodyBytes else {
            throw Rejection(
                .oversize, "the body has \(body.count) bytes; send at most \(limits.bodyBytes), in several messages")
        }
        return try parser.parse(body)
    }

    private mutating func frames(of message: Message) throws(Rejection) -> [Frame] {
        try message.tape.object(at: JSONTape.root, "the message")
        let members = try Members<FrameKey>(of: JSONTape.root, in: message.tape)
        try message.tape.check(message.machine, fleet: members[.fleet], equipment: members[.equipment])
        if let list = members[.frames] { return try batch(list, beside: members, of: message) }
        if members[.columns] != nil { return try columns(members, of: message) }
        return [try frame(members, at: 0, of: message)]
    }

    private mutating func batch(
        _ list: Int, beside members: Members<FrameKey>, of message: Message
    ) throws(Rejection) -> [Frame] {
        for key in FrameKey.allCases where members[key] != nil && ![.frames, .fleet, .equipment].contains(key) {
            throw Rejection(.unknownKey, "\"\(key)\" stands beside frames; put it into each frame")
        }
        let tape = message.tape
        try tape.array(at: list, "frames")
        let count = tape.count(of: list)
        guard (1...limits.framesPerMessage).contains(count) else {
            throw Rejection(.outOfRange, "frames has \(count) members; send 1 to \(limits.framesPerMessage)")
        }
        var frames: [Frame] = []
        frames.reserveCapacity(count)
        var place = list + 1
        while place < tape.end(of: list) {
            do throws(Rejection) {
                try tape.object(at: place, "the frame")
                let members = try Members<FrameKey>(of: place, in: tape)
                guard members[.frames] == nil, members[.columns] == nil else {
                    throw Rejection(.unknownKey, "a frame of a batch holds no frames or columns of its own")
                }
                try tape.check(message.machine, fleet: members[.fleet], equipment: members[.equipment])
                frames.append(try frame(members, at: frames.count, of: message))
            } catch {
                throw error.inside("frames[\(frames.count)]: ")
            }
            place = tape.next(after: place)
        }
        try checkNumbers(of: frames)
        return frames
    }

    /// No two frames of one message may have the same number.
    private func checkNumbers(of frames: [Frame]) throws(Rejection) {
        // A machine sends its back-fill in order, and then one look at each pair of neighbours is enough.
        let isAscending = zip(frames, frames.dropFirst()).allSatisfy { ($0.boot, $0.seq) < ($1.boot, $1.seq) }
        guard !isAscending else { return }
        var seen = Set<FrameNumber>(minimumCapacity: frames.count)
        for (index, frame) in frames.enumerated()
        where !seen.insert(FrameNumber(boot: frame.boot, seq: frame.seq)).inserted {
            throw Rejection(
                .duplicateKey,
                "frames[\(index)]: boot \(frame.boot) seq \(frame.seq) is in this message twice; number frames once")
        }
    }

    private struct FrameNumber: Hashable {
        var boot: UInt32
        var seq: UInt64
    }

    /// Lets the message's new names become signals, unless its machine has brought too many.
    private mutating func admitNames(of machine: MachineKey) throws(Rejection) {
        guard names.provisionalCount > 0 else { return }
        let total = introduced[machine, default: 0] + names.provisionalCount
        guard total <= limits.signalsPerMachine else {
            throw Rejection(
                .tooManySignals,
                "\(names.provisionalCount) new signal names make \(total) of this machine; the limit is "
                    + "\(limits.signalsPerMachine): do not put values into names")
        }
        introduced[machine] = total
        names.settle()
    }
}

/// What every part of the decoder must know of the message it reads.
struct Message {
    let tape: JSONTape
    let machine: MachineKey
    let needsFaults: Bool
    let earliest: Timestamp
    let latest: Timestamp

    /// The machine's clock must be near ours, or what it says of time is worth nothing.
    @inline(__always)
    func checkClock(_ observedAt: Timestamp) throws(Rejection) {
        guard observedAt < earliest || observedAt > latest else { return }
        throw clockRejection(observedAt)
    }

    private func clockRejection(_ observedAt: Timestamp) -> Rejection {
        observedAt > latest
            ? Rejection(
                .futureTime,
                "at is \(observedAt.iso8601), later than \(latest.iso8601) is not taken: set the machine's clock")
            : Rejection(
                .tooOld,
                "at is \(observedAt.iso8601), older than \(earliest.iso8601) is not taken: send frames sooner "
                    + "or raise the age limit")
    }
}

/// A reading whose signal is not known before its message is accepted.
struct UnsettledReading {
    var frame: Int
    var position: Int
    var name: SignalTable.Index
}

enum StatusKey: Int, MemberKey {
    case state, fleet, equipment

    init?(spelled text: UnsafeBufferPointer<UInt8>) {
        if text.spell("state") {
            self = .state
        } else if text.spell("fleet") {
            self = .fleet
        } else if text.spell("equipment") {
            self = .equipment
        } else {
            return nil
        }
    }
}

extension JSONTape {
    /// Identity comes from the topic; a body may repeat it, never change it.
    @inline(__always)
    func check(_ machine: MachineKey, fleet: Int?, equipment: Int?) throws(Rejection) {
        if let fleet { try check(fleet, "fleet", is: machine.fleet.text) }
        if let equipment { try check(equipment, "equipment", is: machine.equipment.text) }
    }

    func check(_ place: Int, _ name: StaticString, is expected: String) throws(Rejection) {
        let text = try string(at: place, name)
        guard text.elementsEqual(expected.utf8) else {
            throw Rejection(
                .identityMismatch, "\(name) is \(TelemetryCodec.excerpt(text)), the topic says \"\(expected)\"")
        }
    }
}
