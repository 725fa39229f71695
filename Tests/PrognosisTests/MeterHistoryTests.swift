import FleetModel
import Prognosis
import Testing

@Suite("Meters")
struct MeterHistoryTests {
    static func history(_ readings: [(hour: Double, shown: Double)], _ meter: Meter = .engineHours) -> MeterHistory {
        var history = MeterHistory()
        for reading in readings { history.note(reading.shown, at: Pit.start + .hours(reading.hour), of: meter) }
        return history
    }

    @Test(
        "a meter counts on from where it was, whatever it jumps to",
        arguments: [
            // Plain use.
            (readings: [(0.0, 100.0), (10, 110)], counted: 110.0, steps: 0),
            // Reset to zero: 5 h more were run after it.
            (readings: [(0, 100), (10, 0), (15, 5)], counted: 105, steps: 1),
            // A control unit of another machine.
            (readings: [(0, 100), (10, 9_000), (15, 9_005)], counted: 105, steps: 1),
            // Just as much as a day and the tolerance allow, and more.
            (readings: [(0, 100), (24, 125)], counted: 125, steps: 0),
            (readings: [(0, 100), (24, 125.1)], counted: 100, steps: 1),
            // Rounding back is not a reset.
            (readings: [(0, 100), (1, 99.95), (2, 101)], counted: 101, steps: 0),
            (readings: [(0, 100), (1, 99.8), (2, 100.8)], counted: 101, steps: 1),
            // One wild value and back.
            (readings: [(0, 100), (1, 5_000), (2, 101)], counted: 100, steps: 2),
            // Late, negative and not a number.
            (readings: [(10, 100), (5, 90), (10, 400)], counted: 100, steps: 0),
            (readings: [(0, 100), (1, -5), (2, .nan), (3, .infinity)], counted: 100, steps: 0),
        ] as [(readings: [(hour: Double, shown: Double)], counted: Double, steps: Int)]
    )
    func jumps(readings: [(hour: Double, shown: Double)], counted: Double, steps: Int) throws {
        let history = Self.history(readings)
        #expect(abs(try #require(history.counted) - counted) < 1e-9)
        #expect(history.steps.count == steps)
        #expect(history.days.allSatisfy { $0.use >= 0 })
    }

    @Test(
        "an odometer may move 2000 km a day",
        arguments: [(shown: 2_020.0, steps: 0), (shown: 2_021, steps: 1)] as [(shown: Double, steps: Int)]
    )
    func odometer(shown: Double, steps: Int) {
        #expect(Self.history([(0, 0), (24, shown)], .odometer).steps.count == steps)
    }

    @Test("use goes to the dates it happened on, and a silence gets its share")
    func days() {
        // 08:00 to 08:00 three days later, 36 h: 8 h fall on the first date, 4 on the last.
        let history = Self.history([(0, 0), (72, 36)])
        #expect(history.days.map { ($0.use * 100).rounded() / 100 } == [8, 12, 12, 4])
        #expect(history.wholeDays.map { ($0 * 100).rounded() / 100 } == [12, 12])
    }

    @Test("only the last sixty days are kept, also after a silence of years")
    func bounded() {
        var history = MeterHistory()
        for day in 0..<400 { history.note(Double(day) * 10, at: Pit.start + .days(Double(day)), of: .engineHours) }
        #expect(history.days.count == MeterHistory.daysKept + 1)
        history.note(4_000, at: Pit.start + .days(4_000), of: .engineHours)
        #expect(history.days.count == MeterHistory.daysKept + 1)
        #expect(history.steps.isEmpty)
    }

    @Test("of many resets the latest are kept, and what was counted stays right")
    func manyResets() {
        var history = MeterHistory()
        for hour in 0..<100 {
            history.note(hour.isMultiple(of: 2) ? 0 : 1, at: Pit.start + .hours(Double(hour)), of: .engineHours)
        }
        #expect(history.steps.count == MeterHistory.stepsKept)
        #expect(history.counted == 50)
    }

    @Test("a reading noted before a reset counts as it stood then")
    func countedInThePast() {
        let history = Self.history([(0, 100), (10, 110), (20, 0), (30, 10)])
        #expect(history.counted(shown: 105, at: Pit.start + .hours(5)) == 105)
        #expect(history.counted(shown: 5, at: Pit.start + .hours(25)) == 115)
    }
}
