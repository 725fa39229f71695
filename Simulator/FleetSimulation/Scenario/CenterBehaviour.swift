import FleetModel

/// How the simulated service centers treat their orders.
package struct CenterBehaviour: Sendable, Hashable {
    /// Share of orders a center says no to.
    package var declines: Double
    /// Centers that say no to the first order they ever see.
    package var declinesFirst: Set<ServiceCenterID>
    /// Centers that never answer.
    package var silent: Set<ServiceCenterID>
    package var receiptMinutes: ClosedRange<Double>
    /// From receipt to yes or no.
    package var decisionMinutes: ClosedRange<Double>
    /// From yes to the mechanic's start.
    package var startHours: ClosedRange<Double>
    /// How the job's time comes out against what was planned.
    package var workRatio: ClosedRange<Double>

    package init(
        declines: Double = 0, declinesFirst: Set<ServiceCenterID> = [], silent: Set<ServiceCenterID> = [],
        receiptMinutes: ClosedRange<Double> = 1...10, decisionMinutes: ClosedRange<Double> = 15...120,
        startHours: ClosedRange<Double> = 2...18, workRatio: ClosedRange<Double> = 0.8...1.4
    ) {
        self.declines = declines
        self.declinesFirst = declinesFirst
        self.silent = silent
        self.receiptMinutes = receiptMinutes
        self.decisionMinutes = decisionMinutes
        self.startHours = startHours
        self.workRatio = workRatio
    }
}
