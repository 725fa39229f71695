import FleetModel

/// The days of every year on which a seasonal service falls due, counted in UTC.
struct SeasonCalendar {
    private let dates: [SeasonDate]

    /// `nil` without a date.
    init?(_ dates: [SeasonDate]) {
        guard !dates.isEmpty else { return nil }
        self.dates = dates.sorted { ($0.month, $0.day) < ($1.month, $1.day) }
    }

    func first(after time: Timestamp) -> Timestamp { around(time).first { $0 > time }! }

    /// The last one that is not after `time`.
    func last(before time: Timestamp) -> Timestamp { around(time).last { $0 <= time }! }

    /// The due day after a service done at `time`. Done at most a quarter of the interval early, it stands for the
    /// coming date; otherwise it was the late service of the date before.
    func due(afterServiceAt time: Timestamp) -> Timestamp {
        let (before, coming) = (last(before: time), first(after: time))
        let isEarly = coming - time <= .microseconds((coming - before).microseconds / 4)
        return isEarly ? first(after: coming) : coming
    }

    /// `15 April, 15 October`
    var text: String { dates.map { "\($0.day) \(SeasonCalendar.months[$0.month - 1])" }.joined(separator: ", ") }

    private func around(_ time: Timestamp) -> [Timestamp] {
        let year = time.date.year
        return ((year - 1)...(year + 1)).flatMap { year in
            dates.compactMap { CivilDate(year: year, month: $0.month, day: $0.day)?.startOfDay }
        }
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
}
