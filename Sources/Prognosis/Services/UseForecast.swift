import FleetModel

/// How much a machine will probably be used a day, from its own last weeks.
///
/// Quantiles of its mean use over spans of up to a week, days without use included: single days are wider than what
/// a due date some weeks ahead will see. When telemetry stops, the use goes on as known, and the band widens the
/// longer nothing is heard. Forecasts learned from failures will stand beside this one.
struct UseForecast {
    /// Nothing heard for longer: the date is an estimate.
    static let silenceAfter = Duration.days(1)
    /// With fewer whole days known, an assumed use takes their place.
    static let daysNeeded = 3
    /// After this many silent days the band is twice as wide.
    static let silentDaysToDouble = 14.0
    private static let horizonDays = 3_650.0

    let low: Double
    let middle: Double
    let high: Double
    /// Rests on the machine's own use, not on an assumption.
    let isOwn: Bool
    let isSilent: Bool
    private let asOf: Timestamp
    private let silentDays: Double

    /// `nil` when the meter was never heard: there is no time to count from.
    init?(_ meter: Meter, history: MeterHistory?, remaining: Double, now: Timestamp) {
        guard let history, let last = history.last else { return nil }
        let pace = MeterPace(meter)
        let days = history.wholeDays
        isOwn = days.count >= UseForecast.daysNeeded
        var (low, middle, high) = pace.assumedDaily
        if isOwn {
            let mean = days.reduce(0, +) / Double(days.count)
            let ahead = mean > 0 ? remaining / mean : 1
            let means = UseForecast.means(of: days, over: Int(max(1, min(7, ahead, Double(days.count) / 3))))
            // A machine that mostly stands still comes to its due date some day.
            low = max(UseForecast.quantile(0.1, of: means), mean / 10)
            high = max(UseForecast.quantile(0.9, of: means), mean)
            let median = UseForecast.quantile(0.5, of: means)
            middle = min(max(median > 0 ? median : mean, low), high)
        }
        silentDays = max(0, (now - last.at).inDays)
        isSilent = now - last.at > UseForecast.silenceAfter
        if isSilent {
            let widening = 1 + silentDays / UseForecast.silentDaysToDouble
            low /= widening
            high = max(high, min(high * widening, pace.dailyMax))
        }
        (self.low, self.middle, self.high) = (low, middle, high)
        asOf = last.at
    }

    /// What has probably been used since the meter was last heard; zero while it is.
    var useInSilence: Double { isSilent && isOwn ? middle * silentDays : 0 }

    /// When so much more will have been used, or was when `remaining` is negative; `nil` when it is not used at all.
    func due(in remaining: Double) -> DueDate? {
        guard high > 0 else {
            return remaining <= 0 ? DueDate(p10: asOf, p50: asOf, p90: asOf, isEstimate: isEstimate) : nil
        }
        func time(at rate: Double) -> Timestamp {
            asOf + .days(min(max(remaining / rate, -UseForecast.horizonDays), UseForecast.horizonDays))
        }
        let (early, late) = remaining > 0 ? (high, low) : (low, high)
        return DueDate(p10: time(at: early), p50: time(at: middle), p90: time(at: late), isEstimate: isEstimate)
    }

    private var isEstimate: Bool { isSilent || !isOwn }

    private static func means(of days: [Double], over width: Int) -> [Double] {
        (0...(days.count - width)).map { start in
            days[start..<(start + width)].reduce(0, +) / Double(width)
        }
    }

    private static func quantile(_ share: Double, of values: [Double]) -> Double {
        let sorted = values.sorted()
        let position = share * Double(sorted.count - 1)
        let below = Int(position)
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (sorted[above] - sorted[below]) * (position - Double(below))
    }
}
