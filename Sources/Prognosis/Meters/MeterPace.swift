import FleetModel

/// How fast a meter can move and how fast it usually does: what tells use from a jump.
///
/// All values are assumptions wide enough for every class of machine: they separate nonsense from work, nothing finer.
struct MeterPace {
    /// No machine runs more in 24 hours.
    var dailyMax: Double
    /// On top of that, for rounding and for clocks that drift.
    var tolerance: Double
    /// So far back is rounding, not a reset.
    var jitter: Double
    /// Use a day that one in ten, half and nine in ten machines do not reach; for a machine we do not know yet.
    var assumedDaily: (low: Double, middle: Double, high: Double)

    init(_ meter: Meter) {
        switch meter {
        case .engineHours:
            self.init(dailyMax: 24, tolerance: 1, jitter: 0.1, assumedDaily: (2, 8, 20))
        case .odometer:
            self.init(dailyMax: 2_000, tolerance: 20, jitter: 1, assumedDaily: (20, 150, 500))
        case .fuelUsed:
            // A 450 t haul truck burns about 500 l/h at full load.
            self.init(dailyMax: 15_000, tolerance: 100, jitter: 2, assumedDaily: (20, 150, 2_500))
        }
    }

    private init(
        dailyMax: Double, tolerance: Double, jitter: Double,
        assumedDaily: (low: Double, middle: Double, high: Double)
    ) {
        self.dailyMax = dailyMax
        self.tolerance = tolerance
        self.jitter = jitter
        self.assumedDaily = assumedDaily
    }

    /// Whether a meter may go forward by `change` in `days`.
    func allows(_ change: Double, in days: Double) -> Bool { change <= dailyMax * days + tolerance }
}
