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
        for signal in latest.keys { rows[signal] = try row(signal) }
        let byTime = Dictionary(grouping: latest, by: \.value.observedAt)
        var block = FrameBlock()
        for (time, values) in byTime.sorted(by: { $0.key < $1.key }) {
            let readings = values.map { Reading($0.key, $0.value.value) }.sorted { rows[$0.signal]! < rows[$1.signal]! }
            block.append(
                Frame(boot: 0, seq: 0, observedAt: time, readings: readings), receivedAt: .epoch, row: { rows[$0]! })
        }
        return block.sealed()
    }
}
