import FleetModel
import FleetRuntime
import FoundationEssentials
import GRDB
import Prognosis
import SeriesCodec

extension FleetDatabase: EvaluationStore {
    package func resume() async throws(StoreFailure) -> EvaluationState {
        // Read on the writing connection: at start nothing else wants it, and everything may take its time.
        try await onWriter("cannot read the evaluator's state") { [self] db in
            let names = try names(db)
            var state = EvaluationState(
                cursor: JournalCursor(try Cursor.evaluation.value(db)), replyCursor: try Cursor.replies.value(db),
                lastOrderNumber: try Cursor.orderNumber.value(db), renames: try Cursor.renames.value(db))
            for row in try Row.fetchAll(
                db, sql: "SELECT fleet, equipment, latest, document FROM condition JOIN machine ON id = machine")
            {
                let machine = try MachineKey(row)
                let latest = try ConditionDocument.latest(of: machine, row, column: 2, names: names)
                state.conditions[machine] = try ConditionDocument.condition(
                    latest: latest, document: try row.decode(atIndex: 3))
            }
            state.orders = try String.fetchAll(
                db, sql: "SELECT document FROM work_order WHERE is_final = 0 ORDER BY opened_at, id"
            ).map { try JSON.value(WorkOrder.self, from: $0) }
            state.alerts = try String.fetchAll(
                db, sql: "SELECT document FROM alert WHERE state <> 'resolved' ORDER BY fired_at, id"
            ).map { try JSON.value(Alert.self, from: $0) }
            return state
        }
    }

    package func journal(after cursor: JournalCursor, limit: Int) async throws(StoreFailure) -> JournalSlice {
        try await read("cannot read the journal") { [self] db, deadline in
            let (rows, hasMore) = try Journal.rows(after: cursor, limit: limit, db)
            let replies = try Row.fetchAll(
                db.cachedStatement(
                    sql: "SELECT id, center, received_at, document FROM reply WHERE id > ? ORDER BY id LIMIT ?"),
                arguments: [try Cursor.replies.value(db), limit + 1])
            let end = hasMore ? rows.last!.position : max(cursor.position, try Cursor.journal.value(db))
            var slice = JournalSlice(
                cursor: JournalCursor(end), frames: [], hasMore: hasMore || replies.count > limit,
                renames: try Cursor.renames.value(db))
            let names = try names(db)
            var machines: [Int64: MachineKey] = [:]
            for row in rows {
                try deadline.check()
                do {
                    try row.forEachPiece { piece in
                        // What is damaged of one machine takes nothing from the others in the row.
                        do {
                            let machine = try machines[piece.machine] ?? Journal.machine(piece.machine, db)
                            machines[piece.machine] = machine
                            var reader = FrameReader(piece.bytes, names: names)
                            var frames: [ReceivedFrame] = []
                            defer { slice.frames += ReceivedFrames.grouping(frames, of: machine) }
                            while let frame = try reader.next() { frames.append(frame) }
                        } catch let damage as Damage {
                            slice.damaged.append(Journal.complaint(row.position, damage))
                        }
                    }
                } catch let damage as Damage {
                    slice.damaged.append(Journal.complaint(row.position, damage))
                }
            }
            for row in replies.prefix(limit) {
                let (id, center): (Int64, String) = (try row.decode(atIndex: 0), try row.decode(atIndex: 1))
                slice.lastReply = id
                do {
                    let reply = ReceivedReply(
                        center: ServiceCenterID(unchecked: center),
                        reply: try JSON.value(CenterReply.self, from: try row.decode(atIndex: 3)),
                        receivedAt: try row.time(2))
                    slice.replies.append((id, reply))
                } catch let error as DecodingError {
                    // One reply that cannot be read must not stall the work of the others.
                    slice.damaged.append("reply \(id) of \(center) cannot be read: \(error)")
                }
            }
            return slice
        }
    }

    package func commit(_ evaluation: Evaluation) async throws(StoreFailure) {
        let doing = "cannot store what the machines need"
        let documents: EvaluationDocuments
        do {
            documents = try EvaluationDocuments(evaluation, rows: knownNames.withLock { $0.rows })
        } catch {
            throw StoreFailure(error, doing: doing, path: path)
        }
        try await write(doing) { db, ledger in
            guard evaluation.renames == (try Cursor.renames.value(db)) else {
                throw StoreFailure.conflict("a machine was given another name meanwhile")
            }
            try EvaluationWriter(db: db, at: evaluation.at).write(evaluation, documents, &ledger)
            try ledger.settle(db)
        }
    }

    package func registryVersion() async throws(StoreFailure) -> Int64 {
        try await read("cannot read the registry") { db, _ in try Cursor.registry.value(db) }
    }

    package func registeredMachines() async throws(StoreFailure) -> [Machine] {
        try await read("cannot read the registry") { db, deadline in
            let cursor = try String.fetchCursor(
                db,
                sql: """
                    SELECT document FROM registration JOIN machine ON machine.id = machine ORDER BY fleet, equipment
                    """)
            var machines: [Machine] = []
            while let document = try cursor.next() {
                try deadline.check()
                machines.append(try JSON.value(Machine.self, from: document))
            }
            return machines
        }
    }

    package func pendingAcknowledgements() async throws(StoreFailure) -> [AlertAcknowledgement] {
        try await read("cannot read acknowledgements") { db, _ in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT fleet, equipment, at, document FROM acknowledgement JOIN machine ON machine.id = machine
                        WHERE applied_at IS NULL ORDER BY acknowledgement.id
                        """)
            ).map { row in
                let document = try JSON.value(AcknowledgementDocument.self, from: try row.decode(atIndex: 3))
                return AlertAcknowledgement(
                    machine: try MachineKey(row), episode: document.episode, by: document.by,
                    at: try row.time(2))
            }
        }
    }
}

/// What of an acknowledgement is not in columns.
struct AcknowledgementDocument: Codable {
    var episode: EpisodeKey
    var by: String
}

extension MachineKey {
    /// Reads columns 0 and 1: fleet and equipment, which were checked when they were written.
    init(_ row: Row) throws {
        self.init(
            fleet: FleetID(unchecked: try row.decode(atIndex: 0)),
            equipment: EquipmentID(unchecked: try row.decode(atIndex: 1)))
    }
}

extension ReceivedFrames {
    /// Frames that arrived together, together again.
    fileprivate static func grouping(_ entries: [ReceivedFrame], of machine: MachineKey) -> [ReceivedFrames] {
        var groups: [ReceivedFrames] = []
        for entry in entries {
            if let last = groups.indices.last, groups[last].receivedAt == entry.receivedAt {
                groups[last].frames.append(entry.frame)
            } else {
                groups.append(ReceivedFrames(machine: machine, receivedAt: entry.receivedAt, frames: [entry.frame]))
            }
        }
        return groups
    }
}
