import FleetModel
import Testing

@Suite("An instant")
struct TimestampTests {
    @Test(
        "reads RFC 3339, with decimals and offsets",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-03-01T08:00:00Z", 1_772_352_000_000_000),
            ("2026-03-01t08:00:00z", 1_772_352_000_000_000), ("2026-03-01 08:00:00Z", 1_772_352_000_000_000),
            ("2026-03-01T15:00:00+07:00", 1_772_352_000_000_000), ("2026-03-01T04:30:00-03:30", 1_772_352_000_000_000),
            ("2026-03-01T08:00:00.5Z", 1_772_352_000_500_000), ("2026-03-01T08:00:00.000001Z", 1_772_352_000_000_001),
            ("2026-03-01T08:00:00.0000019Z", 1_772_352_000_000_001), ("1969-12-31T23:59:59.999999Z", -1),
            ("2024-02-29T23:59:59Z", 1_709_251_199_000_000), ("0000-01-01T00:00:00Z", -62_167_219_200_000_000),
            ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
        ])
    func reading(text: String, microseconds: Int64) {
        #expect(Timestamp(iso8601: text)?.microseconds == microseconds)
        #expect(Timestamp(iso8601: Array(text.utf8)[...])?.microseconds == microseconds)
    }

    @Test(
        "reads nothing else",
        arguments: [
            "", "2026-03-01", "2026-03-01T08:00Z", "2026-03-01T08:00:00", "2026-03-01T08:00:00+07",
            "2026-03-01T08:00:00+0700",
            "2026-03-01T08:00:00Z ", " 2026-03-01T08:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T08:60:00Z",
            "2026-03-01T08:00:60Z", "2026-02-29T08:00:00Z", "2026-13-01T08:00:00Z", "2026-00-01T08:00:00Z",
            "2026-03-00T08:00:00Z", "2026-04-31T08:00:00Z", "2026-03-01T08:00:00.Z", "2026-03-01T08:00:00,5Z",
            "2026-03-01T08:00:00+24:00", "2026-03-01T08:00:00+07:60", "26-03-01T08:00:00Z", "2026-3-1T08:00:00Z",
            "2026-03-01X08:00:00Z", "+026-03-01T08:00:00Z", "２026-03-01T08:00:00Z", "2026-03-01T08:00:00Zulu",
        ])
    func refusing(text: String) { #expect(Timestamp(iso8601: text) == nil) }

    @Test(
        "is written with as many decimals as it takes",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00Z"), (1_772_352_000_000_000, "2026-03-01T08:00:00Z"),
            (1_772_352_000_250_000, "2026-03-01T08:00:00.250Z"), (1_772_352_000_000_001, "2026-03-01T08:00:00.000001Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
        ])
    func writing(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).iso8601 == text)
    }

    @Test("what is written is read as itself")
    func roundTrip() {
        // A stride without a common factor with seconds, days or years, over the years 1 to 9999.
        for microseconds in stride(
            from: Int64(-62_135_596_800_000_000), to: 253_402_300_799_999_999, by: 31_556_952_777_777)
        {
            let time = Timestamp(microseconds: microseconds)
            #expect(Timestamp(iso8601: time.iso8601) == time, "\(microseconds)")
        }
    }

    @Test(
        "whole milliseconds are rounded down, before 1970 too",
        arguments: [(Int64(1_999), Int64(1)), (0, 0), (-1, -1), (-1_000, -1), (-1_001, -2)])
    func milliseconds(microseconds: Int64, milliseconds: Int64) {
        #expect(Timestamp(microseconds: microseconds).milliseconds == milliseconds)
    }

    @Test("differences and sums agree")
    func arithmetic() {
        let time = Timestamp(seconds: 100)
        #expect(time + .seconds(5) - time == .seconds(5))
        #expect(time - .minutes(1) == Timestamp(seconds: 40))
        #expect(time < time + .microseconds(1))
        var later = time
        later += .hours(1)
        #expect(later == Timestamp(seconds: 3_700))
        #expect((Duration.days(2) + .hours(12)).inDays == 2.5)
    }

    @Test(
        "a duration has whole microseconds, rounded towards zero, and never overflows",
        arguments: [
            (Duration.zero, Int64(0)), (.nanoseconds(1_999), 1), (.nanoseconds(-1_999), -1), (.seconds(-2), -2_000_000),
            (.seconds(Int64.max), .max / 4), (.seconds(Int64.min), .min / 4),
        ])
    func duration(duration: Duration, microseconds: Int64) { #expect(duration.microseconds == microseconds) }
}
