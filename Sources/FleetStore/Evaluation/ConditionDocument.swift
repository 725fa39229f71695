import FleetModel
import FleetRuntime
import GRDB
import Prognosis
import SeriesCodec

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

    static func condition(latest: [ReceivedFrame], document: String) throws -> MachineCondition {
        var condition = try JSON.value(MachineCondition.self, from: document)
        condition.latest = values(latest)
        return condition
    }

    static func values(_ latest: [ReceivedFrame]) -> [Signal: LatestValue] {
        var values: [Signal: LatestValue] = [:]
        for entry in latest {
            for reading in entry.frame.readings {
                values[reading.signal] = LatestValue(value: reading.value, observedAt: entry.frame.observedAt)
            }
        }
        return values
    }

    /// What a block holds that stands at `column` of `row`; damage is an error that says whose it is.
    static func latest(
        of machine: MachineKey, _ row: Row, column: Int, names: StoredNames
    ) throws -> [ReceivedFrame] {
        do {
            return try row.withUnsafeBlob(column) { try FrameBlock.frames(of: $0, names: names) }
        } catch let damage as Damage {
            throw StoreFailure.damaged(
                "the state of \(machine) is damaged: \(damage.description); restore a backup, the rest stays readable")
        }
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
        var frames: [ReceivedFrame] = []
        for start in ordered.indices where start == 0 || ordered[start].time != ordered[start - 1].time {
            let together = ordered[start...].prefix { $0.time == ordered[start].time }
            frames.append(
                ReceivedFrame(
                    frame: Frame(
                        boot: 0, seq: 0, observedAt: ordered[start].time, readings: together.map(\.reading)),
                    receivedAt: .epoch))
        }
        return FrameBlock.bytes(of: frames) { rows[$0]! }
    }
}
