import FleetModel
import FleetRuntime
import FleetSimulation
import ServiceDesk

/// The small world of every run: three registered trucks and one nobody registered, one service, two rules, and three
/// centers that can do the work.
enum Site {
    static let start = Timestamp(iso8601: "2026-06-01T03:00:00Z")!
    static let model = ModelID("BELAZ-75131")!
    static let coolant = Signal("coolant_temp")
    static let registered = ["pit/truck-1", "pit/truck-2", "quarry/truck-1"].map { MachineKey($0)! }
    static let stranger = MachineKey("quarry/truck-9")!
    static let centers = ["belovo", "kemerovo", "novokuznetsk"].map { ServiceCenterID($0)! }
    /// One reply or one body is garbage without end; the limits are as shipped.
    static let limits = IngestLimits()
    /// Short deadlines, so that an hour of virtual time sees all of them pass.
    static let desk = DeskRules(
        republishAfter: .minutes(2), receiptWithin: .minutes(10), answerWithin: .minutes(30),
        retryUncoveredAfter: .minutes(20))

    static let silenceLimit = Duration.minutes(30)

    static var catalog: Catalog {
        let service = ServiceInterval(
            code: "TO-1", title: "TO-1", triggers: [.meter(.engineHours, every: Marked(250, .assumed))],
            durationHours: Marked(0.2, .assumed), labourPersonHours: Marked(1, .assumed),
            requirement: JobRequirement(job: .minorService))
        let plan = ServicePlan(id: ServicePlanID("belaz")!, title: "BELAZ", services: [service])
        let haulTruck = MachineClass(
            id: MachineClassID("haul_truck")!, title: "Haul truck", family: "haul truck", plan: plan.id)
        return Catalog(
            classes: [haulTruck.id: haulTruck],
            models: [model: MachineModel(id: model, machineClass: haulTruck.id, brand: "BELAZ")],
            plans: [plan.id: plan])
    }

    static var rules: [Rule] {
        [
            Rule(
                id: RuleID("coolant-hot")!, title: "Coolant too hot",
                condition: .threshold(coolant, .above, threshold: 103, reset: 98, when: []), severity: .critical,
                repair: RepairJob(
                    title: "Find the cause of the hot coolant", requirement: JobRequirement(job: .mechanicalRepair),
                    durationHours: 0.2, labourPersonHours: 1, stopsMachine: true)),
            Rule(
                id: RuleID("silent")!, title: "Nothing heard", condition: .silence(silenceLimit), severity: .minor),
        ]
    }

    static var network: ServiceNetwork {
        let travel = TravelRules(
            defaultRoadFactor: Marked(1.3, .assumed), winterRoadFactor: Marked(1, .assumed),
            summerKilometresPerHour: Marked(60, .assumed), winterKilometresPerHour: Marked(45, .assumed),
            mobilisationHours: Marked(1, .assumed), partsLeadHours: [.hub: Marked(1, .assumed)],
            visitKilometresMax: Marked(150, .assumed))
        return ServiceNetwork(
            centers: centers.enumerated().map { index, id in center(id, latitude: 54.3 + 0.2 * Double(index)) },
            travel: travel)
    }

    static var knowledge: FleetKnowledge {
        FleetKnowledge(catalog: catalog, rules: rules, network: network, desk: desk)
    }

    static var machines: [Machine] {
        registered.map { key in
            Machine(
                key: key, model: model, site: "Bachatsky", sitePosition: Coordinate(latitude: 54.28, longitude: 86.17),
                lastServices: ["TO-1": ServiceRecord(performedAt: start - .days(20), meters: [.engineHours: 10_000])])
        }
    }

    /// Answers within minutes; in one world of three, one center never answers.
    static func behaviour(_ chance: Chance) -> CenterBehaviour {
        CenterBehaviour(
            declines: 0.25, silent: chance.happens(0.33) ? [chance.pick(centers)] : [], receiptMinutes: 0.1...4,
            decisionMinutes: 0.5...12, startHours: 0.02...0.3)
    }

    private static func center(_ id: ServiceCenterID, latitude: Double) -> ServiceCenter {
        ServiceCenter(
            id: id, name: id.text, place: id.text, country: "RU",
            position: Coordinate(latitude: latitude, longitude: 86.2)!, tier: .hub, status: .operating,
            brands: Marked(["BELAZ"], .assumed), jobs: Marked(Set(JobType.allCases), .assumed),
            hasHighVoltagePermit: Marked(true, .assumed), liftTonnes: Marked(60, .assumed),
            hours: OpeningHours(utcOffsetMinutes: 420, weekdays: [0, 1, 2, 3, 4, 5, 6], opens: 0, closes: 1_440),
            radiusKilometres: Marked(300, .assumed), bays: Marked(4, .assumed), crews: Marked(4, .assumed))
    }
}
