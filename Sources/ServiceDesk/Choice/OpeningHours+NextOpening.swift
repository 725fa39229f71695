import FleetModel

extension OpeningHours {
    /// When work can begin for somebody who comes at `time`: at once while open, else at the next opening.
    ///
    /// A center that closes at or before the minute it opens works past midnight. `nil`: it never opens.
    package func nextOpening(from time: Timestamp) -> Timestamp? {
        let offset = Duration.minutes(Double(utcOffsetMinutes))
        let today = (time + offset).date.daysSinceEpoch
        let length = closes > opens ? closes - opens : closes + 1_440 - opens
        // Yesterday's shift may still run; a week ahead is the latest next opening.
        for day in (today - 1)...(today + 7) {
            let date = CivilDate(daysSinceEpoch: day)
            guard weekdays.contains(date.weekday) else { continue }
            let opening = date.startOfDay + .minutes(Double(opens)) - offset
            if time < opening { return opening }
            if time < opening + .minutes(Double(length)) { return time }
        }
        return nil
    }
}
