/// Who repairs, where, and what it may and can do.
package struct ServiceCenter: Sendable, Hashable {
    package var id: ServiceCenterID
    package var name: String
    package var place: String
    /// ISO 3166-1 alpha-2: `BY`, `RU`, `KZ`.
    package var country: String
    package var position: Coordinate
    package var tier: Tier
    package var status: Status
    /// Whose machines it may work on; the mark says whether that was read or assumed.
    package var brands: Marked<Set<String>>
    /// Models it is limited to; empty: every model of its brands.
    package var models: Set<ModelID>
    package var jobs: Marked<Set<JobType>>
    package var hasHighVoltagePermit: Marked<Bool>
    package var liftTonnes: Marked<Double>
    package var hours: OpeningHours
    /// How far its crews go, kilometres by road.
    package var radiusKilometres: Marked<Double>
    package var bays: Marked<Int>
    package var crews: Marked<Int>
    /// What was read of it and where.
    package var source: String?

    package init(
        id: ServiceCenterID, name: String, place: String, country: String, position: Coordinate, tier: Tier,
        status: Status, brands: Marked<Set<String>>, models: Set<ModelID> = [], jobs: Marked<Set<JobType>>,
        hasHighVoltagePermit: Marked<Bool>, liftTonnes: Marked<Double>, hours: OpeningHours,
        radiusKilometres: Marked<Double>, bays: Marked<Int>, crews: Marked<Int>, source: String? = nil
    ) {
        self.id = id
        self.name = name
        self.place = place
        self.country = country
        self.position = position
        self.tier = tier
        self.status = status
        self.brands = brands
        self.models = models
        self.jobs = jobs
        self.hasHighVoltagePermit = hasHighVoltagePermit
        self.liftTonnes = liftTonnes
        self.hours = hours
        self.radiusKilometres = radiusKilometres
        self.bays = bays
        self.crews = crews
        self.source = source
    }

    package enum Tier: String, CaseIterable, Sendable, Hashable, Codable {
        /// Overhauls, component exchange, parts warehouse; in a large city.
        case hub
        /// Services, repair, spare parts.
        case maintenance
        /// A container or a crew at the site.
        case field
    }

    package enum Status: String, CaseIterable, Sendable, Hashable, Codable {
        /// Takes work. Only these do.
        case operating
        /// Reported as coming; a candidate for planning.
        case announced
        /// Made up to fill the map; a candidate for planning.
        case invented
    }
}

/// When a center works, in its own time.
package struct OpeningHours: Sendable, Hashable {
    /// Offset of local time from UTC, minutes. Neither Belarus nor Russia changes its clocks.
    package var utcOffsetMinutes: Int
    /// Monday is 0.
    package var weekdays: Set<Int>
    /// Minutes after local midnight.
    package var opens: Int
    package var closes: Int
    package var mark: Mark

    package init(utcOffsetMinutes: Int, weekdays: Set<Int>, opens: Int, closes: Int, mark: Mark = .assumed) {
        self.utcOffsetMinutes = utcOffsetMinutes
        self.weekdays = weekdays
        self.opens = opens
        self.closes = closes
        self.mark = mark
    }
}

/// What turns a straight line into travel: how much longer the road is and how fast one drives.
package struct TravelRules: Sendable, Hashable {
    package var defaultRoadFactor: Marked<Double>
    /// By country.
    package var roadFactors: [String: Marked<Double>]
    /// Multiplies the road factor from November to March.
    package var winterRoadFactor: Marked<Double>
    package var summerKilometresPerHour: Marked<Double>
    package var winterKilometresPerHour: Marked<Double>
    /// From the call to the crew's leaving, hours.
    package var mobilisationHours: Marked<Double>
    /// Until parts are at hand, hours, by the tier of the center.
    package var partsLeadHours: [ServiceCenter.Tier: Marked<Double>]
    /// How far a machine drives to a center by itself, kilometres by road.
    package var visitKilometresMax: Marked<Double>

    package init(
        defaultRoadFactor: Marked<Double>, roadFactors: [String: Marked<Double>] = [:],
        winterRoadFactor: Marked<Double>, summerKilometresPerHour: Marked<Double>,
        winterKilometresPerHour: Marked<Double>, mobilisationHours: Marked<Double>,
        partsLeadHours: [ServiceCenter.Tier: Marked<Double>], visitKilometresMax: Marked<Double>
    ) {
        self.defaultRoadFactor = defaultRoadFactor
        self.roadFactors = roadFactors
        self.winterRoadFactor = winterRoadFactor
        self.summerKilometresPerHour = summerKilometresPerHour
        self.winterKilometresPerHour = winterKilometresPerHour
        self.mobilisationHours = mobilisationHours
        self.partsLeadHours = partsLeadHours
        self.visitKilometresMax = visitKilometresMax
    }
}

/// The service network as configured.
package struct ServiceNetwork: Sendable, Hashable {
    package var centers: [ServiceCenter]
    package var travel: TravelRules

    package init(centers: [ServiceCenter], travel: TravelRules) {
        self.centers = centers
        self.travel = travel
    }

    package subscript(id: ServiceCenterID) -> ServiceCenter? { centers.first { $0.id == id } }
}
