import FleetModel
import FleetRuntime
import FoundationEssentials
import GRDB
import Prognosis

/// Writes one round of the evaluator, within one transaction.
struct EvaluationWriter {
    let db: Database
    let at: Timestamp

    func write(_ evaluation: Evaluation, _ ledger: inout Ledger) throws {
        // By machine, so that the same decisions are the same writes in the same order.
        for machine in evaluation.conditions.keys.sorted() {
            try write(evaluation.conditions[machine]!, of: machine, &ledger)
        }
        for machine in evaluation.standings.keys.sorted() {
            try write(evaluation.standings[machine]!, of: machine, &ledger)
        }
        for alert in evaluation.alerts { try write(alert, &ledger) }
        for order in evaluation.orders { try write(order, &ledger) }
        for dispatch in evaluation.dispatches { try write(dispatch) }
        for id in evaluation.settled {
            try run("UPDATE outbox SET settled_at = ? WHERE id = ? AND settled_at IS NULL", [at.microseconds, id])
        }
        for (machine, code, record, order) in evaluation.serviceRecords {
            try run(
                """
                INSERT INTO service_record (machine, code, performed_at, work_order, document) VALUES (?, ?, ?, ?, ?)
                """,
                [
                    try id(of: machine, &ledger), code, record.performedAt.microseconds, order?.text,
                    try JSON.text(record),
                ])
        }
        for applied in evaluation.appliedAcknowledgements {
            try run(
                "UPDATE acknowledgement SET applied_at = ? WHERE machine = ? AND episode = ?",
                [at.microseconds, try id(of: applied.machine, &ledger), applied.episode.description])
        }
        try Cursor.evaluation.set(evaluation.cursor.position, db)
        try Cursor.replies.set(evaluation.replyCursor, db)
        try Cursor.orderNumber.set(evaluation.lastOrderNumber, db)
    }

    private func write(_ condition: MachineCondition, of machine: MachineKey, _ ledger: inout Ledger) throws {
        let id = try id(of: machine, &ledger)
        let (latest, document) = try ConditionDocument.columns(of: condition) { try ledger.row(of: $0, db) }
        try run(
            """
            INSERT INTO condition (machine, last_observed_at, last_received_at, latest, document)
            VALUES (?, ?, ?, ?, ?) ON CONFLICT (machine) DO UPDATE SET
            last_observed_at = excluded.last_observed_at, last_received_at = excluded.last_received_at,
            latest = excluded.latest, document = excluded.document
            """,
            [
                id, condition.lastObservedAt?.microseconds, condition.lastReceivedAt?.microseconds, Data(latest),
                document,
            ])
    }

    private func write(_ standings: [ServiceStanding], of machine: MachineKey, _ ledger: inout Ledger) throws {
        try run(
            """
            INSERT INTO standing (machine, next, document) VALUES (?, ?, ?)
            ON CONFLICT (machine) DO UPDATE SET next = excluded.next, document = excluded.document
            """,
            [
                try id(of: machine, &ledger), try standings.mostPressing.map { try JSON.text($0) },
                try JSON.text(standings),
            ])
    }

    private func write(_ alert: Alert, _ ledger: inout Ledger) throws {
        let machine = try id(of: alert.finding.machine, &ledger)
        let episode = alert.finding.episode.description
        let before = try String.fetchOne(
            db.cachedStatement(sql: "SELECT state FROM alert WHERE machine = ? AND episode = ?"),
            arguments: [machine, episode])
        try run(
            """
            INSERT INTO alert (machine, episode, state, fired_at, document) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (machine, episode) DO UPDATE SET state = excluded.state, document = excluded.document
            """,
            [machine, episode, alert.state.rawValue, alert.firedAt.microseconds, try JSON.text(alert)])
        let firing = Alert.State.firing.rawValue
        ledger.add((alert.state == .firing ? 1 : 0) - (before == firing ? 1 : 0), to: Total.firingAlerts)
    }

    private func write(_ order: WorkOrder, _ ledger: inout Ledger) throws {
        let machine = try id(of: order.need.machine, &ledger)
        let need = order.need.key.description
        let holder = try String.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT id FROM work_order WHERE machine = ? AND need = ? AND id <> ? AND state <> 'cancelled'
                    """), arguments: [machine, need, order.id.text])
        if let holder, order.state != .cancelled {
            throw StoreFailure.damaged(
                "work order \(order.id) repeats \(holder): both are for \(need) of \(order.need.machine); nothing was stored"
            )
        }
        let before = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT state, center FROM work_order WHERE id = ?"), arguments: [order.id.text])
        let (oldState, oldCenter): (String?, String?) = (before?[0], before?[1])
        try run(
            """
            INSERT INTO work_order (id, machine, need, state, is_final, center, opened_at, document)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
            state = excluded.state, is_final = excluded.is_final, center = excluded.center, document = excluded.document
            """,
            [
                order.id.text, machine, need, order.state.rawValue, order.state.isFinal, order.center?.text,
                order.openedAt.microseconds, try JSON.text(order),
            ])
        guard oldState != order.state.rawValue || oldCenter != order.center?.text else { return }
        if let old = oldState.flatMap(WorkOrder.State.init(rawValue:)) { ledger.add(-1, to: Total.orders(old)) }
        ledger.add(1, to: Total.orders(order.state))
        try run(
            "INSERT INTO work_order_event (work_order, at, state, center, note) VALUES (?, ?, ?, ?, ?)",
            [order.id.text, at.microseconds, order.state.rawValue, order.center?.text, order.note])
    }

    /// A dispatch that is there already is the same dispatch: its schedule goes on.
    private func write(_ dispatch: Dispatch) throws {
        try run(
            """
            INSERT INTO outbox (id, work_order, created_at, next_attempt_at, document) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (id) DO NOTHING
            """,
            [
                dispatch.id, dispatch.order.text, dispatch.createdAt.microseconds, dispatch.createdAt.microseconds,
                try JSON.text(dispatch),
            ])
    }

    private func id(of machine: MachineKey, _ ledger: inout Ledger) throws -> Int64 {
        let index = try ledger.addingIndex(of: machine, db)
        return ledger.entries[index].id
    }

    private func run(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }
}

extension [ServiceStanding] {
    /// The one to think of first: by how due it is, then by when.
    var mostPressing: ServiceStanding? {
        func rank(_ standing: ServiceStanding) -> Int {
            ServiceStanding.Status.allCases.firstIndex(of: standing.status)!
        }
        return filter { $0.isCoveredBy == nil }.min { a, b in
            if rank(a) != rank(b) { return rank(a) > rank(b) }
            return (a.due?.p50 ?? .distantFuture, a.code) < (b.due?.p50 ?? .distantFuture, b.code)
        }
    }
}
