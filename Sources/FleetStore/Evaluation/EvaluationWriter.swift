import FleetModel
import FleetRuntime
import FoundationEssentials
import GRDB
import Prognosis

/// Writes one round of the evaluator, within one transaction.
struct EvaluationWriter {
    let db: Database
    let at: Timestamp

    /// Writes `evaluation`, from which `documents` were made.
    func write(_ evaluation: Evaluation, _ documents: EvaluationDocuments, _ ledger: inout Ledger) throws {
        try write(documents, &ledger)
        for alert in evaluation.alerts { try write(alert, &ledger) }
        for order in evaluation.orders { try write(order, &ledger) }
        if evaluation.clockStep != .zero {
            try run(
                """
                UPDATE outbox SET next_attempt_at = next_attempt_at + ?
                WHERE settled_at IS NULL AND next_attempt_at < ?
                """,
                [evaluation.clockStep.microseconds, Timestamp.distantFuture.microseconds])
        }
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

    private func write(_ documents: EvaluationDocuments, _ ledger: inout Ledger) throws {
        let putCondition = try HotStatement(
            db,
            """
            INSERT INTO condition (machine, last_observed_at, last_received_at, document, latest)
            VALUES (?, ?, ?, ?, ?) ON CONFLICT (machine) DO UPDATE SET
            last_observed_at = excluded.last_observed_at, last_received_at = excluded.last_received_at,
            latest = excluded.latest, document = excluded.document
            """)
        let unfinished = try documents.unfinished.map { machine, condition in
            try EvaluationDocuments.condition(condition, of: machine) { try ledger.row(of: $0, db) }
        }
        for condition in documents.conditions + unfinished {
            putCondition.bind(try id(of: condition.machine, &ledger), at: 1)
            putCondition.bind(condition.lastObservedAt?.microseconds, at: 2)
            putCondition.bind(condition.lastReceivedAt?.microseconds, at: 3)
            putCondition.bind(condition.document, at: 4)
            try putCondition.run(binding: condition.latest, at: 5)
        }
        let putStanding = try HotStatement(
            db,
            """
            INSERT INTO standing (machine, next, document) VALUES (?, ?, ?)
            ON CONFLICT (machine) DO UPDATE SET next = excluded.next, document = excluded.document
            """)
        for standing in documents.standings {
            putStanding.bind(try id(of: standing.machine, &ledger), at: 1)
            putStanding.bind(standing.next, at: 2)
            putStanding.bind(standing.document, at: 3)
            try putStanding.run()
        }
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
        let oldState = try before?.decode(String.self, atIndex: 0)
        let oldCenter = try before.flatMap { try $0.decode(String?.self, atIndex: 1) }
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
