import FleetModel

/// Which services of a plan contain which: worked out once a plan.
struct PlanNesting: Sendable {
    /// A service's code to itself and all it includes.
    let covered: [String: Set<String>]
    /// A service's code to itself and all that include it, the largest last.
    let covering: [String: [String]]

    init(_ plan: ServicePlan) {
        var covered: [String: Set<String>] = [:]
        for service in plan.services { covered[service.code] = plan.covered(by: service.code) }
        self.covered = covered
        var covering: [String: [String]] = [:]
        for (code, contained) in covered.sorted(by: { ($0.value.count, $0.key) < ($1.value.count, $1.key) }) {
            for inner in contained { covering[inner, default: []].append(code) }
        }
        self.covering = covering
    }
}
