/// What happens to a site's driverless trucks together.
package struct AutonomyBehaviour: Sendable, Hashable {
    /// How often the stop of the whole site is pressed.
    package var allStopsPerDay: Double
    package var allStopMinutes: ClosedRange<Double>

    package init(allStopsPerDay: Double = 0, allStopMinutes: ClosedRange<Double> = 3...20) {
        self.allStopsPerDay = allStopsPerDay
        self.allStopMinutes = allStopMinutes
    }
}
