import FleetModel

/// One center looked at for one job: the ways it would do it, or why it cannot.
struct CenterLook {
    enum Answer {
        case able([Candidate])
        case unable(String)
    }

    let center: ServiceCenter
    let need: Need
    let situation: MachineSituation
    let road: Road
    let load: CenterLoad
    let now: Timestamp
    let geodesicKilometres: Double
    let roadKilometres: Double

    init(
        center: ServiceCenter, need: Need, situation: MachineSituation, position: Coordinate, road: Road,
        load: CenterLoad, now: Timestamp
    ) {
        self.center = center
        self.need = need
        self.situation = situation
        self.road = road
        self.load = load
        self.now = now
        geodesicKilometres = center.position.kilometres(to: position)
        roadKilometres = road.kilometres(geodesicKilometres, in: center.country)
    }

    var answer: Answer {
        if let reason = incapability { return .unable(reason) }
        switch (visitRefusal, crewRefusal) {
        case (let visit?, let crew?): return .unable("\(crew); \(visit)")
        case (nil, _?): return candidates([.visit])
        case (_?, nil): return candidates([.fieldCrew])
        case (nil, nil): return candidates([.visit, .fieldCrew])
        }
    }

    // MARK: - Refusals

    /// What the center may not or cannot do, wherever the machine stands.
    private var incapability: String? {
        let (model, requirement) = (situation.model, need.requirement)
        if !center.brands.value.contains(model.brand) {
            return "not certified for \(model.brand) (\(center.brands.mark))"
        }
        if !center.models.isEmpty, !center.models.contains(model.id) {
            let known = center.models.sorted().map(\.text).joined(separator: ", ")
            return "not certified for model \(model.id), only for \(known)"
        }
        if !center.jobs.value.contains(requirement.job) {
            return "does not do \(requirement.job.rawValue) as a \(center.tier.rawValue) center (\(center.jobs.mark))"
        }
        if requirement.needsHighVoltagePermit, !center.hasHighVoltagePermit.value {
            return "no high-voltage permit (\(center.hasHighVoltagePermit.mark))"
        }
        if requirement.liftTonnes > center.liftTonnes.value {
            let (lifts, takes) = (shortest(center.liftTonnes.value), shortest(requirement.liftTonnes))
            return "lifts \(lifts) t, the job takes \(takes) t (\(center.liftTonnes.mark))"
        }
        if center.hours.nextOpening(from: now) == nil { return "has no opening hours (\(center.hours.mark))" }
        return nil
    }

    private var crewRefusal: String? {
        if need.requirement.needsWorkshop { return "the job needs a workshop, no crew can do it in the field" }
        if center.crews.value < 1 { return "has no crew (\(center.crews.mark))" }
        if roadKilometres > center.radiusKilometres.value {
            let (way, radius) = (decimal(roadKilometres, places: 0), shortest(center.radiusKilometres.value))
            return "\(way) km by road, its crews go \(radius) km (\(center.radiusKilometres.mark))"
        }
        return nil
    }

    private var visitRefusal: String? {
        let reach = road.travel.visitKilometresMax
        if !situation.machineClass.isRoadLegal { return "the machine does not drive on public roads" }
        if need.stopsMachine { return "the machine must not be driven" }
        if center.bays.value < 1 { return "has no bay (\(center.bays.mark))" }
        if roadKilometres > reach.value {
            let way = decimal(roadKilometres, places: 0)
            return "\(way) km by road, a machine drives at most \(shortest(reach.value)) km to a center (\(reach.mark))"
        }
        return nil
    }

    // MARK: - Return to work

    private func candidates(_ modes: [ServiceMode]) -> Answer { .able(modes.map(candidate)) }

    /// The job itself is taken to go on without a break once it has begun: what is compared is centers, and
    /// the same holds for each.
    private func candidate(_ mode: ServiceMode) -> Candidate {
        let way = road.hours(roadKilometres)
        let travel = road.travel
        // A machine drives there and back and waits at the gate; a crew leaves when its center is open, and from
        // the moment it is done the machine works again.
        let (travelHours, ready) =
            mode == .visit ? (2 * way, now + .hours(way)) : (travel.mobilisationHours.value + way, now)
        // That it opens at all was checked before.
        let opening = center.hours.nextOpening(from: ready) ?? ready
        let waitHours = (opening - ready).inHours + load.waitHours(at: center, mode: mode)
        let parts = need.parts.isEmpty ? nil : travel.partsLeadHours[center.tier]
        var marks = road.marks(in: center.country) + [center.hours.mark]
        marks.append(mode == .visit ? center.bays.mark : center.crews.mark)
        if mode == .fieldCrew { marks.append(travel.mobilisationHours.mark) }
        if let parts { marks.append(parts.mark) }
        let partsHours = parts?.value ?? 0
        return Candidate(
            center: center.id, mode: mode, geodesicKilometres: geodesicKilometres, roadKilometres: roadKilometres,
            returnToWorkHours: travelHours + waitHours + partsHours + need.durationHours, travelHours: travelHours,
            waitHours: waitHours, partsHours: partsHours, jobHours: need.durationHours, mark: .weakest(marks))
    }
}
