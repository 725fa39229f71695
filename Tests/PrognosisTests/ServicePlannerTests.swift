import FleetModel
import Prognosis
import Testing

@Suite("Service plan")
struct ServicePlannerTests {
    static func standing(
        _ service: ServiceInterval, hours: Double? = nil, first: Double? = nil, machine: Machine = Pit.machine(),
        condition: MachineCondition? = nil, now: Timestamp? = nil
    ) throws -> ServiceStanding? {
        var state = condition ?? MachineCondition()
        if let hours {
            var history = MeterHistory()
            history.note(first ?? hours, at: Pit.start - .days(1_000), of: .engineHours)
            history.note(hours, at: Pit.start, of: .engineHours)
            state.meters[.engineHours] = history
        }
        let standings = ServicePlanner(catalog: Pit.catalog([service])).standings(
            of: machine, condition: state, now: now ?? Pit.start)
        #expect(standings.count <= 1)
        return standings.first
    }

    @Test(
        "it is due soon within its window, due at its interval and overdue past it by more than the window",
        arguments: [
            (hours: 224.9, status: ServiceStanding.Status.ok), (hours: 225, status: .dueSoon),
            (hours: 249.9, status: .dueSoon), (hours: 250, status: .due), (hours: 275, status: .due),
            (hours: 275.1, status: .overdue),
        ] as [(hours: Double, status: ServiceStanding.Status)]
    )
    func statuses(hours: Double, status: ServiceStanding.Status) throws {
        let standing = try #require(try Self.standing(Pit.service("TO-1", [Pit.hours(250)]), hours: hours, first: 0))
        #expect(standing.status == status)
        #expect(abs(try #require(standing.remaining) - (250 - hours)) < 1e-9)
        #expect((standing.unit, standing.trigger) == ("h", "every 250 h (assumed)"))
    }

    @Test(
        "a fixed service falls due at the multiples, a sliding one an interval after it was done",
        arguments: [
            (schedule: ServiceInterval.Schedule.fixed, doneAt: 245.0, dueAt: 500.0),
            // A quarter of the interval early stands for the coming multiple, earlier does not.
            (schedule: .fixed, doneAt: 187.5, dueAt: 500), (schedule: .fixed, doneAt: 187.4, dueAt: 250),
            (schedule: .fixed, doneAt: 300, dueAt: 500), (schedule: .sliding, doneAt: 245, dueAt: 495),
            (schedule: .sliding, doneAt: 300, dueAt: 550),
        ] as [(schedule: ServiceInterval.Schedule, doneAt: Double, dueAt: Double)]
    )
    func schedules(schedule: ServiceInterval.Schedule, doneAt: Double, dueAt: Double) throws {
        let record = ServiceRecord(performedAt: Pit.start - .days(10), meters: [.engineHours: doneAt])
        let service = Pit.service("TO-1", [Pit.hours(250)], schedule: schedule)
        let registered = try #require(
            try Self.standing(service, hours: 310, machine: Pit.machine(lastServices: ["TO-1": record])))
        #expect(registered.remaining == dueAt - 310)
        #expect(registered.done == 0)

        var condition = MachineCondition()
        condition.services["TO-1"] = ServiceHistory(done: 2, last: record)
        let ordered = try #require(try Self.standing(service, hours: 310, condition: condition))
        #expect(ordered.remaining == dueAt - 310)
        #expect(ordered.done == 2)
    }

    @Test(
        "a service nobody told us of counts from new, and what lies before the first known reading is done",
        arguments: [
            (first: 0.0, hours: 10.0, remaining: 240.0), (first: 12_010, hours: 12_020, remaining: 230),
            (first: 12_010, hours: 12_260, remaining: -10), (first: 249, hours: 251, remaining: -1),
        ] as [(first: Double, hours: Double, remaining: Double)]
    )
    func neverDone(first: Double, hours: Double, remaining: Double) throws {
        for schedule in [ServiceInterval.Schedule.fixed, .sliding] {
            let service = Pit.service("TO-1", [Pit.hours(250)], schedule: schedule)
            #expect(try Self.standing(service, hours: hours, first: first)?.remaining == remaining)
        }
    }

    @Test("a meter that was never seen and not registered leaves the service unknown")
    func unknown() throws {
        let service = Pit.service("TO-1", [Pit.hours(250)])
        let unknown = try #require(try Self.standing(service))
        #expect(unknown.status == .unknown)
        #expect(unknown.remaining == nil && unknown.due == nil)
        let registered = try #require(
            try Self.standing(service, machine: Pit.machine(meters: [.engineHours: 12_100])))
        #expect(registered.status == .ok)
        #expect(registered.remaining == 150)
        #expect(registered.due == nil)
    }

    @Test(
        "a running-in service is due once",
        arguments: [
            (first: 0.0, hours: 35.0, remaining: -5.0), (first: 30, hours: 30, remaining: 0),
            (first: 30.1, hours: 31, remaining: nil),
        ] as [(first: Double, hours: Double, remaining: Double?)]
    )
    func once(first: Double, hours: Double, remaining: Double?) throws {
        let service = Pit.service("TO-run-in", [Pit.hours(30)], once: true)
        #expect(try Self.standing(service, hours: hours, first: first)?.remaining == remaining)
        var condition = MachineCondition()
        condition.services["TO-run-in"] = ServiceHistory(done: 1, last: ServiceRecord(performedAt: Pit.start))
        #expect(try Self.standing(service, hours: hours, first: first, condition: condition) == nil)
    }

    @Test("the operator's own services are shown and never due")
    func operatorService() throws {
        let service = Pit.service("EO", [Pit.hours(12)], performer: .operator)
        let standing = try #require(try Self.standing(service, hours: 1_000, first: 0))
        #expect(standing.remaining == 8)
        #expect(standing.status == .ok)
        let planner = ServicePlanner(catalog: Pit.catalog([service]))
        #expect(planner.needs(of: Pit.machine(), condition: MachineCondition(), standings: [standing]).isEmpty)
    }

    @Test(
        "whichever trigger is hit first makes it due",
        arguments: [
            (hours: 260.0, kilometres: 100.0, unit: "h", status: ServiceStanding.Status.due),
            (hours: 100, kilometres: 15_000, unit: "km", status: .due),
            (hours: 200, kilometres: 14_900, unit: "km", status: .dueSoon),
            (hours: 260, kilometres: 30_000, unit: "km", status: .overdue),
        ] as [(hours: Double, kilometres: Double, unit: String, status: ServiceStanding.Status)]
    )
    func triggers(hours: Double, kilometres: Double, unit: String, status: ServiceStanding.Status) throws {
        var condition = MachineCondition()
        for (meter, last) in [(Meter.engineHours, hours), (.odometer, kilometres)] {
            var history = MeterHistory()
            history.note(0, at: Pit.start - .days(1_000), of: meter)
            history.note(last, at: Pit.start, of: meter)
            condition.meters[meter] = history
        }
        let service = Pit.service("TO-1", [Pit.hours(250), Pit.kilometres(15_000)])
        let standing = try #require(try Self.standing(service, condition: condition))
        #expect(standing.unit == unit)
        #expect(standing.status == status)
    }

    @Test(
        "a service by days counts from the last one, else from the day the machine went into service",
        arguments: [
            (days: 328.0, status: ServiceStanding.Status.ok), (days: 328.5, status: .dueSoon),
            (days: 365, status: .due), (days: 401.5, status: .due), (days: 402, status: .overdue),
        ] as [(days: Double, status: ServiceStanding.Status)]
    )
    func days(days: Double, status: ServiceStanding.Status) throws {
        let service = Pit.service("YEAR", [.days(Marked(365, .assumed))])
        let record = ServiceRecord(performedAt: Pit.start)
        let now = Pit.start + .days(days)
        #expect(
            try Self.standing(service, machine: Pit.machine(lastServices: ["YEAR": record]), now: now)?.status == status
        )
        var condition = MachineCondition()
        condition.firstObservedAt = Timestamp(iso8601: "2020-06-01T00:00:00Z")!
        let young = try #require(
            try Self.standing(
                service, machine: Pit.machine(inService: "2020-05-01"), condition: condition,
                now: Timestamp(iso8601: "2020-07-01T00:00:00Z")!))
        #expect(young.remaining == 304)
        let old = try #require(
            try Self.standing(
                service, machine: Pit.machine(inService: "2010-07-11"), condition: condition,
                now: Timestamp(iso8601: "2020-07-01T00:00:00Z")!))
        #expect(old.remaining == 7)
        #expect(try Self.standing(service)?.status == .unknown)
    }

    @Test(
        "a seasonal service is due soon 14 days before its date and overdue 14 days past it",
        arguments: [
            (now: "2026-09-30T23:59:00Z", status: ServiceStanding.Status.ok),
            (now: "2026-10-01T00:00:00Z", status: .dueSoon), (now: "2026-10-15T00:00:00Z", status: .due),
            (now: "2026-10-29T00:00:00Z", status: .due), (now: "2026-10-29T00:01:00Z", status: .overdue),
        ] as [(now: String, status: ServiceStanding.Status)]
    )
    func seasons(now: String, status: ServiceStanding.Status) throws {
        var condition = MachineCondition()
        condition.firstObservedAt = Timestamp(iso8601: "2026-06-01T00:00:00Z")!
        let standing = try #require(
            try Self.standing(Self.season, condition: condition, now: Timestamp(iso8601: now)!))
        #expect(standing.status == status)
        #expect(standing.trigger == "on 15 April, 15 October (assumed)")
        #expect(standing.due == DueDate(exactly: Timestamp(iso8601: "2026-10-15T00:00:00Z")!))
    }

    static let season = Pit.service(
        "SO", [.dates([SeasonDate(month: 10, day: 15)!, SeasonDate(month: 4, day: 15)!], .assumed)])

    @Test(
        "a seasonal service done early stands for the coming date, a late one for the date before",
        arguments: [
            (done: "2026-10-02T00:00:00Z", due: "2027-04-15T00:00:00Z"),
            (done: "2026-07-15T00:00:00Z", due: "2026-10-15T00:00:00Z"),
            (done: "2026-11-20T00:00:00Z", due: "2027-04-15T00:00:00Z"),
        ] as [(done: String, due: String)]
    )
    func seasonDone(done: String, due: String) throws {
        let machine = Pit.machine(lastServices: ["SO": ServiceRecord(performedAt: Timestamp(iso8601: done)!)])
        let standing = try #require(try Self.standing(Self.season, machine: machine, now: Timestamp(iso8601: done)!))
        #expect(standing.due?.p50.iso8601 == due)
    }

    @Test("a reset meter leaves the service where it was")
    func meterReset() throws {
        var history = MeterHistory()
        for (hour, shown) in [(0.0, 12_190.0), (10, 12_200), (20, 0), (40, 20)] {
            history.note(shown, at: Pit.start + .hours(hour), of: .engineHours)
        }
        var condition = MachineCondition()
        condition.meters[.engineHours] = history
        let service = Pit.service("TO-1", [Pit.hours(250)])
        let before = try #require(try Self.standing(service, condition: condition, now: Pit.start + .hours(40)))
        #expect(before.remaining == 30)

        // Done at 20 h of the new meter, which are 12,220 of the machine's.
        let planner = ServicePlanner(catalog: Pit.catalog([service]))
        planner.performed(
            "TO-1", record: ServiceRecord(performedAt: Pit.start + .hours(40)), machine: Pit.machine(),
            condition: &condition)
        #expect(condition.services["TO-1"]?.last.meters == [.engineHours: 20])
        #expect(try Self.standing(service, condition: condition, now: Pit.start + .hours(40))?.remaining == 280)
    }

    @Test("a machine whose sending starts below its registered meter counts on from the registered reading")
    func newControlUnit() throws {
        let service = Pit.service("TO-1", [Pit.hours(250)], schedule: .sliding)
        let record = ServiceRecord(performedAt: Pit.start - .days(20), meters: [.engineHours: 11_900])
        let machine = Pit.machine(meters: [.engineHours: 12_000], lastServices: ["TO-1": record])
        #expect(try Self.standing(service, hours: 50, first: 0, machine: machine)?.remaining == 100)
        // The same scale: what it sends takes over.
        #expect(try Self.standing(service, hours: 12_050, first: 12_000, machine: machine)?.remaining == 100)
    }

    @Test("a service recorded beyond the present reading counts from the present reading")
    func recordInTheFuture() throws {
        let record = ServiceRecord(performedAt: Pit.start, meters: [.engineHours: 99_999])
        let service = Pit.service("TO-1", [Pit.hours(250)], schedule: .sliding)
        #expect(
            try Self.standing(service, hours: 100, machine: Pit.machine(lastServices: ["TO-1": record]))?.remaining
                == 250)
    }
}
