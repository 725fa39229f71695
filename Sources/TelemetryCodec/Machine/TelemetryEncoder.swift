import FleetModel

/// Writes the bodies that `TelemetryDecoder` reads: for the simulator, for replay and for tests.
///
/// The same frame gives the same bytes, and a decoder gives back the same frame, its readings in the same order.
/// Values must be finite: JSON has no other numbers.
package enum TelemetryEncoder {
    /// One frame.
    package static func body(of frame: Frame) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(96 + 32 * frame.readings.count + 48 * (frame.faults?.count ?? 0))
        append(frame, to: &bytes)
        return bytes
    }

    /// A batch of frames, as after a dead zone.
    package static func body(of frames: [Frame]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16 + frames.reduce(0) { $0 + 96 + 32 * $1.readings.count })
        bytes.append("{\"frames\":[")
        for (index, frame) in frames.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(frame, to: &bytes)
        }
        bytes.append("]}")
        return bytes
    }

    package static func statusBody(isConnected: Bool) -> [UInt8] {
        Array((isConnected ? "{\"state\":\"connected\"}" : "{\"state\":\"disconnected\"}").utf8)
    }

    private static func append(_ frame: Frame, to bytes: inout [UInt8]) {
        bytes.append("{\"boot\":")
        bytes.append(whole: UInt64(frame.boot))
        bytes.append(",\"seq\":")
        bytes.append(whole: frame.seq)
        bytes.append(",\"at\":")
        bytes.append(time: frame.observedAt)
        let groups = Groups(of: frame.readings)
        if !groups.signals.isEmpty || frame.readings.isEmpty && frame.faults == nil {
            bytes.append(",\"signals\":{")
            append(groups.signals, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
        if !groups.position.isEmpty {
            bytes.append(",\"position\":{")
            append(groups.position, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
        if !groups.meters.isEmpty {
            bytes.append(",\"meters\":{")
            append(groups.meters, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
        if let mode = groups.mode {
            bytes.append(",\"mode\":")
            bytes.append(quoted: mode.rawValue)
        }
        if let faults = frame.faults { append(faults, to: &bytes) }
        bytes.append(UInt8(ascii: "}"))
    }

    private static func append(_ readings: ArraySlice<Reading>, to bytes: inout [UInt8]) {
        var isFirst = true
        for reading in readings {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            bytes.append(key: reading.signal.name)
            bytes.append(number: reading.value)
        }
    }

    static func append(_ faults: [DiagnosticTroubleCode], to bytes: inout [UInt8]) {
        bytes.append(",\"faults\":[")
        for (index, code) in faults.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append("{\"spn\":")
            bytes.append(whole: UInt64(code.key.spn.number))
            bytes.append(",\"fmi\":")
            bytes.append(whole: UInt64(code.key.fmi.number))
            if let count = code.occurrenceCount {
                bytes.append(",\"oc\":")
                bytes.append(whole: UInt64(count))
            }
            bytes.append(",\"sa\":")
            bytes.append(whole: UInt64(code.key.sourceAddress.number))
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// A frame's readings by the object they are written into.
    ///
    /// The decoder gives signals, position, meters and mode in this order, so only what stands in this order at the
    /// end of the readings leaves `signals`; the rest may be there as well, and order is kept.
    private struct Groups {
        var signals: ArraySlice<Reading>
        var position: ArraySlice<Reading>
        var meters: ArraySlice<Reading>
        var mode: OperatingMode?

        init(of readings: [Reading]) {
            var end = readings.endIndex
            if let last = readings.last, last.signal == .operatingMode {
                mode = OperatingMode(code: last.value)
                if mode != nil { end -= 1 }
            }
            let metersStart = Groups.start(of: [.engineHours, .odometer, .fuelUsedTotal], in: readings, before: end)
            let positionStart = Groups.start(
                of: [.latitude, .longitude, .altitude, .heading, .speed], in: readings, before: metersStart)
            let signalsEnd =
                Groups.isPosition(readings[positionStart..<metersStart]) ? positionStart : metersStart
            signals = readings[..<signalsEnd]
            position = readings[signalsEnd..<metersStart]
            meters = readings[metersStart..<end]
        }

        private static func start(of signals: [Signal], in readings: [Reading], before end: Int) -> Int {
            var start = end
            while start > 0, signals.contains(readings[start - 1].signal) { start -= 1 }
            return start
        }

        private static func isPosition(_ readings: ArraySlice<Reading>) -> Bool {
            readings.contains { $0.signal == .latitude } && readings.contains { $0.signal == .longitude }
        }
    }
}
