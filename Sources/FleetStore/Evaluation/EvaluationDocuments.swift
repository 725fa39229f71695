import FleetModel
import FleetRuntime
import Prognosis

/// What one round of the evaluator changes of every machine, in the form in which it is stored.
///
/// Made before the transaction: making it takes several times as long as writing it, and what comes in waits for the
/// transaction.
struct EvaluationDocuments: Sendable {
    struct Condition: Sendable {
        var machine: MachineKey
        var lastObservedAt: Timestamp?
        var lastReceivedAt: Timestamp?
        var latest: [UInt8]
        var document: String
    }

    struct Standing: Sendable {
        var machine: MachineKey
        var next: String?
        var document: String
    }

    private(set) var conditions: [Condition] = []
    private(set) var standings: [Standing] = []
    /// Conditions with a signal whose row is not known yet, which are made within the transaction.
    private(set) var unfinished: [(machine: MachineKey, condition: MachineCondition)] = []

    /// - Parameter rows: under which numbers the signals' names are stored.
    init(_ evaluation: Evaluation, rows: [Signal: Int64]) throws {
        conditions.reserveCapacity(evaluation.conditions.count)
        // By machine, so that the same decisions are the same writes in the same order.
        for (machine, condition) in evaluation.conditions.sorted(by: { $0.key < $1.key }) {
            guard condition.latest.keys.allSatisfy({ rows[$0] != nil }) else {
                unfinished.append((machine, condition))
                continue
            }
            conditions.append(try Self.condition(condition, of: machine) { rows[$0]! })
        }
        standings.reserveCapacity(evaluation.standings.count)
        for (machine, all) in evaluation.standings.sorted(by: { $0.key < $1.key }) {
            standings.append(
                Standing(
                    machine: machine, next: try all.mostPressing.map { try JSON.text($0) },
                    document: try JSON.text(all)))
        }
    }

    static func condition(
        _ condition: MachineCondition, of machine: MachineKey, row: (Signal) throws -> Int64
    ) throws -> Condition {
        let (latest, document) = try ConditionDocument.columns(of: condition, row: row)
        return Condition(
            machine: machine, lastObservedAt: condition.lastObservedAt, lastReceivedAt: condition.lastReceivedAt,
            latest: latest, document: document)
    }
}
