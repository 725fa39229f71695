import FleetModel

/// What the simulated fleet goes through: how often it reports, what breaks, and how its messages travel.
package struct Scenario: Sendable, Hashable {
    package var name: String
    package var title: String
    /// How often a working machine reports.
    package var interval: Duration
    /// When a run begins that nobody gives another time.
    package var start: Timestamp
    /// How long a run is that nobody gives another length.
    package var length: Duration
    /// Plays this month's weather and field work whatever the calendar says; `nil`: the calendar's.
    package var month: Int?
    /// How much warmer than usual it is, °C.
    package var warmerBy: Double
    /// How much faster parts wear out than the reliability tables say; 0: only what is forced fails.
    package var failureRate: Double
    package var forced: [ForcedFailure]
    package var disturbances: [Disturbance]
    package var autonomy: AutonomyBehaviour
    package var hostile: HostilePlan?
    package var delivery: DeliveryFaults
    package var centers: CenterBehaviour

    package init(
        name: String, title: String = "", interval: Duration = .seconds(10),
        start: Timestamp = Timestamp(seconds: 1_784_000_000), length: Duration = .days(1), month: Int? = nil,
        warmerBy: Double = 0,
        failureRate: Double = 1, forced: [ForcedFailure] = [], disturbances: [Disturbance] = [],
        autonomy: AutonomyBehaviour = AutonomyBehaviour(), hostile: HostilePlan? = nil,
        delivery: DeliveryFaults = DeliveryFaults(),
        centers: CenterBehaviour = CenterBehaviour()
    ) {
        precondition(interval >= .milliseconds(100), "a machine reports at most ten times a second")
        self.name = name
        self.title = title
        self.interval = interval
        self.start = start
        self.length = length
        self.month = month
        self.warmerBy = warmerBy
        self.failureRate = failureRate
        self.forced = forced
        self.disturbances = disturbances
        self.autonomy = autonomy
        self.hostile = hostile
        self.delivery = delivery
        self.centers = centers
    }
}

/// A failure that comes for certain, so that a scenario shows it.
package struct ForcedFailure: Sendable, Hashable {
    /// A failure mode, by its id.
    package var mode: String
    package var target: MachineTarget
    /// From the beginning of the run to its first sign.
    package var onset: Duration
    /// Working hours from the first sign to standstill; `nil`: as the degradation tables say.
    package var courseHours: Double?

    package init(mode: String, target: MachineTarget, onset: Duration, courseHours: Double? = nil) {
        self.mode = mode
        self.target = target
        self.onset = onset
        self.courseHours = courseHours
    }
}
