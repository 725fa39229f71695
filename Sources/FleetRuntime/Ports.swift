import FleetModel
import Prognosis

// The ports: what the loops need of the outside, in the domain's words. Adapters implement them; the simulation
// implements them with faults.

// MARK: - Inbox

/// Where telemetry comes from, at least once and in the sender's order.
///
/// The contract that nothing is lost rests on: what `collect` returned stays the broker's until `acknowledge`, and
/// no acknowledgement leaves in between.
package protocol TelemetryInbox: Sendable {
    /// Waits until something has come and returns all that is there, within the batch limits.
    ///
    /// Returns an empty batch from time to time when nothing comes, so that the caller can look around. After a
    /// failure everything not acknowledged is forgotten here, and the broker delivers it again.
    func collect() async throws(InboxFailure) -> [InboundMessage]

    /// Lets the acknowledgements of everything collected so far leave. Call only after its commit.
    func acknowledge() async throws(InboxFailure)

    /// Forgets everything collected and not acknowledged; the broker delivers it again.
    func abandon() async
}

/// A message as it came.
package struct InboundMessage: Sendable, Hashable {
    package var topic: String
    package var body: [UInt8]
    package var isRetained: Bool
    /// The broker says it has sent this before.
    package var isRedelivered: Bool
    package var receivedAt: Timestamp

    package init(
        topic: String, body: [UInt8], isRetained: Bool = false, isRedelivered: Bool = false, receivedAt: Timestamp
    ) {
        self.topic = topic
        self.body = body
        self.isRetained = isRetained
        self.isRedelivered = isRedelivered
        self.receivedAt = receivedAt
    }
}

package enum InboxFailure: Error, Sendable, Hashable {
    /// The broker is gone or refuses us for now; what was collected will come again.
    case disconnected(String)
    /// The broker will never take us like this: wrong password, wrong protocol, refused subscription.
    case refused(String)
    /// The inbox was closed by ourselves.
    case closed

    package var isTransient: Bool {
        if case .disconnected = self { true } else { false }
    }

    package var message: String {
        switch self {
        case .disconnected(let text), .refused(let text): text
        case .closed: "the connection was closed by ourselves"
        }
    }
}

/// The second connection to the broker: work orders go out on it.
package protocol CenterPost: Sendable {
    /// Returns when the broker has the message (PUBACK). That is not yet receipt by the center.
    func publish(_ body: [UInt8], to topic: Topic) async throws(InboxFailure)
}

// MARK: - Store

/// A place in the journal: everything up to it is on disk.
package struct JournalCursor: Sendable, Hashable, Comparable, Codable {
    package var position: Int64
    package init(_ position: Int64) { self.position = position }
    package static let start = JournalCursor(0)
    package static func < (a: Self, b: Self) -> Bool { a.position < b.position }
}

package enum StoreFailure: Error, Sendable, Hashable {
    /// No space left. Nothing was committed; reads go on; retry when there is room.
    case diskFull(String)
    /// The file is locked by another or the disk had a passing fault. Nothing was committed; retry.
    case busy(String)
    /// The file is damaged or the disk fails. Nothing was committed; a person must look.
    case damaged(String)
    /// Newer than this program, or not ours at all. Left untouched.
    case foreign(String)
    /// What was asked for is not there.
    case notFound(String)
    /// What was asked for contradicts what is there. Nothing was changed.
    case conflict(String)
    /// What was asked for is more than one answer may take. Says how to narrow it.
    case tooMuch(String)

    package var isTransient: Bool {
        switch self {
        case .diskFull, .busy: true
        case .damaged, .foreign, .notFound, .conflict, .tooMuch: false
        }
    }

    package var message: String {
        switch self {
        case .diskFull(let text), .busy(let text), .damaged(let text), .foreign(let text), .notFound(let text),
            .conflict(let text), .tooMuch(let text):
            text
        }
    }
}

/// Takes what came in; what it has taken survives a power cut.
package protocol IngestStore: Sendable {
    /// One transaction, `synchronous=FULL`: all of the batch or nothing.
    ///
    /// Frames already stored, by (machine, boot, seq), are counted and not stored again.
    func commit(_ batch: IngestBatch) async throws(StoreFailure) -> IngestReceipt
}

/// What one round of the ingest loop makes durable.
package struct IngestBatch: Sendable {
    package var frames: [ReceivedFrames] = []
    package var connections: [ConnectionReport] = []
    package var replies: [ReceivedReply] = []
    package var rejected: [RejectedMessage] = []
    /// Quarantined messages that this batch takes after all. When the store refuses a message of the batch, they stay
    /// as they are and nothing is quarantined anew.
    package var released: [Int64] = []
    /// How many of the messages the broker says it had sent before.
    package var redeliveredMessages = 0

    package init() {}

    package var isEmpty: Bool {
        frames.isEmpty && connections.isEmpty && replies.isEmpty && rejected.isEmpty && released.isEmpty
    }
}

/// The frames of one message.
package struct ReceivedFrames: Sendable, Hashable {
    package var machine: MachineKey
    package var receivedAt: Timestamp
    package var frames: [Frame]
    /// The message as it came, for quarantine should the store refuse it; empty where nobody needs it any more.
    package var topic: String
    package var body: [UInt8]

    package init(
        machine: MachineKey, receivedAt: Timestamp, frames: [Frame], topic: String = "", body: [UInt8] = []
    ) {
        self.machine = machine
        self.receivedAt = receivedAt
        self.frames = frames
        self.topic = topic
        self.body = body
    }
}

/// A machine's status message or its last will.
package struct ConnectionReport: Sendable, Hashable {
    package var machine: MachineKey
    package var isConnected: Bool
    package var receivedAt: Timestamp

    package init(machine: MachineKey, isConnected: Bool, receivedAt: Timestamp) {
        self.machine = machine
        self.isConnected = isConnected
        self.receivedAt = receivedAt
    }
}

package struct ReceivedReply: Sendable, Hashable {
    package var center: ServiceCenterID
    package var reply: CenterReply
    package var receivedAt: Timestamp

    package init(center: ServiceCenterID, reply: CenterReply, receivedAt: Timestamp) {
        self.center = center
        self.reply = reply
        self.receivedAt = receivedAt
    }
}

package struct RejectedMessage: Sendable, Hashable {
    package var topic: String
    package var body: [UInt8]
    package var rejection: Rejection
    package var receivedAt: Timestamp

    package init(topic: String, body: [UInt8], rejection: Rejection, receivedAt: Timestamp) {
        self.topic = topic
        self.body = body
        self.rejection = rejection
        self.receivedAt = receivedAt
    }
}

package struct IngestReceipt: Sendable, Hashable {
    /// The journal now reaches to here.
    package var cursor: JournalCursor
    package var storedFrames: Int
    package var duplicateFrames: Int
    package var storedReadings: Int
    /// Messages that exceed a limit which only the store can judge.
    package var refused: [RejectedMessage]

    package init(
        cursor: JournalCursor, storedFrames: Int, duplicateFrames: Int, storedReadings: Int,
        refused: [RejectedMessage] = []
    ) {
        self.refused = refused
        self.cursor = cursor
        self.storedFrames = storedFrames
        self.duplicateFrames = duplicateFrames
        self.storedReadings = storedReadings
    }
}

/// What the evaluator reads and writes. Its own state is stored with its cursor, so a crash repeats nothing.
package protocol EvaluationStore: Sendable {
    /// Everything the evaluator must know to go on where it left.
    func resume() async throws(StoreFailure) -> EvaluationState
    /// What came after `cursor`, in order of arrival, at most `limit` journal rows.
    func journal(after cursor: JournalCursor, limit: Int) async throws(StoreFailure) -> JournalSlice
    /// One transaction: cursor, conditions, findings, alerts, orders and outbox together. An evaluation made under other
    /// names of machines than the store has now is a `conflict`: resume, and decide again.
    func commit(_ evaluation: Evaluation) async throws(StoreFailure)
    /// Changes whenever machines were registered or changed; cheap to ask.
    func registryVersion() async throws(StoreFailure) -> Int64
    /// All registered machines.
    func registeredMachines() async throws(StoreFailure) -> [Machine]
    /// Commands of people waiting to be applied (alerts acknowledged through the API).
    func pendingAcknowledgements() async throws(StoreFailure) -> [AlertAcknowledgement]
}

package struct EvaluationState: Sendable {
    package var cursor: JournalCursor
    package var replyCursor: Int64
    package var conditions: [MachineKey: MachineCondition]
    /// Orders that are not final.
    package var orders: [WorkOrder]
    /// Alerts that are not resolved.
    package var alerts: [Alert]
    /// The last number given to an order.
    package var lastOrderNumber: Int64
    /// How often machines were given other names; everything here goes by the names after so many of them.
    package var renames: Int64

    package init(
        cursor: JournalCursor = .start, replyCursor: Int64 = 0, conditions: [MachineKey: MachineCondition] = [:],
        orders: [WorkOrder] = [], alerts: [Alert] = [], lastOrderNumber: Int64 = 0, renames: Int64 = 0
    ) {
        self.renames = renames
        self.cursor = cursor
        self.replyCursor = replyCursor
        self.conditions = conditions
        self.orders = orders
        self.alerts = alerts
        self.lastOrderNumber = lastOrderNumber
    }
}

package struct JournalSlice: Sendable {
    /// Where the next slice starts.
    package var cursor: JournalCursor
    package var frames: [ReceivedFrames]
    /// There is more than `limit` allowed to return.
    package var hasMore: Bool
    /// Replies after the evaluator's reply cursor, with their row numbers, in order of arrival.
    package var replies: [(row: Int64, reply: ReceivedReply)]
    /// The last reply that was read, also when it could not be understood; `nil` when there was none.
    package var lastReply: Int64?
    /// Rows that cannot be read, each with its cause. They are left out: one damaged row must not stall the fleet.
    package var damaged: [String]
    /// As in `EvaluationState`: another number there means that state and slice go by different names.
    package var renames: Int64

    package init(
        cursor: JournalCursor, frames: [ReceivedFrames], hasMore: Bool,
        replies: [(row: Int64, reply: ReceivedReply)] = [], lastReply: Int64? = nil, damaged: [String] = [],
        renames: Int64 = 0
    ) {
        self.renames = renames
        self.cursor = cursor
        self.frames = frames
        self.hasMore = hasMore
        self.replies = replies
        self.lastReply = lastReply ?? replies.last?.row
        self.damaged = damaged
    }
}

/// What one round of the evaluator makes durable, in one transaction.
package struct Evaluation: Sendable {
    package var cursor: JournalCursor
    package var replyCursor: Int64
    package var at: Timestamp
    /// Only the machines that changed.
    package var conditions: [MachineKey: MachineCondition] = [:]
    package var standings: [MachineKey: [ServiceStanding]] = [:]
    package var alerts: [Alert] = []
    package var orders: [WorkOrder] = []
    package var dispatches: [Dispatch] = []
    /// Dispatches that need not be sent again, by id.
    package var settled: [String] = []
    /// Services done, by machine and code.
    package var serviceRecords: [(machine: MachineKey, code: String, record: ServiceRecord, order: WorkOrderID?)] = []
    package var appliedAcknowledgements: [AlertAcknowledgement] = []
    /// The clock was moved by this much: what waits in the outbox waits just as long.
    package var clockStep = Duration.zero
    package var lastOrderNumber: Int64
    /// As in `EvaluationState`: by which names it speaks of machines.
    package var renames: Int64

    package init(
        cursor: JournalCursor, replyCursor: Int64, at: Timestamp, lastOrderNumber: Int64, renames: Int64 = 0
    ) {
        self.renames = renames
        self.cursor = cursor
        self.replyCursor = replyCursor
        self.at = at
        self.lastOrderNumber = lastOrderNumber
    }
}

package struct AlertAcknowledgement: Sendable, Hashable {
    package var machine: MachineKey
    package var episode: EpisodeKey
    package var by: String
    package var at: Timestamp

    package init(machine: MachineKey, episode: EpisodeKey, by: String, at: Timestamp) {
        self.machine = machine
        self.episode = episode
        self.by = by
        self.at = at
    }
}

/// The transactional outbox: what must reach a center, written with the decision that caused it.
package protocol Outbox: Sendable {
    /// Dispatches whose next try is due, oldest first, with the order they speak of.
    func dueDispatches(at now: Timestamp, limit: Int) async throws(StoreFailure) -> [OutgoingDispatch]
    /// It was tried; it is tried again at `next` unless it is settled before.
    func published(_ id: String, at now: Timestamp, next: Timestamp) async throws(StoreFailure)
    /// What would be tried later than `latest` is tried then, and what never was is tried `now`: an earlier run with a wrong
    /// clock has put it off.
    func bringForward(to latest: Timestamp, now: Timestamp) async throws(StoreFailure)
}

package struct OutgoingDispatch: Sendable, Hashable {
    package var dispatch: Dispatch
    package var order: WorkOrder
    package var machine: Machine?
    package var position: Coordinate?
    /// How often it has been published before.
    package var attempts: Int

    package init(
        dispatch: Dispatch, order: WorkOrder, machine: Machine?, position: Coordinate?, attempts: Int
    ) {
        self.dispatch = dispatch
        self.order = order
        self.machine = machine
        self.position = position
        self.attempts = attempts
    }
}

/// Keeps the file in shape: checkpoints, the ballast, what has outlived its time.
package protocol StoreCustody: Sendable {
    /// One round of house-keeping; returns how the disk stands.
    func maintain(at now: Timestamp) async throws(StoreFailure) -> DiskStanding
    /// One piece of the work that keeps the file small and quick to read; returns whether there is more to do now.
    func tidy(at now: Timestamp) async throws(StoreFailure) -> Bool
    /// A full disk: give back the ballast, so that a checkpoint can run. Until there is room for it again, `commit` of
    /// what came in answers `diskFull` rather than take that room.
    func releaseBallast() async
}

/// A copy that was made.
package struct BackupReceipt: Sendable, Hashable {
    package var bytes: Int64
    /// What is damaged in it because it is damaged in the database; `nil` when it is whole.
    package var damage: String?

    package init(bytes: Int64, damage: String? = nil) {
        self.bytes = bytes
        self.damage = damage
    }
}

/// Copies of the database, each verified before it has its name.
package protocol BackupStore: Sendable {
    /// Copies the database to `folder`/`name` while everything goes on, opens the copy and finds it as whole as the
    /// database is. When it fails, or its task is cancelled, nothing of it is left.
    func backUp(to name: String, in folder: String) async throws(StoreFailure) -> BackupReceipt
    /// The names in `folder`, with their sizes.
    func files(in folder: String) async throws(StoreFailure) -> [String: Int64]
    func remove(_ name: String, in folder: String) async throws(StoreFailure)
}

/// What a moved clock needs of the store.
package protocol ClockStore: Sendable {
    /// When the last of what is stored came; `nil` when nothing is.
    func newestArrival() async throws(StoreFailure) -> Timestamp?
    /// The last message that was turned away; 0 when none ever was.
    func lastTurnedAway() async throws(StoreFailure) -> Int64
    /// Messages turned away for their time and not judged anew since, from after `id` on.
    func turnedAwayForTime(
        after id: Int64, limit: Int
    ) async throws(StoreFailure) -> [(id: Int64, message: RejectedMessage)]
    /// What is in the quarantine up to `last` was judged anew after the clock was moved.
    func noteClockMoved(upTo last: Int64) async throws(StoreFailure)
}

package struct DiskStanding: Sendable, Hashable, Codable {
    package var databaseBytes: Int64
    package var walBytes: Int64
    package var freeBytes: Int64
    package var hasBallast: Bool
    /// How often the log was moved into the file since the start, and how long that took in all.
    package var checkpoints: Int64
    package var checkpointSeconds: Double

    package init(
        databaseBytes: Int64, walBytes: Int64, freeBytes: Int64, hasBallast: Bool, checkpoints: Int64 = 0,
        checkpointSeconds: Double = 0
    ) {
        self.checkpoints = checkpoints
        self.checkpointSeconds = checkpointSeconds
        self.databaseBytes = databaseBytes
        self.walBytes = walBytes
        self.freeBytes = freeBytes
        self.hasBallast = hasBallast
    }
}

/// Whether the one connection that writes still does what it is told.
package protocol WriterProbe: Sendable {
    /// Returns when that connection has come to it. One that can write nothing, for want of space, comes to it too; one
    /// that hangs does not.
    func reachWriter() async
}

/// What people ask; read-only connections, each read bounded in time.
package protocol FleetReader: Sendable {
    func machines() async throws(StoreFailure) -> [MachineDocument]
    func machine(_ key: MachineKey) async throws(StoreFailure) -> MachineDetailDocument
    /// All that are not resolved, and with `includingResolved` the newest thousand that are.
    func alerts(includingResolved: Bool) async throws(StoreFailure) -> [AlertDocument]
    /// All that are not final, and with `includingFinal` the newest thousand that are.
    func workOrders(includingFinal: Bool) async throws(StoreFailure) -> [WorkOrderDocument]
    func quarantine(limit: Int) async throws(StoreFailure) -> QuarantineDocument
    /// The messages themselves, for a second try.
    func quarantined(_ ids: [Int64]) async throws(StoreFailure) -> [(id: Int64, message: RejectedMessage)]
    /// At most ten thousand; when there are more, those of the machines heard of last.
    func gaps() async throws(StoreFailure) -> [GapDocument]
    func answer(_ question: SeriesQuestion) async throws(StoreFailure) -> SeriesAnswer
    func answer(_ question: FleetQuestion) async throws(StoreFailure) -> FleetAnswer
    func counts() async throws(StoreFailure) -> StoreCounts
}

/// What people tell us.
package protocol FleetRegistry: Sendable {
    /// Adds machines or replaces what was known of them; returns how many were new.
    func register(_ machines: [Machine]) async throws(StoreFailure) -> Int
    /// What the configuration file says. Only what differs from what the file said last time is taken, so that a
    /// restart with the same file writes nothing and undoes no import.
    ///
    /// Returns those left out because the name is retired: the machine has gone on under another.
    @discardableResult func configure(_ machines: [Machine]) async throws(StoreFailure) -> [MachineKey]
    /// Gives a machine to another fleet: everything known of it goes on under the new name, and the old one is retired.
    /// One transaction.
    func transfer(_ transfer: MachineTransfer) async throws(StoreFailure)
    /// Throws what `transfer` would throw now, and changes nothing.
    func check(_ transfer: MachineTransfer) async throws(StoreFailure)
    func acknowledge(_ acknowledgement: AlertAcknowledgement) async throws(StoreFailure)
}
