import FleetConfiguration
import FleetModel
import FleetSimulation
import TelemetryCodec

/// A line of InfluxDB's line protocol, and what a map makes of it.
final class LineProtocolFuzzer: Fuzzer {
    static let name = "line-protocol"
    private var point = LineProtocolPoint()
    private var mapper = ReplayMapper(map: .fuzzed)

    func run(_ bytes: [UInt8]) {
        do throws(LineProtocolError) { try point.read(bytes[...]) } catch {
            return require(error.column >= 1 && error.column <= bytes.count + 1, "the column lies in the line")
        }
        require(!point.fields.isEmpty, "a point has a field")
        _ = point.text(point.measurement)
        for tag in point.tags { require(!point.text(tag.key).isEmpty, "a tag has a name") }
        for field in point.fields {
            if case .string(let piece) = field.value { _ = point.text(piece) }
            if let number = field.value.number { require(number.isFinite, "a field's number is finite") }
        }
        do throws(Rejection) { check(try mapper.map(point)) } catch { check(error) }
    }
}

/// A line of our own recordings.
final class RecordingFuzzer: Fuzzer {
    static let name = "recording"
    private var reader = RecordingReader()

    func run(_ bytes: [UInt8]) {
        do throws(Rejection) {
            let message = try reader.message(in: bytes)
            let line = Array("{\"topic\":\"\(message.topic)\",\"body\":".utf8) + message.body + [UInt8(ascii: "}")]
            let again = try reader.message(in: line)
            require(again.body == message.body, "a body is taken byte for byte")
        } catch { check(error) }
    }
}

/// A line of a frame, as it is exported and imported.
final class FrameLineFuzzer: Fuzzer {
    static let name = "frame-line"
    private var reader = FrameLineReader(signal: { (name) throws(Rejection) in Signal(name) })

    func run(_ bytes: [UInt8]) {
        do throws(Rejection) {
            let line = try reader.read(bytes)
            guard line.hasNumber else { return }
            var written: [UInt8] = []
            FrameLineWriter.append(line.frame, of: line.machine, tags: nil, to: &written)
            let again = try reader.read(written)
            require(
                again.machine == line.machine && again.frame.faults == line.frame.faults, "read, written, read again")
            require(
                again.frame.readings.map(\.value.bitPattern) == line.frame.readings.map(\.value.bitPattern),
                "values come back to the bit")
        } catch { check(error) }
    }
}

/// A number as text, in a cell of a table.
final class NumberTextFuzzer: Fuzzer {
    static let name = "number-text"

    func run(_ bytes: [UInt8]) {
        guard let value = NumberText.value(bytes[...]) else { return }
        var text: [UInt8] = []
        NumberText.append(value, isJSON: false, to: &text)
        require(NumberText.value(text[...])?.bitPattern == value.bitPattern, "a number reads back as its bits")
    }
}

/// Two lines of a table: the header and a row.
final class TableRowFuzzer: Fuzzer {
    static let name = "table-row"
    private var mapper = ReplayMapper(map: .fuzzed)

    func run(_ bytes: [UInt8]) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
        guard lines.count == 2, let header = tableRow(lines[0]), let row = tableRow(lines[1]) else { return }
        do throws(Rejection) { check(try mapper.map(row: row, header: header)) } catch { check(error) }
    }
}

/// A table of machines, as `zubr machines import` takes it.
final class MachineTableFuzzer: Fuzzer {
    static let name = "machine-table"

    func run(_ bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        do {
            let machines = try FleetConfiguration.machines(csv: text, name: "fleet.csv", now: .fuzzed)
            require(Set(machines.map(\.key)).count == machines.count, "a table has each machine once")
        } catch {
            require(!error.problems.isEmpty, "a table that is refused says why")
        }
    }
}

extension ReplayMap {
    fileprivate static let fuzzed = ReplayMap(
        measurements: ["readings"], equipment: "name", fleet: "fleet", defaultFleet: FleetID("fleet")!, time: "time",
        timeUnit: .nanoseconds,
        columns: ["velocity": Column(.speed, scale: 3.6), "latitude": Column(.latitude)],
        constants: [])
}

private func check(_ mapped: ReplayMapper.Mapped?) {
    guard let mapped else { return }
    require(mapped.frame.readings.allSatisfy { $0.value.isFinite }, "every value is finite")
}
