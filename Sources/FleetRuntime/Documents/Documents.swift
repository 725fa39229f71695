import FleetModel

// What the API answers and `zubr` reads. Keys are sent in snake_case; times as RFC 3339 in UTC.

/// `GET /v1/status`
package struct StatusDocument: Sendable, Codable {
    package var version: String
    package var state: State
    /// Why it is degraded; empty when it is not.
    package var problems: [String]
    package var startedAt: Timestamp
    package var now: Timestamp
    package var clock: ClockDocument
    package var broker: BrokerDocument
    package var ingest: IngestDocument
    package var store: StoreDocument
    package var machines: MachineCounts
    package var orders: [String: Int]
    package var alertsFiring: Int
    /// Firing alerts by severity.
    package var firingBySeverity: [String: Int] = [:]
    /// The connection on which work orders leave.
    package var post = BrokerDocument()
    package var outbox = OutboxDocument()
    /// Answers of centers, among the latest thousand, to an order that is not theirs; `zubr quarantine` lists them.
    package var strayReplies = 0
    /// Meters that have jumped lately, the newest first.
    package var meterJumps: [MeterJumpDocument] = []
    package var configuration = ConfigurationDocument()
    /// `nil` when no backups are made.
    package var backup: BackupDocument?

    package init(
        version: String, state: State, problems: [String], startedAt: Timestamp, now: Timestamp, clock: ClockDocument,
        broker: BrokerDocument, ingest: IngestDocument, store: StoreDocument, machines: MachineCounts,
        orders: [String: Int], alertsFiring: Int
    ) {
        self.version = version
        self.state = state
        self.problems = problems
        self.startedAt = startedAt
        self.now = now
        self.clock = clock
        self.broker = broker
        self.ingest = ingest
        self.store = store
        self.machines = machines
        self.orders = orders
        self.alertsFiring = alertsFiring
    }

    package enum State: String, Sendable, Codable { case running, degraded }
}

package struct ClockDocument: Sendable, Codable, Hashable {
    /// The instant at which this clock and the real one agree.
    package var epoch: Timestamp
    /// How many times faster than the real one it runs; 1 is the real clock.
    package var rate: Double
    /// How the server's clock and the time we go by stand to each other; `nil` when that is not judged.
    package var standing: Standing?
    /// How far the server's clock is ahead of the time we go by; negative when behind.
    package var serverSecondsAhead: Double?
    /// How far the median of the machines' clocks is ahead of it; `nil` when none was heard lately.
    package var fleetSecondsAhead: Double?
    /// Of how many machines that is the median.
    package var fleetMachines = 0

    package enum Standing: String, Sendable, Codable, CaseIterable {
        case agreed, stepped, overruled, unknown
    }

    package init(epoch: Timestamp, rate: Double) {
        self.epoch = epoch
        self.rate = rate
    }
}

package struct BrokerDocument: Sendable, Codable, Hashable {
    package var address: String = ""
    package var isConnected = false
    package var connects = 0
    /// Messages the broker itself says it has dropped; `nil` until it has told.
    package var droppedMessages: Int64?
    /// When we last saw that count move; `nil` while it never has.
    package var droppedAt: Timestamp?
    package var lastFailure: String?
    /// The client id under which we are known to the broker.
    package var client: String = ""
    /// When the broker last closed our connection for the third time in minutes and took us back at once, as it does when
    /// another client uses our id; `nil` while it has not.
    package var takenOverAt: Timestamp?
    /// Messages handed out to be committed and not yet acknowledged.
    package var heldMessages = 0
    /// Messages the broker keeps for all its clients, queued and retained; `nil` until it has told.
    package var keptMessages: Int64?
    /// What the broker says it is; `nil` until it has told.
    package var software: String?

    package init() {}
}

package struct IngestDocument: Sendable, Codable, Hashable {
    package var messages: Int64 = 0
    package var frames: Int64 = 0
    package var readings: Int64 = 0
    package var duplicates: Int64 = 0
    package var rejected: [String: Int64] = [:]
    package var commits: Int64 = 0
    package var lastCommitAt: Timestamp?
    /// Median and 99th percentile of the last commits, milliseconds.
    package var commitMillisecondsP50: Double?
    package var commitMillisecondsP99: Double?
    /// How far the evaluator is behind the journal, in rows.
    package var evaluatorLag: Int64 = 0
    /// Median of received less observed over the last commits, seconds; below zero the machines' clocks are ahead of ours.
    package var fleetDelaySecondsP50: Double?

    package init() {}
}

package struct StoreDocument: Sendable, Codable, Hashable {
    package var path: String
    package var databaseBytes: Int64
    package var walBytes: Int64
    package var freeBytes: Int64
    /// When the disk will be full at the present rate; `nil` when it is not filling.
    package var fullAt: Timestamp?
    package var frames: Int64
    package var quarantined: Int64
    package var gaps: Int64
    package var missingFrames: Int64
    /// Frames that came again, after a redelivery or twice from the machine, and were not stored again.
    package var duplicateFrames: Int64
    /// Messages the broker delivered a second time, because they were not acknowledged the first.
    package var redeliveredMessages: Int64
    /// Rejected messages that were thrown out of the quarantine to make room.
    package var quarantineDropped: Int64 = 0
    /// Whether the room that house-keeping needs on a full disk is set aside.
    package var hasBallast = false
    /// How often the log was moved into the file, and how long that took in all.
    package var checkpoints: Int64 = 0
    package var checkpointSeconds = 0.0

    package init(
        path: String, databaseBytes: Int64, walBytes: Int64, freeBytes: Int64, fullAt: Timestamp?, frames: Int64,
        quarantined: Int64, gaps: Int64, missingFrames: Int64, duplicateFrames: Int64, redeliveredMessages: Int64
    ) {
        self.path = path
        self.databaseBytes = databaseBytes
        self.walBytes = walBytes
        self.freeBytes = freeBytes
        self.fullAt = fullAt
        self.frames = frames
        self.quarantined = quarantined
        self.gaps = gaps
        self.missingFrames = missingFrames
        self.duplicateFrames = duplicateFrames
        self.redeliveredMessages = redeliveredMessages
    }
}

package struct StoreCounts: Sendable, Hashable {
    package var frames: Int64 = 0
    package var quarantined: Int64 = 0
    package var gaps: Int64 = 0
    package var missingFrames: Int64 = 0
    package var duplicateFrames: Int64 = 0
    package var redeliveredMessages: Int64 = 0
    package var machines = MachineCounts()
    package var orders: [String: Int] = [:]
    package var alertsFiring = 0
    package var firingBySeverity: [String: Int] = [:]
    package var outbox = OutboxDocument()
    package var quarantineDropped: Int64 = 0
    package var strayReplies = 0

    package init() {}
}

/// What must reach a center and has not yet.
package struct OutboxDocument: Sendable, Codable, Hashable {
    /// Offers whose center has not said `received`, and withdrawals not yet sent.
    package var waiting = 0
    /// When the oldest of them was written.
    package var oldestAt: Timestamp?
    /// When the next of them is to be sent; in the past when the courier is late.
    package var nextAttemptAt: Timestamp?

    package init() {}
}

/// A meter that went back, or further than the machine can have worked.
package struct MeterJumpDocument: Sendable, Codable, Hashable {
    package var equipment: MachineKey
    package var meter: Meter
    /// By the machine's clock.
    package var at: Timestamp
    package var from: Double
    package var to: Double

    package init(equipment: MachineKey, meter: Meter, at: Timestamp, from: Double, to: Double) {
        self.equipment = equipment
        self.meter = meter
        self.at = at
        self.from = from
        self.to = to
    }
}

package struct MachineCounts: Sendable, Codable, Hashable {
    package var registered = 0
    package var unregistered = 0
    package var disconnected = 0

    package init() {}
}

/// How a machine is, in one word, worst first.
package enum MachineHealth: String, Sendable, Codable, CaseIterable, Comparable {
    case critical, major, minor, ok, silent, unregistered

    package static func < (a: Self, b: Self) -> Bool {
        allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)!
    }
}

/// One of `GET /v1/machines`.
package struct MachineDocument: Sendable, Codable {
    package var equipment: MachineKey
    package var isRegistered: Bool
    package var model: ModelID?
    /// The class of the catalog its model belongs to: `haul_truck_de`.
    package var machineClass: MachineClassID?
    package var site: String?
    package var health: MachineHealth
    /// Firing alerts, worst first, by title.
    package var alerts: [String]
    /// Said by its status topic or last will; `nil` when it never said.
    package var isConnected: Bool?
    package var lastObservedAt: Timestamp?
    package var lastReceivedAt: Timestamp?
    package var position: Coordinate?
    package var mode: OperatingMode?
    package var meters: [String: Double]
    /// The most pressing service of its plan.
    package var nextService: ServiceStanding?
    package var openOrders: [WorkOrderID]

    package init(equipment: MachineKey, isRegistered: Bool, health: MachineHealth) {
        self.equipment = equipment
        self.isRegistered = isRegistered
        self.health = health
        alerts = []
        meters = [:]
        openOrders = []
    }
}

/// `GET /v1/machines/{fleet}/{equipment}`
package struct MachineDetailDocument: Sendable, Codable {
    package var summary: MachineDocument
    package var registration: Machine?
    package var services: [ServiceStanding]
    package var signals: [SignalDocument]
    package var faults: [String]
    package var alerts: [AlertDocument]
    package var orders: [WorkOrderDocument]
    package var gaps: [GapDocument]
    /// The names it had with other fleets, the oldest first.
    package var formerNames: [FormerName]

    package init(
        summary: MachineDocument, registration: Machine?, services: [ServiceStanding], signals: [SignalDocument],
        faults: [String], alerts: [AlertDocument], orders: [WorkOrderDocument], gaps: [GapDocument],
        formerNames: [FormerName] = []
    ) {
        self.formerNames = formerNames
        self.summary = summary
        self.registration = registration
        self.services = services
        self.signals = signals
        self.faults = faults
        self.alerts = alerts
        self.orders = orders
        self.gaps = gaps
    }
}

/// The newest value of a signal; with the catalog's limit and mark where it has one.
package struct SignalDocument: Sendable, Codable {
    package var signal: Signal
    package var value: Double
    package var observedAt: Timestamp
    package var unit: String?
    /// `normal 80 to 95 (assumed); critical > 103 (assumed)`
    package var limits: String?

    package init(signal: Signal, value: Double, observedAt: Timestamp, unit: String? = nil, limits: String? = nil) {
        self.signal = signal
        self.value = value
        self.observedAt = observedAt
        self.unit = unit
        self.limits = limits
    }
}

/// One of `GET /v1/alerts`.
package struct AlertDocument: Sendable, Codable {
    package var equipment: MachineKey
    package var rule: RuleID
    package var subject: String
    package var episode: Int
    package var title: String
    package var severity: Severity
    package var state: Alert.State
    package var evidence: String
    package var advice: String
    package var raisedAt: Timestamp
    package var firedAt: Timestamp
    package var acknowledgedBy: String?
    package var resolvedAt: Timestamp?

    package init(_ alert: Alert) {
        equipment = alert.finding.machine
        rule = alert.finding.episode.rule
        subject = alert.finding.episode.subject
        episode = alert.finding.episode.number
        title = alert.finding.title
        severity = alert.finding.severity
        state = alert.state
        evidence = alert.finding.evidence
        advice = alert.finding.advice
        raisedAt = alert.finding.raisedAt
        firedAt = alert.firedAt
        acknowledgedBy = alert.acknowledgedBy
        resolvedAt = alert.resolvedAt
    }
}

/// One of `GET /v1/work-orders`.
package struct WorkOrderDocument: Sendable, Codable {
    package var id: WorkOrderID
    package var equipment: MachineKey
    /// The class family of the machine, when it is registered: `haul truck`.
    package var family: String?
    /// The class of the catalog: `haul_truck_autonomous`.
    package var machineClass: MachineClassID?
    package var title: String
    package var state: WorkOrder.State
    package var severity: Severity
    /// `null`: no capable center in reach.
    package var center: ServiceCenterID?
    package var mode: ServiceMode?
    package var reason: String
    /// Why this center: the expected return to work and what it is made of.
    package var choice: String?
    package var due: Timestamp?
    package var dueDate: DueDate?
    package var openedAt: Timestamp
    package var scheduledFor: Timestamp?
    package var completedAt: Timestamp?
    package var parts: [String]
    package var tasks: [String]
    package var durationHours: Double
    package var labourPersonHours: Double
    package var needsHighVoltagePermit: Bool
    package var liftTonnes: Double
    package var refused: [Refusal]
    package var offers: [WorkOrder.Offer]
    package var ranking: [Candidate]
    package var note: String?

    package init(_ order: WorkOrder, family: String?, machineClass: MachineClassID? = nil) {
        id = order.id
        equipment = order.need.machine
        self.family = family
        self.machineClass = machineClass
        title = order.need.title
        state = order.state
        severity = order.need.severity
        center = order.center
        mode = order.mode
        reason = order.need.reason
        choice = order.ranking.first { $0.center == order.center && $0.mode == order.mode }?.explanation
        due = order.need.due?.p50
        dueDate = order.need.due
        openedAt = order.openedAt
        scheduledFor = order.scheduledFor
        completedAt = order.completedAt
        parts = order.need.parts
        tasks = order.need.tasks
        durationHours = order.need.durationHours
        labourPersonHours = order.need.labourPersonHours
        needsHighVoltagePermit = order.need.requirement.needsHighVoltagePermit
        liftTonnes = order.need.requirement.liftTonnes
        refused = order.refused
        offers = order.offers
        ranking = order.ranking
        note = order.note
    }
}

extension Candidate {
    /// `back at work in 21 h: travel 3.1, wait 2.0, parts 4.0, job 12.0; 145 km by road (assumed)`
    package var explanation: String {
        func hours(_ value: Double) -> String { decimal(value, places: 1) }
        return
            "back at work in \(decimal(returnToWorkHours, places: 0)) h: travel \(hours(travelHours)), wait \(hours(waitHours)), parts \(hours(partsHours)), job \(hours(jobHours)); \(decimal(roadKilometres, places: 0)) km by road (\(mark))"
    }
}

/// `GET /v1/quarantine`
package struct QuarantineDocument: Sendable, Codable {
    package var total: Int64
    package var byReason: [String: Int64]
    /// The newest first.
    package var messages: [Message]
    /// How many were thrown out, the oldest first, to make room.
    package var dropped: Int64
    /// Answers of centers to an order that is not theirs, the newest first: stored, and without effect.
    package var strayReplies: [StrayReply]

    package init(
        total: Int64, byReason: [String: Int64], messages: [Message], dropped: Int64 = 0,
        strayReplies: [StrayReply] = []
    ) {
        self.dropped = dropped
        self.strayReplies = strayReplies
        self.total = total
        self.byReason = byReason
        self.messages = messages
    }

    package struct StrayReply: Sendable, Codable, Hashable {
        package var receivedAt: Timestamp
        package var center: ServiceCenterID
        package var order: WorkOrderID
        /// What the center says has become of the order.
        package var state: String
        /// Why it has no effect.
        package var why: String

        package init(
            receivedAt: Timestamp, center: ServiceCenterID, order: WorkOrderID, state: String, why: String
        ) {
            self.receivedAt = receivedAt
            self.center = center
            self.order = order
            self.state = state
            self.why = why
        }
    }

    package struct Message: Sendable, Codable {
        package var id: Int64
        package var receivedAt: Timestamp
        package var topic: String
        package var reason: String
        package var detail: String
        package var bytes: Int
        /// The first 200 bytes, control characters shown as `·`.
        package var excerpt: String
        /// How often it has come, topic and body the same.
        package var times: Int64

        package init(
            id: Int64, receivedAt: Timestamp, topic: String, reason: String, detail: String, bytes: Int,
            excerpt: String, times: Int64 = 1
        ) {
            self.times = times
            self.id = id
            self.receivedAt = receivedAt
            self.topic = topic
            self.reason = reason
            self.detail = detail
            self.bytes = bytes
            self.excerpt = excerpt
        }
    }
}

/// One of `GET /v1/gaps`: frames that a machine counted and we never got.
package struct GapDocument: Sendable, Codable, Hashable {
    package var equipment: MachineKey
    package var boot: UInt32
    package var firstSeq: UInt64
    package var lastSeq: UInt64

    package init(equipment: MachineKey, boot: UInt32, firstSeq: UInt64, lastSeq: UInt64) {
        self.equipment = equipment
        self.boot = boot
        self.firstSeq = firstSeq
        self.lastSeq = lastSeq
    }

    package var missing: UInt64 { lastSeq - firstSeq + 1 }
}
