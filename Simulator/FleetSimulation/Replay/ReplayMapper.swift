import FleetModel
import TelemetryCodec

/// Turns rows into frames, and numbers the frames of each machine in the order they stand in the recording.
///
/// The numbers depend on the recording alone, so replaying it twice is the same as sending it twice: the daemon takes
/// it once.
package struct ReplayMapper: Sendable {
    private let map: ReplayMap
    private let boot: UInt32
    private var numbers: [MachineKey: UInt64] = [:]

    package init(map: ReplayMap, boot: UInt32 = 1) {
        self.map = map
        self.boot = boot
    }

    package typealias Mapped = (machine: MachineKey, frame: Frame)

    /// `nil` for a measurement the map leaves out.
    package mutating func map(_ point: LineProtocolPoint) throws(Rejection) -> Mapped? {
        if !map.measurements.isEmpty, !map.measurements.contains(point.text(point.measurement)) { return nil }
        var readings = map.constants
        for (key, value) in point.fields {
            guard let column = map.columns[point.text(key)] else { continue }
            guard let number = value.number else {
                throw Rejection(.wrongType, "field \(excerpt(point.text(key).utf8)) is text, not a number")
            }
            readings.append(try column.reading(number, of: point.text(key)))
        }
        guard let nanoseconds = point.nanoseconds else { throw Rejection(.missingKey, "the line has no time") }
        guard let time = map.timeUnit.time(nanoseconds) else {
            throw Rejection(.outOfRange, "the time \(nanoseconds) does not fit its unit \(map.timeUnit.rawValue)")
        }
        return try number(
            readings, at: time, equipment: point.tag(map.equipment), fleet: map.fleet.flatMap { point.tag($0) })
    }

    /// A row of a table; `header` names its columns. An empty cell is no reading.
    package mutating func map(row: [String], header: [String]) throws(Rejection) -> Mapped {
        guard row.count == header.count else {
            throw Rejection(.wrongType, "the row has \(row.count) cells, the header \(header.count)")
        }
        var readings = map.constants
        var equipment: String?
        var fleet: String?
        var time: Timestamp?
        for (name, cell) in zip(header, row) where !cell.isEmpty {
            if name == map.equipment { equipment = cell }
            if name == map.fleet { fleet = cell }
            if name == map.time {
                guard let read = map.timeUnit.time(cell) else {
                    throw Rejection(
                        .wrongType,
                        "\(excerpt(name.utf8)) is no time in \(map.timeUnit.rawValue): \(excerpt(cell.utf8))")
                }
                time = read
            }
            guard let column = map.columns[name] else { continue }
            guard let number = Double(cell), number.isFinite else {
                throw Rejection(.wrongType, "\(excerpt(name.utf8)) is not a number: \(excerpt(cell.utf8))")
            }
            readings.append(try column.reading(number, of: name))
        }
        guard let time else { throw Rejection(.missingKey, "the row has no time") }
        return try number(readings, at: time, equipment: equipment, fleet: fleet)
    }

    private mutating func number(
        _ readings: [Reading], at time: Timestamp, equipment: String?, fleet: String?
    ) throws(Rejection) -> Mapped {
        guard let equipment else { throw Rejection(.missingIdentity, "no \(map.equipment) says which machine it was") }
        guard let id = EquipmentID(equipment) else {
            throw Rejection(.badTopic, "\(map.equipment) \(excerpt(equipment.utf8)) cannot be part of a topic")
        }
        var owner = map.defaultFleet
        if let fleet {
            guard let named = FleetID(fleet), named != .centers else {
                throw Rejection(.badTopic, "fleet \(excerpt(fleet.utf8)) cannot be part of a topic")
            }
            owner = named
        }
        guard !readings.isEmpty else { throw Rejection(.missingKey, "no column of the row is in the map") }
        let machine = MachineKey(fleet: owner, equipment: id)
        let seq = numbers[machine, default: 0]
        numbers[machine] = seq + 1
        return (machine, Frame(boot: boot, seq: seq, observedAt: time, readings: readings))
    }
}

extension ReplayMap.Column {
    /// The reading a number of the recording is, in the signal's unit.
    fileprivate func reading(_ number: Double, of column: String) throws(Rejection) -> Reading {
        let value = number * scale + offset
        guard value.isFinite else {
            throw Rejection(.outOfRange, "\(excerpt(column.utf8)) is \(number), too large to be converted")
        }
        return Reading(signal, value)
    }
}
