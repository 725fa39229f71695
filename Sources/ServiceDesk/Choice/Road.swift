import FleetModel

/// Roads as they are in one season: how much longer than the straight line, and how fast.
///
/// Winter is November to March, by the month in UTC.
struct Road {
    let travel: TravelRules
    let isWinter: Bool

    init(_ travel: TravelRules, at time: Timestamp) {
        self.travel = travel
        isWinter = time.date.month >= 11 || time.date.month <= 3
    }

    func kilometres(_ geodesic: Double, in country: String) -> Double {
        geodesic * factor(country).value * (isWinter ? travel.winterRoadFactor.value : 1)
    }

    func hours(_ kilometres: Double) -> Double { kilometres / speed.value }

    /// What distance and speed rest on.
    func marks(in country: String) -> [Mark] {
        [factor(country).mark, speed.mark] + (isWinter ? [travel.winterRoadFactor.mark] : [])
    }

    private func factor(_ country: String) -> Marked<Double> {
        travel.roadFactors[country] ?? travel.defaultRoadFactor
    }

    private var speed: Marked<Double> { isWinter ? travel.winterKilometresPerHour : travel.summerKilometresPerHour }
}
