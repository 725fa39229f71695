import FleetModel
import ServiceDesk
import Testing

@Suite("Choice of center")
struct CenterChoiceTests {
    typealias Change = @Sendable (inout ServiceCenter) -> Void
    typealias NeedChange = @Sendable (inout Need) -> Void

    struct RefusalCase: Sendable, CustomTestStringConvertible {
        var reason: String?
        var kilometres = 100.0
        var isRoadLegal = false
        var center: Change = { _ in }
        var need: NeedChange = { _ in }
        var testDescription: String { reason ?? "capable" }
    }

    @Test(
        "a center is refused for the first thing it cannot do, and for nothing else",
        arguments: [
            RefusalCase(reason: nil),
            RefusalCase(reason: "not certified for BELAZ (assumed)", center: { $0.brands.value = ["MTZ"] }),
            RefusalCase(
                reason: "not certified for BELAZ (sourced: mtz24)",
                center: { $0.brands = Marked(["MTZ"], Mark(.sourced, source: "mtz24")) }),
            RefusalCase(reason: nil, center: { $0.models = [ModelID("BELAZ-75131")!] }),
            RefusalCase(
                reason: "not certified for model BELAZ-75131, only for BELAZ-7555",
                center: { $0.models = [ModelID("BELAZ-7555")!] }),
            RefusalCase(
                reason: "does not do overhaul-service as a maintenance center (assumed)",
                need: { $0.requirement.job = .overhaulService }),
            RefusalCase(
                reason: "no high-voltage permit (assumed)", need: { $0.requirement.needsHighVoltagePermit = true }),
            RefusalCase(
                reason: nil, center: { $0.hasHighVoltagePermit.value = true },
                need: { $0.requirement.needsHighVoltagePermit = true }),
            RefusalCase(reason: nil, need: { $0.requirement.liftTonnes = 10 }),
            RefusalCase(
                reason: "lifts 10 t, the job takes 10.5 t (assumed)", need: { $0.requirement.liftTonnes = 10.5 }),
            RefusalCase(reason: "has no opening hours (assumed)", center: { $0.hours.weekdays = [] }),
            // A truck of a pit: only a crew can come.
            RefusalCase(reason: nil, kilometres: 349.9),
            RefusalCase(
                reason: "360 km by road, its crews go 350 km (assumed); the machine does not drive on public roads",
                kilometres: 360),
            RefusalCase(
                reason: "has no crew (assumed); the machine does not drive on public roads",
                center: { $0.crews.value = 0 }),
            RefusalCase(
                reason:
                    "the job needs a workshop, no crew can do it in the field; the machine does not drive on public roads",
                need: { $0.requirement.needsWorkshop = true }),
            // A bus comes by itself, unless it must not.
            RefusalCase(reason: nil, isRoadLegal: true, need: { $0.requirement.needsWorkshop = true }),
            RefusalCase(
                reason: "the job needs a workshop, no crew can do it in the field; the machine must not be driven",
                isRoadLegal: true,
                need: {
                    $0.requirement.needsWorkshop = true
                    $0.stopsMachine = true
                }),
            RefusalCase(
                reason:
                    "the job needs a workshop, no crew can do it in the field; 210 km by road, a machine drives at most 200 km to a center (assumed)",
                kilometres: 210, isRoadLegal: true, need: { $0.requirement.needsWorkshop = true }),
            RefusalCase(
                reason: "has no crew (assumed); has no bay (assumed)", isRoadLegal: true,
                center: {
                    $0.crews.value = 0
                    $0.bays.value = 0
                }),
            // The first of several.
            RefusalCase(
                reason: "not certified for BELAZ (assumed)", kilometres: 900, center: { $0.brands.value = [] },
                need: { $0.requirement.liftTonnes = 400 }),
        ] as [RefusalCase]
    )
    func refusals(row: RefusalCase) {
        let choice = Desk.choice(
            [Desk.center("a", at: row.kilometres, row.center)], need: Desk.need(change: row.need),
            situation: Desk.situation(isRoadLegal: row.isRoadLegal))
        #expect(choice.incapable.map(\.reason) == (row.reason.map { [$0] } ?? []))
        #expect(choice.ranking.isEmpty == (row.reason != nil))
    }

    @Test(
        "centers that do not operate are neither chosen nor named",
        arguments: [
            ServiceCenter.Status.announced, .invented,
        ] as [ServiceCenter.Status])
    func notOperating(status: ServiceCenter.Status) {
        let choice = Desk.choice([
            Desk.center("near", at: 1) { $0.status = status }, Desk.center("far", at: 100),
        ])
        #expect(choice.ranking.map(\.center.text) == ["far"])
        #expect(choice.refused(for: choice.ranking[0], answers: [:]).isEmpty)
    }

    @Test(
        "which ways are open depends on the machine and the job",
        arguments: [
            (isRoadLegal: false, stops: false, workshop: false, kilometres: 100.0, modes: [ServiceMode.fieldCrew]),
            (isRoadLegal: true, stops: false, workshop: false, kilometres: 100, modes: [.fieldCrew, .visit]),
            (isRoadLegal: true, stops: true, workshop: false, kilometres: 100, modes: [.fieldCrew]),
            (isRoadLegal: true, stops: false, workshop: true, kilometres: 100, modes: [.visit]),
            (isRoadLegal: true, stops: false, workshop: false, kilometres: 250, modes: [.fieldCrew]),
        ] as [(isRoadLegal: Bool, stops: Bool, workshop: Bool, kilometres: Double, modes: [ServiceMode])]
    )
    func modes(isRoadLegal: Bool, stops: Bool, workshop: Bool, kilometres: Double, modes: [ServiceMode]) {
        let need = Desk.need {
            $0.stopsMachine = stops
            $0.requirement.needsWorkshop = workshop
        }
        let choice = Desk.choice(
            [Desk.center("a", at: kilometres)], need: need, situation: Desk.situation(isRoadLegal: isRoadLegal))
        #expect(choice.ranking.map(\.mode.rawValue).sorted() == modes.map(\.rawValue).sorted())
    }

    @Test("a crew is under way once, after it has got ready; a machine drives there and back")
    func travel() throws {
        let choice = Desk.choice([Desk.center("a", at: 100)], situation: Desk.situation(isRoadLegal: true))
        let crew = try #require(choice.ranking.first { $0.mode == .fieldCrew })
        let visit = try #require(choice.ranking.first { $0.mode == .visit })
        #expect(abs(crew.travelHours - 4) < 1e-6)
        #expect(abs(visit.travelHours - 4) < 1e-6)
        #expect(abs(crew.returnToWorkHours - 8) < 1e-6)
        #expect((crew.waitHours, crew.partsHours, crew.jobHours) == (0, 0, 4))
        #expect(abs(crew.geodesicKilometres - 100) < 1e-6)
    }

    @Test(
        "the road is longer by country, and longer and slower from November to March",
        arguments: [
            (country: "BY", month: "10", kilometres: 100.0, hours: 4.0),
            (country: "BY", month: "11", kilometres: 150, hours: 5.75),
            (country: "BY", month: "03", kilometres: 150, hours: 5.75),
            (country: "BY", month: "04", kilometres: 100, hours: 4),
            (country: "RU", month: "07", kilometres: 200, hours: 6),
            (country: "RU", month: "01", kilometres: 300, hours: 9.5),
        ] as [(country: String, month: String, kilometres: Double, hours: Double)]
    )
    func seasons(country: String, month: String, kilometres: Double, hours: Double) throws {
        let now = try #require(Timestamp(iso8601: "2026-\(month)-02T12:00:00Z"))
        let candidate = try #require(
            Desk.choice([Desk.center("a", at: 100) { $0.country = country }], now: now).ranking.first)
        #expect(abs(candidate.roadKilometres - kilometres) < 1e-6)
        #expect(abs(candidate.travelHours - hours) < 1e-6)
    }

    @Test(
        "parts take time by tier, and none when the job needs none",
        arguments: [
            (tier: ServiceCenter.Tier.hub, parts: ["filter"], hours: 4.0),
            (tier: .maintenance, parts: ["filter"], hours: 48),
            (tier: .field, parts: ["filter"], hours: 96), (tier: .field, parts: [], hours: 0),
        ] as [(tier: ServiceCenter.Tier, parts: [String], hours: Double)])
    func parts(tier: ServiceCenter.Tier, parts: [String], hours: Double) {
        let choice = Desk.choice(
            [Desk.center("a", at: 100) { $0.tier = tier }], need: Desk.need { $0.parts = parts })
        #expect(choice.ranking.map(\.partsHours) == [hours])
    }

    @Test("a crew leaves when its center opens; a machine is let in when it is open on arrival")
    func opening() throws {
        // Opens 11:00; the machine arrives 12:00.
        let hours = OpeningHours(utcOffsetMinutes: 0, weekdays: [0, 1, 2, 3, 4], opens: 660, closes: 1_020)
        let center = Desk.center("a", at: 100) { $0.hours = hours }
        let choice = Desk.choice([center], situation: Desk.situation(isRoadLegal: true))
        #expect(choice.ranking.map(\.mode) == [.visit, .fieldCrew])
        #expect(choice.ranking.map { ($0.waitHours * 100).rounded() / 100 } == [0, 1])
        // On a Friday evening until Monday 11:00.
        let friday = try #require(Timestamp(iso8601: "2026-07-03T18:00:00Z"))
        #expect(Desk.choice([center], now: friday).ranking.map(\.waitHours) == [65])
    }

    @Test(
        "work in hand makes wait once every crew has an order",
        arguments: [(orders: 1, wait: 0.0), (orders: 2, wait: 4), (orders: 3, wait: 6)] as [(orders: Int, wait: Double)]
    )
    func load(orders: Int, wait: Double) {
        var load = CenterLoad()
        for number in 0..<orders {
            var order = WorkOrder(
                id: WorkOrderID("WO-\(number)")!, need: Desk.need(), openedAt: Desk.now,
                center: ServiceCenterID("a")!, mode: .fieldCrew)
            order.state = number.isMultiple(of: 2) ? .open : .inProgress
            load.add(order)
        }
        let center = Desk.center("a", at: 100)
        #expect(load.waitHours(at: center, mode: .fieldCrew) == wait)
        #expect(load.waitHours(at: center, mode: .visit) == 0)
        #expect(load.waitHours(at: Desk.center("b", at: 100), mode: .fieldCrew) == 0)
        #expect(Desk.choice([center], load: load).ranking.map(\.waitHours) == [wait])
    }

    @Test("best is back at work first, not nearest, and a nearer one is told why it lost")
    func slower() throws {
        let choice = Desk.choice(
            [
                Desk.center("near", at: 50) { $0.tier = .field }, Desk.center("hub", at: 300) { $0.tier = .hub },
                Desk.center("foreign", at: 20) { $0.brands.value = ["MTZ"] }, Desk.center("beyond", at: 340),
                Desk.center("further", at: 320) { $0.brands.value = ["MTZ"] },
            ], need: Desk.need { $0.parts = ["filter"] })
        let chosen = try #require(choice.ranking.first)
        #expect(choice.ranking.map(\.center.text) == ["hub", "beyond", "near"])
        let refused = choice.refused(for: chosen, answers: [:])
        #expect(refused.map(\.center.text) == ["foreign", "near"])
        #expect(
            refused.map(\.reason) == [
                "not certified for BELAZ (assumed)",
                "capable, but back at work 87 h later: travel 3.0, wait 0.0, parts 96.0, job 4.0",
            ])
        #expect(refused.map { $0.roadKilometres.rounded() } == [20, 50])
    }

    @Test("equals are ordered by id, whatever order they are configured in")
    func ties() {
        let centers = ["c", "a", "b"].map { Desk.center($0, at: 100) }
        for centers in [centers, centers.reversed()] {
            #expect(Desk.choice(centers).ranking.map(\.center.text) == ["a", "b", "c"])
        }
    }

    @Test("an estimate is worth no more than the weakest value in it")
    func marks() {
        let sourced = Mark(.sourced, source: "survey")
        var travel = Desk.travel
        travel.roadFactors["BY"] = Marked(1, sourced)
        travel.summerKilometresPerHour.mark = sourced
        travel.mobilisationHours.mark = sourced
        let center = Desk.center("a", at: 100) {
            $0.hours.mark = sourced
            $0.crews.mark = sourced
        }
        func mark(at time: Timestamp) -> Mark? {
            let situation = Desk.situation()
            return CenterChoice(
                need: Desk.need(), situation: situation, at: situation.position!,
                network: Desk.network([center], travel: travel), load: CenterLoad(), now: time
            ).ranking.first?.mark
        }
        #expect(mark(at: Desk.now) == sourced)
        // The winter's factor is assumed.
        #expect(mark(at: Desk.now + .days(184)) == .assumed)
    }

    @Test(
        "when none is capable the nearest twelve within 1500 km are named",
        arguments: [(count: 3, named: 3), (count: 12, named: 12), (count: 13, named: 12)] as [(count: Int, named: Int)])
    func nobody(count: Int, named: Int) {
        let centers = (1...count).map { number in
            Desk.center("c\(number)", at: Double(number) * 100) { $0.brands.value = [] }
        }
        let far = Desk.center("far", at: 1_501) { $0.brands.value = [] }
        let refused = Desk.choice([far] + centers.reversed()).refusedByAll(answers: [:])
        #expect(refused.map(\.center.text) == (1...named).map { "c\($0)" })
    }
}
