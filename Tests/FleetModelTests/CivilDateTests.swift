import FleetModel
import Testing

@Suite("A date of the calendar")
struct CivilDateTests {
    @Test("counts days as the calendar does, one after the other, for 800 years")
    func counting() {
        var expected = (year: 1_600, month: 1, day: 1)
        let first = CivilDate(year: 1_600, month: 1, day: 1)!.daysSinceEpoch
        for days in first..<first + 2 * 146_097 {
            let date = CivilDate(daysSinceEpoch: days)
            guard (date.year, date.month, date.day) == expected, date.daysSinceEpoch == days else {
                Issue.record("day \(days) is \(date), expected \(expected)")
                return
            }
            expected.day += 1
            if expected.day > CivilDate.days(in: expected.month, of: expected.year) {
                expected = expected.month == 12 ? (expected.year + 1, 1, 1) : (expected.year, expected.month + 1, 1)
            }
        }
        #expect(expected == (2_400, 1, 1))
    }

    @Test(
        "leap years are those of four hundred years",
        arguments: [(2_023, 28), (2_024, 29), (1_900, 28), (2_000, 29), (2_100, 28)])
    func leapYears(year: Int, days: Int) { #expect(CivilDate.days(in: 2, of: year) == days) }

    @Test(
        "reads YYYY-MM-DD of a day that exists",
        arguments: [
            ("2026-03-01", true), ("2024-02-29", true), ("2026-02-29", false), ("2026-3-1", false),
            ("2026-03-01Z", false), ("+026-03-01", false), ("2026-+3-01", false),
            ("2026-03", false), ("", false), ("2026-03-32", false), ("2026-13-01", false), ("2026/03/01", false),
        ])
    func reading(text: String, isDate: Bool) {
        #expect((CivilDate(text) != nil) == isDate)
        if isDate { #expect(CivilDate(text)?.description == text) }
    }

    @Test(
        "Monday is 0",
        arguments: [("1970-01-01", 3), ("2026-03-01", 6), ("2026-03-02", 0), ("1969-12-29", 0), ("1969-12-28", 6)])
    func weekdays(date: String, weekday: Int) throws { #expect(try #require(CivilDate(date)).weekday == weekday) }

    @Test(
        "an instant's date and time of day",
        arguments: [
            ("2026-03-01T00:00:00Z", "2026-03-01", Int64(0)),
            ("2026-03-01T23:59:59.999999Z", "2026-03-01", 86_399_999_999),
            ("1969-12-31T23:59:59Z", "1969-12-31", 86_399_000_000),
        ])
    func ofInstant(time: String, date: String, microseconds: Int64) throws {
        let time = try #require(Timestamp(iso8601: time))
        #expect(time.date.description == date)
        #expect(time.microsecondOfDay == microseconds)
        #expect(time.date.startOfDay + .microseconds(microseconds) == time)
    }

    @Test("dates compare by the calendar")
    func order() {
        let dates = ["1999-12-31", "2000-01-01", "2000-01-02", "2000-02-01"].compactMap { CivilDate($0) }
        #expect(dates.count == 4)
        #expect(dates.sorted() == dates)
    }
}
