import FleetModel

/// How much hostile traffic a scenario has, and the limits of the daemon it is written for.
package struct HostilePlan: Sendable, Hashable {
    /// From one attack to the next.
    package var period: Duration
    /// Messages of new machines in one fleet.
    package var floodMachines: Int
    package var limits: IngestLimits

    package init(period: Duration = .seconds(10), floodMachines: Int = 0, limits: IngestLimits = IngestLimits()) {
        self.period = period
        self.floodMachines = floodMachines
        self.limits = limits
    }
}
