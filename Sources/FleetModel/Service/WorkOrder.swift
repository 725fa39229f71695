/// One job for one machine, from the need to its completion.
package struct WorkOrder: Sendable, Hashable, Codable {
    package var id: WorkOrderID
    package var need: Need
    package var state: State
    package var openedAt: Timestamp
    /// Who has it now; `nil` while no capable center is in reach.
    package var center: ServiceCenterID?
    package var mode: ServiceMode?
    /// Every center it was offered to, the present one last.
    package var offers: [Offer]
    /// The capable centers, best first, as they stood when the order was last placed.
    package var ranking: [Candidate]
    /// Why each center that is nearer than the chosen one, or each of all when none was chosen, was passed over.
    package var refused: [Refusal]
    package var scheduledFor: Timestamp?
    package var startedAt: Timestamp?
    package var completedAt: Timestamp?
    /// What the center or the desk said last: the reason of a refusal, the cause found.
    package var note: String?
    /// The deadline for what the present state waits for; the desk acts when it has passed.
    package var waitsUntil: Timestamp?
    /// Where the machine was when the order was last placed; an uncovered order is tried again when it has moved.
    package var placedFrom: Coordinate?

    package init(
        id: WorkOrderID, need: Need, state: State = .open, openedAt: Timestamp, center: ServiceCenterID? = nil,
        mode: ServiceMode? = nil, offers: [Offer] = [], ranking: [Candidate] = [], refused: [Refusal] = []
    ) {
        self.id = id
        self.need = need
        self.state = state
        self.openedAt = openedAt
        self.center = center
        self.mode = mode
        self.offers = offers
        self.ranking = ranking
        self.refused = refused
    }

    package enum State: String, CaseIterable, Sendable, Hashable, Codable {
        /// No capable center in reach, or none that has not declined: somebody must act.
        case uncovered
        /// Offered to a center that has not said anything yet.
        case open
        /// The center has it; a PUBACK of the broker is not this.
        case received
        case accepted, scheduled
        case inProgress = "in-progress"
        case completed
        /// The need is gone after completion, or the order was cancelled with the need.
        case closed
        case cancelled

        /// Nothing more will happen to it.
        package var isFinal: Bool { [.completed, .closed, .cancelled].contains(self) }
    }

    /// That the order was put before a center, and what came of it.
    package struct Offer: Sendable, Hashable, Codable {
        package var center: ServiceCenterID
        package var offeredAt: Timestamp
        package var outcome: Outcome
        package var reason: String?
        package var answeredAt: Timestamp?

        package init(
            center: ServiceCenterID, offeredAt: Timestamp, outcome: Outcome = .pending, reason: String? = nil,
            answeredAt: Timestamp? = nil
        ) {
            self.center = center
            self.offeredAt = offeredAt
            self.outcome = outcome
            self.reason = reason
            self.answeredAt = answeredAt
        }

        package enum Outcome: String, Sendable, Hashable, Codable {
            case pending, received, accepted, declined, cancelled
            /// It said nothing within the declared time.
            case unanswered = "unanswered"
        }
    }
}

/// How machine and mechanic meet.
package enum ServiceMode: String, Sendable, Hashable, Codable {
    /// The machine comes to the center.
    case visit
    /// A crew drives to the machine.
    case fieldCrew = "field-crew"
}

/// A center that can do the job, with the way it would, and when the machine would be back at work.
package struct Candidate: Sendable, Hashable, Codable {
    package var center: ServiceCenterID
    package var mode: ServiceMode
    /// Straight line on the ellipsoid, kilometres.
    package var geodesicKilometres: Double
    /// The same by road: times the country's and the season's factor.
    package var roadKilometres: Double
    /// From now to back at work, hours: the sum of the four below.
    package var returnToWorkHours: Double
    package var travelHours: Double
    /// For opening, for a bay or a crew to be free.
    package var waitHours: Double
    package var partsHours: Double
    package var jobHours: Double
    /// How far the estimate can be trusted: the weakest mark in it.
    package var mark: Mark

    package init(
        center: ServiceCenterID, mode: ServiceMode, geodesicKilometres: Double, roadKilometres: Double,
        returnToWorkHours: Double, travelHours: Double, waitHours: Double, partsHours: Double, jobHours: Double,
        mark: Mark
    ) {
        self.center = center
        self.mode = mode
        self.geodesicKilometres = geodesicKilometres
        self.roadKilometres = roadKilometres
        self.returnToWorkHours = returnToWorkHours
        self.travelHours = travelHours
        self.waitHours = waitHours
        self.partsHours = partsHours
        self.jobHours = jobHours
        self.mark = mark
    }
}

/// Why a center was passed over.
package struct Refusal: Sendable, Hashable, Codable {
    package var center: ServiceCenterID
    /// One sentence: `not certified for BELAZ`, `lifts 10 t, the job takes 42 t (assumed)`.
    package var reason: String
    package var roadKilometres: Double

    package init(center: ServiceCenterID, reason: String, roadKilometres: Double) {
        self.center = center
        self.reason = reason
        self.roadKilometres = roadKilometres
    }
}

/// What a center says of an order.
package struct CenterReply: Sendable, Hashable, Codable {
    /// The center's own id of this reply; a second one with the same id is the same reply.
    package var reply: String
    package var order: WorkOrderID
    package var state: State
    package var at: Timestamp
    /// Why it was declined or cancelled, what was found.
    package var reason: String?
    package var scheduledFor: Timestamp?
    /// The machine's meters when the work was done.
    package var meters: [Meter: Double]

    package init(
        reply: String, order: WorkOrderID, state: State, at: Timestamp, reason: String? = nil,
        scheduledFor: Timestamp? = nil, meters: [Meter: Double] = [:]
    ) {
        self.reply = reply
        self.order = order
        self.state = state
        self.at = at
        self.reason = reason
        self.scheduledFor = scheduledFor
        self.meters = meters
    }

    package enum State: String, CaseIterable, Sendable, Hashable, Codable {
        case received, accepted, declined, scheduled, started, completed, cancelled
    }
}

/// A message to a center, waiting in the outbox until the center says `received`.
package struct Dispatch: Sendable, Hashable, Codable {
    /// The order's id and which of its offers: the same on every try.
    package var id: String
    package var order: WorkOrderID
    package var center: ServiceCenterID
    package var action: Action
    package var createdAt: Timestamp

    package init(order: WorkOrderID, offer: Int, center: ServiceCenterID, action: Action, createdAt: Timestamp) {
        id = "\(order)/\(offer)/\(action.rawValue)"
        self.order = order
        self.center = center
        self.action = action
        self.createdAt = createdAt
    }

    package enum Action: String, Sendable, Hashable, Codable {
        /// Here is work; answer.
        case offer
        /// It is no longer yours.
        case withdraw
        /// The work is the same, the machine has another name now.
        case rename
    }
}
