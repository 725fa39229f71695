import FleetModel

/// What one meter of one machine has counted, and how much the machine was used on each of the last days.
///
/// Services count in `counted`, which never goes back: what the meter shows plus the offset of the jumps so far.
package struct MeterHistory: Sendable, Hashable, Codable {
    package var first: MeterReading?
    package var last: MeterReading?
    /// The latest jumps, oldest first, at most `stepsKept`.
    package var steps: [MeterStep] = []
    /// Use by UTC date, oldest first, of the last `daysKept` days; a day the machine said nothing of but whose use
    /// the readings around it tell is there with its share.
    package var days: [DailyUse] = []

    package static let daysKept = 60
    package static let stepsKept = 16

    package init() {}

    /// What the machine has run by this meter, jumps taken out.
    package var counted: Double? { last.map { $0.shown + offset(at: $0.at) } }

    /// What the machine had run when the meter showed `shown` at `time`.
    package func counted(shown: Double, at time: Timestamp) -> Double { shown + offset(at: time) }

    /// Uses of whole days, oldest first: the first and the present day are still in part unknown.
    package var wholeDays: [Double] {
        guard let first, let last else { return [] }
        let (from, to) = (first.at.dayNumber, last.at.dayNumber)
        return days.filter { $0.day > from && $0.day < to }.map(\.use)
    }

    /// Takes a reading. One that is not newer than the last changes nothing.
    package mutating func note(_ shown: Double, at time: Timestamp, of meter: Meter) {
        guard shown.isFinite, shown >= 0 else { return }
        guard let last else {
            first = MeterReading(shown: shown, at: time)
            last = first
            return
        }
        guard time > last.at else { return }
        let pace = MeterPace(meter)
        let change = shown - last.shown
        if change < 0, -change <= pace.jitter {
            count(0, from: last.at, to: time)
            self.last = MeterReading(shown: last.shown, at: time)
            return
        }
        if change < 0 || !pace.allows(change, in: (time - last.at).inDays) {
            // The use in between is not known, so no day gets any.
            steps.append(MeterStep(at: time, from: last.shown, to: shown, offset: offset(at: last.at) - change))
            if steps.count > MeterHistory.stepsKept { steps.removeFirst() }
        } else {
            count(change, from: last.at, to: time)
        }
        self.last = MeterReading(shown: shown, at: time)
    }

    private func offset(at time: Timestamp) -> Double {
        steps.last { $0.at <= time }?.offset ?? steps.first?.offsetBefore ?? 0
    }

    /// Spreads use evenly over the time it took, so that a silence gets its share.
    private mutating func count(_ use: Double, from: Timestamp, to: Timestamp) {
        let lastDay = to.dayNumber
        let oldest = lastDay - MeterHistory.daysKept
        let span = Double(to.microseconds - from.microseconds)
        for day in max(from.dayNumber, oldest)...lastDay {
            let start = max(from.microseconds, Int64(day) * microsecondsPerDay)
            let end = min(to.microseconds, Int64(day + 1) * microsecondsPerDay)
            add(use * Double(end - start) / span, on: day)
        }
        if let first = days.first, first.day < oldest { days.removeAll { $0.day < oldest } }
    }

    private mutating func add(_ use: Double, on day: Int) {
        if let end = days.indices.last, days[end].day == day {
            days[end].use += use
        } else {
            days.append(DailyUse(day: day, use: use))
        }
    }
}

private let microsecondsPerDay: Int64 = 86_400_000_000

extension Timestamp {
    /// Days since 1970-01-01, UTC.
    fileprivate var dayNumber: Int { Int(microseconds.flooredDivision(by: microsecondsPerDay)) }
}
