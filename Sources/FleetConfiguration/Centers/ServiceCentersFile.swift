import FleetModel

/// What `service-centers.yaml` says: the network, what each tier can do unless a center says otherwise, and travel.
struct ServiceCentersFile {
    var network: ServiceNetwork

    static func read(_ root: Entry, catalog: CatalogFile?) -> ServiceCentersFile? {
        let sources = catalog?.declared.sources
        return root.fields { fields in
            let travel = fields.required("travel")?.travelRules(sources: sources)
            let tiers = fields.required("tiers")?.tierAbilities(sources: sources)
            let centers = fields.required("centers")?.list { entry in
                entry.serviceCenter(tiers: tiers ?? [:], catalog: catalog).map { (center: $0, entry: entry) }
            }
            guard let travel, let centers else { return nil }
            var seen: Set<ServiceCenterID> = []
            for (center, entry) in centers where !seen.insert(center.id).inserted {
                entry.report("the id \"\(center.id)\" is used twice", "every center needs an id of its own")
            }
            return ServiceCentersFile(network: ServiceNetwork(centers: centers.map(\.center), travel: travel))
        }
    }
}

/// What a center of a tier can do, when it does not say otherwise.
struct TierAbilities {
    var jobs: Marked<Set<JobType>>
    var liftTonnes: Marked<Double>
}

extension Entry {
    fileprivate func tierAbilities(sources: Set<String>?) -> [ServiceCenter.Tier: TierAbilities]? {
        fields { fields in
            var abilities: [ServiceCenter.Tier: TierAbilities] = [:]
            for tier in ServiceCenter.Tier.allCases {
                abilities[tier] = fields.required(tier.rawValue)?.fields { fields in
                    let jobs = fields.required("jobs")?.jobs(sources: sources)
                    let lift = fields.required("lift_tonnes")?.markedNumber(sources: sources)
                    guard let jobs, let lift else { return nil }
                    return TierAbilities(jobs: jobs, liftTonnes: lift)
                }
            }
            return abilities
        }
    }

    /// `{items: [diagnosis, minor-service], mark: assumed}`
    fileprivate func jobs(sources: Set<String>?) -> Marked<Set<JobType>>? {
        marked(sources: sources, as: "items") { $0.list { $0.word(JobType.self) }.map(Set.init) }
    }

    fileprivate func serviceCenter(
        tiers: [ServiceCenter.Tier: TierAbilities], catalog: CatalogFile?
    ) -> ServiceCenter? {
        fields { fields in
            let sources = catalog?.declared.sources
            let id = fields.required("id")?.id(ServiceCenterID.self)
            let name = fields.required("name")?.text()
            let place = fields.required("place")?.text()
            let country = fields.required("country")?.country()
            let position = fields.required("position")?.position()
            let tier = fields.required("tier")?.word(ServiceCenter.Tier.self)
            let status = fields.required("status")?.word(ServiceCenter.Status.self)
            let brands = fields.required("brands")?.marked(sources: sources, as: "items") { entry in
                entry.list { $0.brand(among: catalog?.declared.brands) }.map(Set.init)
            }
            let models =
                fields.optional("models")?.list {
                    $0.reference(ModelID.self, to: "model", in: catalog?.declared.models)
                } ?? []
            let jobs = fields.optional("jobs")?.jobs(sources: sources) ?? tier.flatMap { tiers[$0]?.jobs }
            let permit = fields.required("high_voltage_permit")?.marked(sources: sources) { $0.flag() }
            let lift =
                fields.optional("lift_tonnes")?.markedNumber(sources: sources, in: 0...1_000)
                ?? tier.flatMap { tiers[$0]?.liftTonnes }
            let hours = fields.required("hours")?.openingHours(sources: sources)
            let radius = fields.required("radius_kilometres")?.markedNumber(sources: sources, in: 0...20_000)
            let bays = fields.required("bays")?.marked(sources: sources) { $0.integer(in: 0...1_000) }
            let crews = fields.required("crews")?.marked(sources: sources) { $0.integer(in: 0...1_000) }
            let source = fields.optional("source")?.text()
            guard let id, let name, let place, let country, let position, let tier, let status, let brands, let jobs,
                let permit, let lift, let hours, let radius, let bays, let crews
            else { return nil }
            return ServiceCenter(
                id: id, name: name, place: place, country: country, position: position, tier: tier, status: status,
                brands: brands, models: Set(models), jobs: jobs, hasHighVoltagePermit: permit, liftTonnes: lift,
                hours: hours, radiusKilometres: radius, bays: bays, crews: crews, source: source)
        }
    }

    private func country() -> String? {
        guard let text = text() else { return nil }
        guard text.utf8.count == 2, text.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
            report("\"\(text)\" is not a country's code", "write two capital letters: BY, RU, KZ")
            return nil
        }
        return text
    }

    private func brand(among declared: Set<String>?) -> String? {
        guard let text = text() else { return nil }
        guard let declared, !declared.contains(text) else { return text }
        report(
            "unknown brand \"\(text)\": no model of the catalog has it", suggestion(for: text, among: declared))
        return nil
    }

    /// `{utc_offset: +07:00, days: mon-sat, opens: 08:00, closes: 18:00, mark: assumed}`
    private func openingHours(sources: Set<String>?) -> OpeningHours? {
        fields { fields in
            let offset = fields.required("utc_offset")?.utcOffset()
            let days = fields.required("days")?.weekdays()
            let opens = fields.required("opens")?.minuteOfDay()
            let closesEntry = fields.required("closes")
            let closes = closesEntry?.minuteOfDay()
            let mark = fields.required("mark")?.mark(sources: sources)
            guard let offset, let days, let opens, let closes, let mark else { return nil }
            guard opens < closes else {
                closesEntry?.report("the center closes before it opens", "write times of one day, up to 24:00")
                return nil
            }
            return OpeningHours(utcOffsetMinutes: offset, weekdays: days, opens: opens, closes: closes, mark: mark)
        }
    }

    /// `+07:00`
    private func utcOffset() -> Int? {
        guard let text = text() else { return nil }
        guard let sign = ["+": 1, "-": -1][text.prefix(1)], let minutes = Entry.minutes(text.dropFirst()),
            minutes <= 14 * 60
        else {
            report("\"\(text)\" is not an offset from UTC", "write it as +03:00")
            return nil
        }
        return sign * minutes
    }

    /// `08:00`, up to `24:00`
    private func minuteOfDay() -> Int? {
        guard let text = text() else { return nil }
        guard let minutes = Entry.minutes(text[...]), minutes <= 24 * 60 else {
            report("\"\(text)\" is not a time of day", "write it as 08:00")
            return nil
        }
        return minutes
    }

    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count == 2, parts[1].count == 2, let hours = Int(parts[0]),
            let minutes = Int(parts[1]), hours >= 0, (0..<60).contains(minutes)
        else { return nil }
        return hours * 60 + minutes
    }

    /// `mon-sat`, or one day
    private func weekdays() -> Set<Int>? {
        guard let text = text() else { return nil }
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        let ends = text.split(separator: "-").map { names.firstIndex(of: String($0)) }
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last else {
            report("\"\(text)\" is not a span of weekdays", "write it as mon-fri, mon-sat or mon-sun")
            return nil
        }
        return Set(first...last)
    }

    fileprivate func travelRules(sources: Set<String>?) -> TravelRules? {
        fields { fields in
            let roadFactor = fields.required("default_road_factor")?.markedNumber(sources: sources, in: 1...5)
            let roadFactors =
                fields.optional("road_factors")?.named { country, _, value in
                    value.markedNumber(sources: sources, in: 1...5).map { (country, $0) }
                } ?? []
            let winterFactor = fields.required("winter_road_factor")?.markedNumber(sources: sources, in: 1...5)
            let summer = fields.required("summer_kilometres_per_hour")?.markedNumber(sources: sources, in: 1...150)
            let winter = fields.required("winter_kilometres_per_hour")?.markedNumber(sources: sources, in: 1...150)
            let mobilisation = fields.required("mobilisation_hours")?.markedNumber(sources: sources, in: 0...240)
            let lead = fields.required("parts_lead_hours")?.partsLead(sources: sources)
            let visit = fields.required("visit_kilometres_max")?.markedNumber(sources: sources, in: 0...20_000)
            guard let roadFactor, let winterFactor, let summer, let winter, let mobilisation, let lead, let visit
            else { return nil }
            return TravelRules(
                defaultRoadFactor: roadFactor, roadFactors: Dictionary(roadFactors) { first, _ in first },
                winterRoadFactor: winterFactor, summerKilometresPerHour: summer, winterKilometresPerHour: winter,
                mobilisationHours: mobilisation, partsLeadHours: lead, visitKilometresMax: visit)
        }
    }

    private func partsLead(sources: Set<String>?) -> [ServiceCenter.Tier: Marked<Double>]? {
        fields { fields in
            var lead: [ServiceCenter.Tier: Marked<Double>] = [:]
            for tier in ServiceCenter.Tier.allCases {
                lead[tier] = fields.required(tier.rawValue)?.markedNumber(sources: sources, in: 0...10_000)
            }
            return lead
        }
    }

    /// `[54.42, 86.30]`: degrees north, degrees east.
    func position() -> Coordinate? {
        guard let numbers = list({ $0.number() }) else { return nil }
        guard numbers.count == 2, let position = Coordinate(latitude: numbers[0], longitude: numbers[1]) else {
            report("this is no place on the globe", "write latitude and longitude in degrees: [54.42, 86.30]")
            return nil
        }
        return position
    }
}
