import FleetModel
import ServiceDesk
import Testing

@Suite("Opening hours")
struct OpeningHoursTests {
    /// Monday to Friday, 08:00 to 17:00, in Kemerovo (UTC+7).
    static let kemerovo = OpeningHours(utcOffsetMinutes: 420, weekdays: [0, 1, 2, 3, 4], opens: 480, closes: 1_020)

    @Test(
        "work begins at once while open, else at the next opening, in the center's own time",
        arguments: [
            // 2026-07-01 is a Wednesday; 08:00 in Kemerovo is 01:00 UTC.
            (at: "2026-07-01T01:00:00Z", opens: "2026-07-01T01:00:00Z"),
            (at: "2026-07-01T00:59:59Z", opens: "2026-07-01T01:00:00Z"),
            (at: "2026-07-01T09:59:59Z", opens: "2026-07-01T09:59:59Z"),
            (at: "2026-07-01T10:00:00Z", opens: "2026-07-02T01:00:00Z"),
            // Already Thursday there.
            (at: "2026-07-01T18:00:00Z", opens: "2026-07-02T01:00:00Z"),
            // Friday evening, Saturday, and Sunday night, which is Monday there.
            (at: "2026-07-03T10:00:00Z", opens: "2026-07-06T01:00:00Z"),
            (at: "2026-07-04T05:00:00Z", opens: "2026-07-06T01:00:00Z"),
            (at: "2026-07-05T18:00:00Z", opens: "2026-07-06T01:00:00Z"),
        ] as [(at: String, opens: String)]
    )
    func week(at: String, opens: String) throws {
        #expect(Self.kemerovo.nextOpening(from: try #require(Timestamp(iso8601: at)))?.iso8601 == opens)
    }

    @Test(
        "a night shift runs past midnight",
        arguments: [
            (at: "2026-07-01T23:00:00Z", opens: "2026-07-01T23:00:00Z"),
            (at: "2026-07-02T05:59:00Z", opens: "2026-07-02T05:59:00Z"),
            (at: "2026-07-02T06:00:00Z", opens: "2026-07-08T22:00:00Z"),
        ] as [(at: String, opens: String)]
    )
    func night(at: String, opens: String) throws {
        let hours = OpeningHours(utcOffsetMinutes: 0, weekdays: [2], opens: 1_320, closes: 360)
        #expect(hours.nextOpening(from: try #require(Timestamp(iso8601: at)))?.iso8601 == opens)
    }

    @Test("a center open day and night never makes anybody wait, one without days never opens")
    func extremes() {
        for hour in 0..<200 {
            let time = Desk.now + .hours(Double(hour))
            #expect(Desk.allDay.nextOpening(from: time) == time)
        }
        #expect(
            OpeningHours(utcOffsetMinutes: 0, weekdays: [], opens: 480, closes: 1_020).nextOpening(from: Desk.now)
                == nil)
    }
}
