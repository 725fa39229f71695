import FleetModel
import Prognosis
import ServiceDesk
import Testing

import FleetRuntime

/// A fleet of one haul truck, a plan with one service, one rule and two centers, one of them nearer and not certified.
private enum Field {
    static let machine = MachineKey("kuzbass/truck-1")!
    static let model = ModelID("BELAZ-75131")!
    static let monday = Timestamp(iso8601: "2026-06-01T03:00:00Z")!
    static let site = Coordinate(latitude: 54.28, longitude: 86.17)!
    static let able = ServiceCenterID("able")!
    static let nearer = ServiceCenterID("nearer")!

    static var knowledge: FleetKnowledge {
        let service = ServiceInterval(
            code: "TO-1", title: "TO-1", triggers: [.meter(.engineHours, every: Marked(250, .assumed))],
            durationHours: Marked(4.5, .assumed), labourPersonHours: Marked(14, .assumed),
            requirement: JobRequirement(job: .minorService))
        let plan = ServicePlan(id: ServicePlanID("belaz")!, title: "BELAZ", services: [service])
        let haulTruck = MachineClass(
            id: MachineClassID("haul_truck")!, title: "Haul truck", family: "haul truck", plan: plan.id)
        let model = MachineModel(id: Self.model, machineClass: haulTruck.id, brand: "BELAZ")
        let rule = Rule(
            id: RuleID("coolant-hot")!, title: "Coolant too hot",
            condition: .threshold(Signal("coolant_temp"), .above, threshold: 103, reset: 98, when: []),
            severity: .critical,
            repair: RepairJob(
                title: "Find the cause of the hot coolant", requirement: JobRequirement(job: .mechanicalRepair),
                durationHours: 6, labourPersonHours: 12, stopsMachine: true))
        return FleetKnowledge(
            catalog: Catalog(
                classes: [haulTruck.id: haulTruck], models: [model.id: model], plans: [plan.id: plan]),
            rules: [rule], network: network, desk: DeskRules())
    }

    private static var network: ServiceNetwork {
        let travel = TravelRules(
            defaultRoadFactor: Marked(1.3, .assumed), winterRoadFactor: Marked(1.05, .assumed),
            summerKilometresPerHour: Marked(60, .assumed), winterKilometresPerHour: Marked(45, .assumed),
            mobilisationHours: Marked(2.5, .assumed), partsLeadHours: [.hub: Marked(4, .assumed)],
            visitKilometresMax: Marked(150, .assumed))
        return ServiceNetwork(
            centers: [
                center(able, latitude: 54.42, brands: ["BELAZ"]), center(nearer, latitude: 54.29, brands: ["MTZ"]),
            ],
            travel: travel)
    }

    private static func center(_ id: ServiceCenterID, latitude: Double, brands: Set<String>) -> ServiceCenter {
        ServiceCenter(
            id: id, name: id.text, place: id.text, country: "RU",
            position: Coordinate(latitude: latitude, longitude: 86.2)!, tier: .hub, status: .operating,
            brands: Marked(brands, .assumed), jobs: Marked(Set(JobType.allCases), .assumed),
            hasHighVoltagePermit: Marked(true, .assumed), liftTonnes: Marked(60, .assumed),
            hours: OpeningHours(utcOffsetMinutes: 420, weekdays: [0, 1, 2, 3, 4, 5, 6], opens: 0, closes: 1_440),
            radiusKilometres: Marked(300, .assumed), bays: Marked(4, .assumed), crews: Marked(4, .assumed))
    }

    static var registration: Machine {
        Machine(
            key: machine, model: model, site: "Bachatsky", sitePosition: site,
            lastServices: ["TO-1": ServiceRecord(performedAt: monday - .days(20), meters: [.engineHours: 10_000])])
    }

    static func frames(_ seq: UInt64, at time: Timestamp, _ readings: [Reading]) -> ReceivedFrames {
        ReceivedFrames(
            machine: machine, receivedAt: time,
            frames: [Frame(boot: 1, seq: seq, observedAt: time, readings: readings)])
    }

    static func slice(_ cursor: Int64, _ frames: [ReceivedFrames] = [], replies: [ReceivedReply] = []) -> JournalSlice {
        JournalSlice(
            cursor: JournalCursor(cursor), frames: frames, hasMore: false,
            replies: replies.enumerated().map { (row: cursor * 100 + Int64($0.offset), reply: $0.element) })
    }

    static func reply(_ state: CenterReply.State, to order: WorkOrder, at time: Timestamp) -> ReceivedReply {
        ReceivedReply(
            center: order.center!,
            reply: CenterReply(
                reply: "r-\(state.rawValue)", order: order.id, state: state, at: time, reason: "as planned",
                scheduledFor: time + .days(1)),
            receivedAt: time)
    }
}

@Suite("the bench")
struct FleetBenchTests {
    private func bench(registered: Bool = true, state: EvaluationState = EvaluationState()) -> FleetBench {
        var bench = FleetBench(state: state, knowledge: Field.knowledge)
        if registered { bench.take(registry: [Field.registration], version: 1) }
        return bench
    }

    @Test(
        "orders a service when its window opens, one hour before it does not",
        arguments: [(hours: 10_224.0, isOrdered: false), (hours: 10_225, isOrdered: true)])
    func serviceDue(hours: Double, isOrdered: Bool) throws {
        var bench = bench()
        let evaluation = try bench.decided(
            Field.slice(1, [Field.frames(1, at: Field.monday, [Reading(.engineHours, hours)])]), now: Field.monday)
        #expect(evaluation.orders.count == (isOrdered ? 1 : 0))
        guard isOrdered else { return }
        let order = evaluation.orders[0]
        #expect(order.center == Field.able)
        #expect(order.mode == .fieldCrew)
        #expect(order.refused.map(\.center) == [Field.nearer])
        #expect(evaluation.dispatches.map(\.center) == [Field.able])
        #expect(evaluation.lastOrderNumber == 1)
    }

    @Test("tells of a meter that went back, until it is long ago")
    func meterJump() throws {
        var bench = bench()
        for (seq, hours) in [(1, 10_224.0), (2, 10_225), (3, 12), (4, 13)] {
            let time = Field.monday + .hours(Double(seq))
            _ = bench.round(
                Field.slice(Int64(seq), [Field.frames(UInt64(seq), at: time, [Reading(.engineHours, hours)])]),
                now: time)
        }
        let jumped = Field.monday + .hours(3)
        let expected = MeterJumpDocument(
            equipment: Field.machine, meter: .engineHours, at: jumped, from: 10_225, to: 12)
        #expect(bench.meterJumps(since: jumped, limit: 10) == [expected])
        #expect(bench.meterJumps(since: jumped + .seconds(1), limit: 10).isEmpty)
    }

    @Test("keeps what an unregistered machine sends, gives it no plan, and uses it all once it is registered")
    func lateRegistration() throws {
        var bench = bench(registered: false)
        let before = try bench.decided(
            Field.slice(1, [Field.frames(1, at: Field.monday, [Reading(.engineHours, 10_260)])]), now: Field.monday)
        #expect(before.orders.isEmpty && before.standings.isEmpty)
        #expect(before.conditions[Field.machine]?.latest[.engineHours]?.value == 10_260)

        bench.take(registry: [Field.registration], version: 1)
        let after = try bench.decided(Field.slice(1), now: Field.monday + .minutes(1))
        #expect(after.orders.map(\.need.key.description) == ["service/TO-1/0"])
    }

    @Test("writes nothing when nothing came and nothing is due")
    func idle() throws {
        var bench = bench()
        _ = bench.round(
            Field.slice(1, [Field.frames(1, at: Field.monday, [Reading(.engineHours, 10_100)])]), now: Field.monday)
        let second = bench.round(Field.slice(1), now: Field.monday + .seconds(1))
        #expect(second == nil)
    }

    @Test("a machine that merely reports is looked at again after a rest, and none of it is forgotten")
    func rest() throws {
        var bench = bench()
        func report(_ seq: UInt64, after milliseconds: Int64, hours: Double) throws -> Evaluation {
            let time = Field.monday + .milliseconds(milliseconds)
            return try bench.decided(
                Field.slice(Int64(seq), [Field.frames(seq, at: time, [Reading(.engineHours, hours)])]), now: time)
        }
        let first = try report(1, after: 0, hours: 10_100)
        #expect(first.standings.count == 1)
        let tooSoon = try report(2, after: 1, hours: 10_240)
        #expect(tooSoon.standings.isEmpty && tooSoon.orders.isEmpty)
        #expect(tooSoon.conditions[Field.machine]?.latest[.engineHours]?.value == 10_240)
        // Nothing more comes, and what came is looked at all the same.
        let rested = try bench.decided(Field.slice(2), now: Field.monday + .milliseconds(2))
        #expect(rested.orders.map(\.need.key.description) == ["service/TO-1/0"])
        let nothing = bench.round(Field.slice(2), now: Field.monday + .milliseconds(9))
        #expect(nothing == nil)
    }

    @Test("a finding is put to the desk at once, however short a while ago its machine was looked at")
    func findingWaitsForNoRest() throws {
        var bench = bench()
        _ = try bench.decided(
            Field.slice(1, [Field.frames(1, at: Field.monday, [Reading(.engineHours, 10_100)])]), now: Field.monday)
        let time = Field.monday + .milliseconds(1)
        let hot = try bench.decided(
            Field.slice(2, [Field.frames(2, at: time, [Reading(Signal("coolant_temp"), 104)])]), now: time)
        #expect(hot.orders.map(\.need.key.description) == ["finding/coolant-hot/1"])
    }

    @Test("a completed service counts from the meter it was done at, and is not ordered again")
    func completion() throws {
        var bench = bench()
        let opened = try bench.decided(
            Field.slice(1, [Field.frames(1, at: Field.monday, [Reading(.engineHours, 10_251)])]), now: Field.monday)
        let order = opened.orders[0]
        let done = Field.monday + .hours(5)
        let completed = try bench.decided(
            Field.slice(
                2,
                replies: [.received, .accepted, .started, .completed].map { Field.reply($0, to: order, at: done) }),
            now: done)
        #expect(completed.orders.map(\.state) == [.completed])
        #expect(completed.serviceRecords.map(\.record.meters) == [[.engineHours: 10_251]])
        #expect(completed.settled.contains("\(order.id)/1/offer"))

        let next = try bench.decided(
            Field.slice(3, [Field.frames(2, at: done + .hours(1), [Reading(.engineHours, 10_252)])]),
            now: done + .hours(1))
        #expect(next.orders.isEmpty)
        #expect(next.standings[Field.machine]?.first?.remaining == 249)
    }

    @Test("a finding fires one alert and one order, and clears with the readings")
    func finding() throws {
        var bench = bench()
        let hot = try bench.decided(
            Field.slice(1, [Field.frames(1, at: Field.monday, [Reading(Signal("coolant_temp"), 104)])]),
            now: Field.monday)
        #expect(hot.alerts.map(\.state) == [.firing])
        #expect(hot.orders.map(\.need.key.description) == ["finding/coolant-hot/1"])
        let stillHot = try bench.decided(
            Field.slice(
                2, [Field.frames(2, at: Field.monday + .minutes(1), [Reading(Signal("coolant_temp"), 105)])]),
            now: Field.monday + .minutes(1))
        #expect(stillHot.alerts.isEmpty && stillHot.orders.isEmpty)
        let cool = try bench.decided(
            Field.slice(
                3, [Field.frames(3, at: Field.monday + .minutes(2), [Reading(Signal("coolant_temp"), 90)])]),
            now: Field.monday + .minutes(2))
        #expect(cool.alerts.map(\.state) == [.resolved])
    }

    @Test("a bench rebuilt from what was committed decides like one that never stopped")
    func restart() throws {
        var lasting = bench()
        let first = try lasting.decided(
            Field.slice(
                1,
                [
                    Field.frames(
                        1, at: Field.monday, [Reading(.engineHours, 10_251), Reading(Signal("coolant_temp"), 104)])
                ]), now: Field.monday)
        var rebuilt = bench(
            state: EvaluationState(
                cursor: first.cursor, replyCursor: first.replyCursor, conditions: first.conditions,
                orders: first.orders, alerts: first.alerts, lastOrderNumber: first.lastOrderNumber))

        let later = Field.monday + .hours(2)
        let slice = Field.slice(
            2, [Field.frames(2, at: later, [Reading(.engineHours, 10_252), Reading(Signal("coolant_temp"), 90)])],
            replies: first.orders.map { Field.reply(.received, to: $0, at: later) })
        let one = try lasting.decided(slice, now: later)
        let other = try rebuilt.decided(slice, now: later)
        #expect(one.orders == other.orders)
        #expect(one.alerts == other.alerts)
        #expect(one.conditions == other.conditions)
        #expect(one.settled == other.settled)
        #expect(one.lastOrderNumber == other.lastOrderNumber)
    }
}

extension FleetBench {
    /// A round in which something must be decided.
    fileprivate mutating func decided(_ slice: JournalSlice, now: Timestamp) throws -> Evaluation {
        let evaluation = round(slice, now: now)
        return try #require(evaluation)
    }
}
