import FleetModel
import Prognosis
import Testing

@Suite("Due dates")
struct DueDateTests {
    static let planner = ServicePlanner(catalog: Pit.catalog([Pit.service("TO-1", [Pit.hours(250)])]))

    static func standing(_ condition: MachineCondition, silentDays: Double = 0) throws -> ServiceStanding {
        let last = try #require(condition.meters[.engineHours]?.last?.at)
        return try #require(
            planner.standings(of: Pit.machine(), condition: condition, now: last + .days(silentDays)).first)
    }

    static func days(_ condition: MachineCondition, silentDays: Double = 0) throws -> (Double, Double, Double) {
        let last = try #require(condition.meters[.engineHours]?.last?.at)
        let due = try #require(try standing(condition, silentDays: silentDays).due)
        func days(_ time: Timestamp) -> Double { ((time - last).inDays * 10).rounded() / 10 }
        return (days(due.p10), days(due.p50), days(due.p90))
    }

    @Test("a machine used the same every day has one date")
    func steady() throws {
        let condition = Pit.used(Array(repeating: 10, count: 20))
        #expect(try Self.days(condition) == (5, 5, 5))
        #expect(try Self.standing(condition).due?.isEstimate == false)
    }

    @Test("days without use count: five days of ten hours and two of none are fifty hours a week")
    func weekends() throws {
        let week: [Double] = [10, 10, 10, 10, 10, 0, 0]
        let condition = Pit.used(Array([week, week, week].joined()), from: 50)
        // 50 h are left: a week, however the days fall.
        #expect(try Self.days(condition) == (7, 7, 7))
    }

    @Test("the more uneven the use, the wider the band")
    func uneven() throws {
        let even = try Self.days(Pit.used((0..<30).map { 5 + Double($0 % 2) }))
        let uneven = try Self.days(Pit.used((0..<30).map { $0 % 6 < 3 ? 10 : 1 }))
        #expect(uneven.2 - uneven.0 > even.2 - even.0)
    }

    @Test(
        "with fewer than three whole days the use is assumed and the date an estimate",
        arguments: [(days: 1, isEstimate: true), (days: 2, isEstimate: true), (days: 3, isEstimate: false)]
            as [(days: Int, isEstimate: Bool)]
    )
    func history(days: Int, isEstimate: Bool) throws {
        // The last day ends at midnight, which begins the next: the whole days are `days`.
        let condition = Pit.used(Array(repeating: 10, count: days), from: 100)
        #expect(try #require(condition.meters[.engineHours]).wholeDays.count == days)
        let due = try #require(try Self.standing(condition).due)
        #expect(due.isEstimate == isEstimate)
        if isEstimate { #expect(due.p90 - due.p10 > .days(30)) }
    }

    @Test("in silence the date stands by the known use, its band widens and it is an estimate")
    func silence() throws {
        let condition = Pit.used((0..<30).map { 4 + Double($0 % 3) }, from: 0)
        var band = 0.0
        for silent in [0.0, 1, 2, 7, 14, 28] {
            let (early, middle, late) = try Self.days(condition, silentDays: silent)
            let due = try #require(try Self.standing(condition, silentDays: silent).due)
            #expect(due.isEstimate == (silent > 1))
            #expect(middle == 20)
            if silent > 1 { #expect(late - early > band) }
            band = late - early
        }
    }

    @Test("a silent machine is due soon by its known use, and never due by guess")
    func silentStatus() throws {
        // 100 h left at 10 h a day; the window is 25 h.
        let condition = Pit.used(Array(repeating: 10, count: 15))
        #expect(try Self.standing(condition, silentDays: 7.4).status == .ok)
        #expect(try Self.standing(condition, silentDays: 7.6).status == .dueSoon)
        #expect(try Self.standing(condition, silentDays: 60).status == .dueSoon)
        #expect(try Self.standing(condition, silentDays: 60).remaining.map { $0.rounded() } == 100)
        // One heard for a day only has no use of its own to go by.
        #expect(try Self.standing(Pit.used([10], from: 100), silentDays: 300).status == .ok)
    }

    @Test("a machine that is not used has no date, unless it is due already")
    func unused() throws {
        #expect(try Self.standing(Pit.used(Array(repeating: 0, count: 10), from: 100)).due == nil)
        let due = Pit.used([20, 20, 20, 20] + Array(repeating: 0, count: 61), from: 240)
        let standing = try Self.standing(due)
        #expect(standing.status == .overdue)
        #expect(standing.due?.p50 == due.meters[.engineHours]?.last?.at)
    }

    @Test("what is over fell due in the past")
    func past() throws {
        #expect(try Self.days(Pit.used(Array(repeating: 10, count: 30))) == (-5, -5, -5))
    }

}
