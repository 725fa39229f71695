import FleetModel

/// Who could do a job, best first, and why everybody else cannot.
///
/// Only operating centers are looked at: announced and invented ones take no work. Best is the shortest expected
/// return to work, not the shortest way.
package struct CenterChoice: Sendable, Hashable {
    /// Capable centers, each with each way it would do the job, by expected return to work, then by id.
    package let ranking: [Candidate]
    /// Centers that cannot, by distance.
    package let incapable: [Refusal]

    /// Beyond this a center is no use to name when none is capable, kilometres by road.
    package static let namedKilometresMax = 1_500.0
    /// At most so many are named then.
    package static let namedMax = 12

    package init(
        need: Need, situation: MachineSituation, at position: Coordinate, network: ServiceNetwork, load: CenterLoad,
        now: Timestamp
    ) {
        let road = Road(network.travel, at: now)
        var ranking: [Candidate] = []
        var incapable: [Refusal] = []
        for center in network.centers where center.status == .operating {
            let look = CenterLook(
                center: center, need: need, situation: situation, position: position, road: road, load: load, now: now)
            switch look.answer {
            case .able(let candidates): ranking += candidates
            case .unable(let reason):
                incapable.append(Refusal(center: center.id, reason: reason, roadKilometres: look.roadKilometres))
            }
        }
        self.ranking = ranking.sorted {
            ($0.returnToWorkHours, $0.center, $0.mode.rawValue) < ($1.returnToWorkHours, $1.center, $1.mode.rawValue)
        }
        self.incapable = incapable.sorted { ($0.roadKilometres, $0.center) < ($1.roadKilometres, $1.center) }
    }

    /// Why each center that is nearer by road than the chosen one was passed over.
    ///
    /// - Parameter answers: what centers have said to this order already; it comes before being slower.
    package func refused(for chosen: Candidate, answers: [ServiceCenterID: String]) -> [Refusal] {
        let slower = best(ofEach: ranking).filter { $0.center != chosen.center }.map { candidate in
            let later = candidate.returnToWorkHours - chosen.returnToWorkHours
            let amount = decimal(abs(later), places: abs(later) < 10 ? 1 : 0)
            let comparison =
                later >= 0
                ? "capable, but back at work \(amount) h later"
                : "capable, and back at work \(amount) h sooner, but was asked before"
            return Refusal(
                center: candidate.center, reason: answers[candidate.center] ?? "\(comparison): \(candidate.hours)",
                roadKilometres: candidate.roadKilometres)
        }
        return (incapable + slower).filter { $0.roadKilometres < chosen.roadKilometres }
            .sorted { ($0.roadKilometres, $0.center) < ($1.roadKilometres, $1.center) }
    }

    /// Why none of the nearest centers takes the job.
    package func refusedByAll(answers: [ServiceCenterID: String]) -> [Refusal] {
        let silent = best(ofEach: ranking).map { candidate in
            Refusal(
                center: candidate.center, reason: answers[candidate.center] ?? "capable, but was asked before",
                roadKilometres: candidate.roadKilometres)
        }
        return Array(
            (incapable + silent).filter { $0.roadKilometres <= CenterChoice.namedKilometresMax }
                .sorted { ($0.roadKilometres, $0.center) < ($1.roadKilometres, $1.center) }
                .prefix(CenterChoice.namedMax))
    }

    private func best(ofEach ranking: [Candidate]) -> [Candidate] {
        var seen: Set<ServiceCenterID> = []
        return ranking.filter { seen.insert($0.center).inserted }
    }
}

extension Candidate {
    /// `travel 3.1, wait 2.0, parts 4.0, job 12.0`
    fileprivate var hours: String {
        func one(_ value: Double) -> String { decimal(value, places: 1) }
        return "travel \(one(travelHours)), wait \(one(waitHours)), parts \(one(partsHours)), job \(one(jobHours))"
    }
}
