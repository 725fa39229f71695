import FleetModel
import ServiceDesk

/// Machines, centers and needs that the tests speak of. The machine stands at the origin of a map of its own: a
/// center `at: 100` lies 100 km east of it on the equator, by road too (factor 1), and one drives 50 km/h in summer.
enum Desk {
    /// A Wednesday in summer, 10:00 UTC.
    static let now = Timestamp(iso8601: "2026-07-01T10:00:00Z")!
    static let truck = MachineKey("kuzbass-coal/truck-17")!
    static let equatorKilometresPerDegree = 111.319_490_793_273_57

    static let allDay = OpeningHours(utcOffsetMinutes: 0, weekdays: [0, 1, 2, 3, 4, 5, 6], opens: 0, closes: 1_440)

    static let travel = TravelRules(
        defaultRoadFactor: Marked(1, .assumed), roadFactors: ["RU": Marked(2, Mark(.derived, source: "atlas"))],
        winterRoadFactor: Marked(1.5, .assumed), summerKilometresPerHour: Marked(50, .assumed),
        winterKilometresPerHour: Marked(40, .assumed), mobilisationHours: Marked(2, .assumed),
        partsLeadHours: [.hub: Marked(4, .assumed), .maintenance: Marked(48, .assumed), .field: Marked(96, .assumed)],
        visitKilometresMax: Marked(200, .assumed))

    static func center(
        _ id: String, at kilometres: Double, _ change: (inout ServiceCenter) -> Void = { _ in }
    ) -> ServiceCenter {
        var center = ServiceCenter(
            id: ServiceCenterID(id)!, name: "Center \(id)", place: id, country: "BY",
            position: Coordinate(latitude: 0, longitude: kilometres / equatorKilometresPerDegree)!,
            tier: .maintenance, status: .operating, brands: Marked(["BELAZ", "MAZ"], .assumed),
            jobs: Marked([.minorService, .mechanicalRepair], .assumed), hasHighVoltagePermit: Marked(false, .assumed),
            liftTonnes: Marked(10, .assumed), hours: allDay, radiusKilometres: Marked(350, .assumed),
            bays: Marked(2, .assumed), crews: Marked(2, .assumed))
        change(&center)
        return center
    }

    static func network(_ centers: [ServiceCenter], travel: TravelRules = travel) -> ServiceNetwork {
        ServiceNetwork(centers: centers, travel: travel)
    }

    static func situation(
        machine: MachineKey = truck, brand: String = "BELAZ", isRoadLegal: Bool = false,
        position: Coordinate? = Coordinate(latitude: 0, longitude: 0)
    ) -> MachineSituation {
        let machineClass = MachineClassID("haul_truck")!
        return MachineSituation(
            machine: machine,
            model: MachineModel(id: ModelID("BELAZ-75131")!, machineClass: machineClass, brand: brand),
            machineClass: MachineClass(
                id: machineClass, title: "Haul truck", family: "haul truck", plan: nil, isRoadLegal: isRoadLegal),
            position: position)
    }

    static func need(
        _ key: NeedKey = .service(code: "TO-1", done: 0), machine: MachineKey = truck, job: JobType = .minorService,
        hours: Double = 4, change: (inout Need) -> Void = { _ in }
    ) -> Need {
        var need = Need(
            machine: machine, key: key, title: "TO-1 of BELAZ-75131", reason: "engine_hours 240 h", severity: .info,
            due: DueDate(exactly: now + .days(5)), durationHours: hours, labourPersonHours: 14,
            requirement: JobRequirement(job: job))
        change(&need)
        return need
    }

    static func choice(
        _ centers: [ServiceCenter], need: Need = need(), situation: MachineSituation = situation(),
        load: CenterLoad = CenterLoad(), now: Timestamp = now
    ) -> CenterChoice {
        CenterChoice(
            need: need, situation: situation, at: situation.position!, network: network(centers), load: load, now: now)
    }

    static func finding(_ number: Int = 1, machine: MachineKey = truck, clearedAt: Timestamp? = nil) -> Finding {
        Finding(
            machine: machine, episode: EpisodeKey(rule: RuleID("coolant-hot")!, number: number),
            title: "Coolant too hot", severity: .critical, raisedAt: now, clearedAt: clearedAt,
            evidence: "coolant_temp 110 °C > 103 °C (assumed)")
    }
}
