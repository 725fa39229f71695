import FleetModel
import FleetRuntime
import GRDB
import Prognosis

/// A machine's condition as two columns: the newest values as a frame block, the rest as JSON.
///
/// The values change with every frame and are many; as JSON they would be most of what the evaluator writes.
enum ConditionDocument {
    static func columns(
        of condition: MachineCondition, row: (Signal) throws -> Int64
    ) throws -> (latest: [UInt8], document: String) {
        var rest = condition
        rest.latest = [:]
        return (try block(of: condition.latest, row: row), try JSON.text(rest))
    }

    static func condition(latest: [FrameBlock.Entry], document: String) throws -> MachineCondition {
        var condition = try JSON.value(MachineCondition.self, from: document)
        condition.latest = values(latest)
        return condition
    }

    static func values(_ latest: [FrameBlock.Entry]) -> [Signal: LatestValue] {
        var values: [Signal: LatestValue] = [:]
        for entry in latest {
            for reading in entry.frame.readings {
                values[reading.signal] = LatestValue(value: reading.value, observedAt: entry.frame.observedAt)
            }
        }
        return values
    }

    /// One frame for each instant at which something was newest.
    private static func block(
        of latest: [Signal: LatestValue], row: (Signal) throws -> Int64
    ) throws -> [UInt8] {
        var rows: [Signal: Int64] = [:]
        rows.reserveCapacity(latest.count)
        var ordered: [(time: Timestamp, row: Int64, reading: Reading)] = []
        ordered.reserveCapacity(latest.count)
        for (signal, value) in latest {
            let number = try row(signal)
            rows[signal] = number
            ordered.append((value.observedAt, number, Reading(signal, value.value)))
        }
        ordered.sort { ($0.time, $0.row) < ($1.time, $1.row) }
        var block = FrameBlock()
        for start in ordered.indices where start == 0 || ordered[start].time != ordered[start - 1].time {
            let together = ordered[start...].prefix { $0.time == ordered[start].time }
            block.append(
                Frame(boot: 0, seq: 0, observedAt: ordered[start].time, readings: together.map(\.reading)),
                receivedAt: .epoch, row: { rows[$0]! })
        }
        return block.sealed()
    }
}
