import FleetModel

/// A frame as a line that stands by itself: what is exported, and imported again.
///
/// `{"equipment":"kuzbass-coal/truck-17","observed_at":"2026-03-01T08:00:00Z","boot":3,"seq":17,"readings":{"speed":12.5}}`,
/// with `"faults":[…]` as in telemetry when the frame speaks of them, and `"tags":{…}` for what an imported row said beside
/// its values.
package struct FrameLine: Sendable, Hashable {
    package var machine: MachineKey
    /// Its number is without meaning when `hasNumber` is false.
    package var frame: Frame
    package var hasNumber = true
    package var tags: [String: String]?

    package init(machine: MachineKey, frame: Frame, hasNumber: Bool = true, tags: [String: String]? = nil) {
        self.machine = machine
        self.frame = frame
        self.hasNumber = hasNumber
        self.tags = tags
    }
}

/// Writes lines of frames.
package enum FrameLineWriter {
    /// Adds a line with its end.
    ///
    /// - Parameter tags: The JSON object of the tags.
    package static func append(_ frame: Frame, of machine: MachineKey, tags: String?, to bytes: inout [UInt8]) {
        bytes.append("{\"equipment\":")
        bytes.append(quoted: machine.description)
        bytes.append(",\"observed_at\":")
        append(frame.observedAt, to: &bytes)
        bytes.append(",\"boot\":")
        bytes.append(whole: UInt64(frame.boot))
        bytes.append(",\"seq\":")
        bytes.append(whole: frame.seq)
        bytes.append(",\"readings\":{")
        for (index, reading) in frame.readings.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(quoted: reading.signal.name)
            bytes.append(UInt8(ascii: ":"))
            NumberText.append(reading.value, isJSON: true, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        if let faults = frame.faults { TelemetryEncoder.append(faults, to: &bytes) }
        if let tags {
            bytes.append(",\"tags\":")
            bytes.append(contentsOf: tags.utf8)
        }
        bytes.append("}\n")
    }

    private static func append(_ time: Timestamp, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: time.iso8601.utf8)
        bytes.append(UInt8(ascii: "\""))
    }

    /// The codes as the value of a line of a table: `[{"spn":110,"fmi":0,"sa":0}]`.
    package static func text(of faults: [DiagnosticTroubleCode]) -> String {
        var bytes: [UInt8] = []
        TelemetryEncoder.append(faults, to: &bytes)
        return String(decoding: bytes.drop { $0 != UInt8(ascii: "[") }, as: UTF8.self)
    }
}

/// Reads lines of frames.
package struct FrameLineReader: ~Copyable {
    private var parser = JSONParser()
    /// The signals of the line before, as they are spelled: mostly they are those of the next.
    private var known: [(name: [UInt8], signal: Signal)] = []
    /// The signal of a name, or why there is none.
    private let named: (String) throws(Rejection) -> Signal

    package init(signal: @escaping (String) throws(Rejection) -> Signal) { named = signal }

    package mutating func read(_ line: [UInt8]) throws(Rejection) -> FrameLine {
        let tape = try parser.parse(line)
        try tape.object(at: JSONTape.root, "the line")
        let members = try Members<FrameLineKey>(of: JSONTape.root, in: tape)
        let equipment = try tape.string(at: try members.required(.equipment, "equipment"), "equipment")
        guard let machine = MachineKey(String(decoding: equipment, as: UTF8.self)), machine.fleet != .centers else {
            throw Rejection(.badTopic, "equipment is \(excerpt(equipment)), not fleet/equipment")
        }
        let at = try tape.string(at: try members.required(.observedAt, "observed_at"), "observed_at")
        guard let time = Timestamp(iso8601: at) else {
            throw Rejection(.outOfRange, "observed_at is \(excerpt(at)), no time of RFC 3339")
        }
        guard (members[.boot] == nil) == (members[.seq] == nil) else {
            throw Rejection(.missingKey, "boot and seq are given together or not at all")
        }
        var frame = Frame(boot: 0, seq: 0, observedAt: time)
        if let boot = members[.boot], let seq = members[.seq] {
            frame.boot = UInt32(try tape.whole(at: boot, "boot", max: UInt64(UInt32.max)))
            frame.seq = try tape.whole(at: seq, "seq", max: .max)
        }
        if let place = members[.readings] { frame.readings = try readings(at: place, tape) }
        if let place = members[.faults] { frame.faults = try faults(at: place, tape) }
        return FrameLine(
            machine: machine, frame: frame, hasNumber: members[.boot] != nil,
            tags: try members[.tags].map { (place) throws(Rejection) in try FrameLineReader.tags(at: place, tape) })
    }

    /// The codes that are the value of a line of a table.
    package mutating func faults(_ text: [UInt8]) throws(Rejection) -> [DiagnosticTroubleCode] {
        try faults(at: JSONTape.root, try parser.parse(text))
    }

    /// The tags that are the value of a line of a table.
    package mutating func tags(_ text: [UInt8]) throws(Rejection) -> [String: String] {
        try FrameLineReader.tags(at: JSONTape.root, try parser.parse(text))
    }

    private func faults(at place: Int, _ tape: JSONTape) throws(Rejection) -> [DiagnosticTroubleCode] {
        try TelemetryDecoder.faults(at: place, in: tape)
    }

    private mutating func readings(at object: Int, _ tape: JSONTape) throws(Rejection) -> [Reading] {
        try tape.object(at: object, "readings")
        var readings: [Reading] = []
        readings.reserveCapacity(tape.count(of: object))
        var place = object + 1
        while place < tape.end(of: object) {
            let signal = try signal(tape.text(at: place), readings.count)
            guard let value = FrameLineReader.number(at: place + 1, tape) else {
                throw tape.wrongType(at: place + 1, signal.name, expected: "a number")
            }
            readings.append(Reading(signal, value))
            place = tape.next(after: place + 1)
        }
        guard Set(readings.map(\.signal)).count == readings.count else {
            throw Rejection(.duplicateKey, "a signal is given twice")
        }
        return readings
    }

    private static func number(at place: Int, _ tape: JSONTape) -> Double? {
        tape.kind(at: place) == .string ? NumberText.value(tape.text(at: place)) : tape.number(at: place)
    }

    private mutating func signal(_ name: UnsafeBufferPointer<UInt8>, _ place: Int) throws(Rejection) -> Signal {
        if place < known.count, known[place].name.elementsEqual(name) { return known[place].signal }
        let signal = try named(String(decoding: name, as: UTF8.self))
        if place < known.count {
            known[place] = (Array(name), signal)
        } else if place == known.count {
            known.append((Array(name), signal))
        }
        return signal
    }

    private static func tags(at object: Int, _ tape: JSONTape) throws(Rejection) -> [String: String] {
        try tape.object(at: object, "tags")
        var tags: [String: String] = [:]
        var place = object + 1
        while place < tape.end(of: object) {
            let name = String(decoding: tape.text(at: place), as: UTF8.self)
            let value = String(decoding: try tape.string(at: place + 1, "a tag"), as: UTF8.self)
            guard tags.updateValue(value, forKey: name) == nil else {
                throw Rejection(.duplicateKey, "a tag is given twice")
            }
            place = tape.next(after: place + 1)
        }
        return tags
    }
}

private enum FrameLineKey: Int, MemberKey {
    case equipment, observedAt, boot, seq, readings, faults, tags

    init?(spelled text: UnsafeBufferPointer<UInt8>) {
        if text.spell("equipment") {
            self = .equipment
        } else if text.spell("observed_at") {
            self = .observedAt
        } else if text.spell("boot") {
            self = .boot
        } else if text.spell("seq") {
            self = .seq
        } else if text.spell("readings") {
            self = .readings
        } else if text.spell("faults") {
            self = .faults
        } else if text.spell("tags") {
            self = .tags
        } else {
            return nil
        }
    }
}
