import FleetModel

extension TelemetryDecoder {
    /// The columnar form: one list of times, and for each signal a list of as many values.
    mutating func columns(_ members: Members<FrameKey>, of message: Message) throws(Rejection) -> [Frame] {
        let tape = message.tape
        for key in [FrameKey.signals, .position, .meters] where members[key] != nil {
            throw Rejection(.unknownKey, "\"\(key)\" stands beside columns; make each of its values a column")
        }
        let boot = try tape.whole(at: try members.required(.boot, "boot"), "boot", max: UInt64(Frame.bootMax))
        let seq = try tape.whole(at: try members.required(.seq, "seq"), "seq", max: .max)
        let times = try times(at: try members.required(.at, "at"), of: message)
        guard !seq.addingReportingOverflow(UInt64(times.count - 1)).overflow else {
            throw Rejection(.outOfRange, "seq is \(seq), and counting \(times.count) frames from there overflows")
        }
        for time in times { try message.checkClock(time) }
        if message.needsFaults, members[.faults] == nil {
            throw Rejection(.missingKey, "faults is missing; on this topic it is required, [] when none is active")
        }

        names.startFrame()
        var nameCount = 0
        var columns = try self.columns(
            at: try members.required(.columns, "columns"), length: times.count, count: &nameCount, of: message)
        var mode: OperatingMode?
        if let place = members[.mode] {
            mode = try operatingMode(at: place, of: message)
            try note(SignalTable.operatingMode, named: tape.text(at: place - 1), in: "mode", count: &nameCount)
        }
        let faults = members[.faults] == nil ? nil : try self.faults(at: members[.faults]!, of: message)

        var frames: [Frame] = []
        frames.reserveCapacity(times.count)
        for (row, time) in times.enumerated() {
            var readings: [Reading] = []
            readings.reserveCapacity(columns.count + (mode == nil ? 0 : 1))
            for index in columns.indices {
                let column = columns[index]
                let value: Double?
                do throws(Rejection) {
                    value = try self.value(at: column.place, tape, allowsBool: true, "columns", column.name)
                    if let value, column.index <= SignalTable.operatingMode {
                        try checkWellKnown(column.index, value, "columns", column.name)
                    }
                } catch {
                    throw error.inside("row \(row): ")
                }
                if let value {
                    if names.isProvisional(column.index) {
                        unsettled.append(
                            UnsettledReading(frame: row, position: readings.count, name: column.index))
                    }
                    readings.append(Reading(names.signal(at: column.index), value))
                }
                columns[index].place = tape.next(after: column.place)
            }
            if let mode { readings.append(Reading(.operatingMode, mode.code)) }
            frames.append(
                Frame(boot: UInt32(boot), seq: seq + UInt64(row), observedAt: time, readings: readings, faults: faults))
        }
        return frames
    }

    /// A column while its values are taken one after the other.
    private struct Column {
        var index: SignalTable.Index
        var name: UnsafeBufferPointer<UInt8>
        /// Where its next value stands.
        var place: Int
    }

    private mutating func columns(
        at object: Int, length: Int, count: inout Int, of message: Message
    ) throws(Rejection) -> [Column] {
        let tape = message.tape
        try tape.object(at: object, "columns")
        var columns: [Column] = []
        columns.reserveCapacity(tape.count(of: object))
        var place = object + 1
        while place < tape.end(of: object) {
            let name = tape.text(at: place)
            let index = try nameIndex(name, "columns")
            try note(index, named: name, in: "columns", count: &count)
            let values = place + 1
            guard tape.kind(at: values) == .array else {
                throw tape.wrongType(at: values, "columns.\(excerpt(name))", expected: "an array")
            }
            guard tape.count(of: values) == length else {
                throw Rejection(
                    .outOfRange,
                    "columns.\(excerpt(name)) has \(tape.count(of: values)) values; at has \(length), send as many")
            }
            columns.append(Column(index: index, name: name, place: values + 1))
            place = tape.next(after: values)
        }
        return columns
    }

    /// The times of the frames: a list, or start, step and count.
    private func times(at place: Int, of message: Message) throws(Rejection) -> [Timestamp] {
        let tape = message.tape
        switch tape.kind(at: place) {
        case .array:
            let count = tape.count(of: place)
            try checkFrameCount(count)
            var times: [Timestamp] = []
            times.reserveCapacity(count)
            var element = place + 1
            while element < tape.end(of: place) {
                do throws(Rejection) {
                    times.append(try tape.time(at: element, "at"))
                } catch {
                    throw error.inside("row \(times.count): ")
                }
                element = tape.next(after: element)
            }
            return times
        case .object:
            let members: Members<ClockKey>
            do throws(Rejection) {
                members = try Members<ClockKey>(of: place, in: tape)
            } catch {
                throw error.inside("at: ")
            }
            let start = try tape.time(at: try members.required(.start, "at.start"), "at.start")
            // A day: steps so long that no message needs them, and the product below cannot overflow.
            let step = try tape.whole(at: try members.required(.step, "at.step_ms"), "at.step_ms", max: 86_400_000)
            let count = try tape.whole(
                at: try members.required(.count, "at.count"), "at.count", max: UInt64(limits.framesPerMessage))
            guard step > 0 else { throw Rejection(.outOfRange, "at.step_ms is 0; send 1 to 86400000") }
            try checkFrameCount(Int(count))
            return (0..<Int64(count)).map {
                Timestamp(microseconds: start.microseconds + $0 * Int64(step) * 1_000)
            }
        case .string, .signed, .unsigned, .double, .yes, .no, .null:
            throw tape.wrongType(at: place, "at", expected: "an array of times, or start, step_ms and count")
        }
    }

    private func checkFrameCount(_ count: Int) throws(Rejection) {
        guard (1...limits.framesPerMessage).contains(count) else {
            throw Rejection(.outOfRange, "at has \(count) times; send 1 to \(limits.framesPerMessage)")
        }
    }
}

/// The keys of evenly spaced times.
enum ClockKey: Int, MemberKey {
    case start, step, count

    init?(spelled text: UnsafeBufferPointer<UInt8>) {
        if text.spell("start") {
            self = .start
        } else if text.spell("step_ms") {
            self = .step
        } else if text.spell("count") {
            self = .count
        } else {
            return nil
        }
    }
}
