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
