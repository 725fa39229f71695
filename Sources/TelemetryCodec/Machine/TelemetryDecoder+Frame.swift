import FleetModel

extension TelemetryDecoder {
    /// One frame, which will be the message's `ordinal`-th.
    ///
    /// Signals come first, then position, meters and mode, in whatever order the message has them.
    mutating func frame(
        _ members: Members<FrameKey>, at ordinal: Int, of message: Message
    ) throws(Rejection) -> Frame {
        let tape = message.tape
        let boot = try tape.whole(at: try members.required(.boot, "boot"), "boot", max: UInt64(Frame.bootMax))
        let seq = try tape.whole(at: try members.required(.seq, "seq"), "seq", max: .max)
        let at = try tape.time(at: try members.required(.at, "at"), "at")
        try message.checkClock(at)
        let (signals, position, meters) = (members[.signals], members[.position], members[.meters])
        let (mode, faults) = (members[.mode], members[.faults])
        guard signals != nil || position != nil || meters != nil || mode != nil || faults != nil else {
            throw Rejection(.missingKey, "the frame says nothing; send signals, position, meters, mode or faults")
        }
        if message.needsFaults, faults == nil {
            throw Rejection(.missingKey, "faults is missing; on this topic it is required, [] when none is active")
        }

        var gathering = Gathering(ordinal: ordinal)
        if let signals {
            try tape.object(at: signals, "signals")
            gathering.readings.reserveCapacity(tape.count(of: signals) + 9)
        }
        names.startFrame()
        if let signals { try gather(signals, "signals", allowing: .signals, into: &gathering, of: message) }
        if let position {
            try tape.object(at: position, "position")
            try gather(position, "position", allowing: .position, into: &gathering, of: message)
        }
        if let meters {
            try tape.object(at: meters, "meters")
            try gather(meters, "meters", allowing: .meters, into: &gathering, of: message)
        }
        if let mode { try gatherMode(mode, into: &gathering, of: message) }
        return Frame(
            boot: UInt32(boot), seq: seq, observedAt: at, readings: gathering.readings,
            faults: faults == nil ? nil : try self.faults(at: faults!, of: message))
    }

    /// The readings of a frame while they are collected.
    struct Gathering {
        let ordinal: Int
        var readings: [Reading] = []
        /// Different names so far, those without a value too.
        var nameCount = 0
    }

    /// Which names may stand in an object of values.
    enum AllowedNames {
        case signals, position, meters
    }

    private mutating func gather(
        _ object: Int, _ objectName: StaticString, allowing allowed: AllowedNames, into gathering: inout Gathering,
        of message: Message
    ) throws(Rejection) {
        let tape = message.tape
        var place = object + 1
        let end = tape.end(of: object)
        var placed = 0
        while place < end {
            let name = tape.text(at: place)
            let index = try nameIndex(name, objectName)
            switch allowed {
            case .signals: break
            case .position:
                guard (SignalTable.latitude...SignalTable.speed).contains(index) else {
                    throw Rejection(
                        .unknownKey,
                        "position.\(excerpt(name)); position has latitude, longitude, altitude, heading, speed")
                }
            case .meters:
                guard (SignalTable.engineHours...SignalTable.fuelUsedTotal).contains(index) else {
                    throw Rejection(
                        .unknownKey, "meters.\(excerpt(name)); meters has engine_hours, odometer, fuel_used_total")
                }
            }
            try note(index, named: name, in: objectName, count: &gathering.nameCount)
            let valuePlace = place + 1
            if let value = try value(at: valuePlace, tape, allowsBool: allowed == .signals, objectName, name) {
                if index <= SignalTable.operatingMode { try checkWellKnown(index, value, objectName, name) }
                if names.isProvisional(index) {
                    unsettled.append(
                        UnsettledReading(frame: gathering.ordinal, position: gathering.readings.count, name: index))
                }
                gathering.readings.append(Reading(names.signal(at: index), value))
                if index <= SignalTable.longitude { placed += 1 }
            }
            place = tape.next(after: valuePlace)
        }
        if allowed == .position, placed < 2 {
            throw Rejection(
                .missingKey, "position has no latitude or no longitude; leave position out while there is no fix")
        }
    }

    /// The place of a signal's name, or what is wrong with the name.
    @inline(__always)
    mutating func nameIndex(
        _ name: UnsafeBufferPointer<UInt8>, _ objectName: StaticString
    ) throws(Rejection) -> SignalTable.Index {
        guard let index = names.index(of: name) else {
            throw Rejection(
                .unknownKey, "\(objectName).\(excerpt(name)) is no signal name; use 1 to 64 of A-Z a-z 0-9 _ . : -")
        }
        return index
    }

    /// Counts a name of the frame, which may come once.
    @inline(__always)
    mutating func note(
        _ index: SignalTable.Index, named name: UnsafeBufferPointer<UInt8>, in objectName: StaticString,
        count: inout Int
    ) throws(Rejection) {
        guard names.see(index) else {
            throw Rejection(
                .duplicateKey, "\(objectName).\(excerpt(name)) is given twice in this frame; send each signal once")
        }
        count += 1
        guard count <= limits.signalsPerFrame else {
            throw Rejection(
                .tooManySignals,
                "the frame has more than \(limits.signalsPerFrame) signals; send them in several frames")
        }
    }

    /// A measured value; `nil` when the machine says that it is not available.
    @inline(__always)
    func value(
        at place: Int, _ tape: JSONTape, allowsBool: Bool, _ objectName: StaticString,
        _ name: UnsafeBufferPointer<UInt8>
    ) throws(Rejection) -> Double? {
        switch tape.kind(at: place) {
        case .double: return Double(bitPattern: tape.words[place + 1])
        case .signed: return Double(Int64(bitPattern: tape.words[place + 1]))
        case .unsigned: return Double(tape.words[place + 1])
        case .yes where allowsBool: return 1
        case .no where allowsBool: return 0
        case .null: return nil
        case .yes, .no, .string, .object, .array:
            throw tape.wrongType(
                at: place, "\(objectName).\(excerpt(name))",
                expected: allowsBool ? "a number, true, false or null" : "a number or null")
        }
    }

    /// What position, meters and mode may be, wherever they stand.
    func checkWellKnown(
        _ index: SignalTable.Index, _ value: Double, _ objectName: StaticString, _ name: UnsafeBufferPointer<UInt8>
    ) throws(Rejection) {
        let isPossible =
            switch index {
            case SignalTable.latitude: (-90...90).contains(value)
            case SignalTable.longitude: (-180...180).contains(value)
            case SignalTable.engineHours, SignalTable.odometer, SignalTable.fuelUsedTotal: value >= 0
            case SignalTable.operatingMode: OperatingMode(code: value) != nil
            default: true
            }
        guard isPossible else {
            let range =
                switch index {
                case SignalTable.latitude: "-90 to 90"
                case SignalTable.longitude: "-180 to 180"
                case SignalTable.operatingMode: "the code of a mode, or mode by its name"
                default: "0 or more"
                }
            throw Rejection(.outOfRange, "\(objectName).\(excerpt(name)) is \(value); send \(range)")
        }
    }

    private mutating func gatherMode(
        _ place: Int, into gathering: inout Gathering, of message: Message
    ) throws(Rejection) {
        let mode = try operatingMode(at: place, of: message)
        let name = message.tape.text(at: place - 1)
        try note(SignalTable.operatingMode, named: name, in: "mode", count: &gathering.nameCount)
        gathering.readings.append(Reading(.operatingMode, mode.code))
    }

    func operatingMode(at place: Int, of message: Message) throws(Rejection) -> OperatingMode {
        let text = try message.tape.string(at: place, "mode")
        guard let mode = OperatingMode(rawValue: String(decoding: text, as: UTF8.self)) else {
            let known = OperatingMode.allCases.map(\.rawValue).joined(separator: ", ")
            throw Rejection(.outOfRange, "mode is \(excerpt(text)); send \(known)")
        }
        return mode
    }
}
