import FleetModel

/// The last time a service was done, and on whose scale its meters were read.
struct LastService {
    enum Source {
        /// Given by the owner with the machine: read on the owner's own meters.
        case registration
        /// Reported on a work order: what the machine's meters showed.
        case order
    }

    var record: ServiceRecord
    var source: Source

    /// The newest record of the service or of one that contains it.
    init?(_ code: String, nesting: PlanNesting, machine: Machine, condition: MachineCondition) {
        let given = (nesting.covering[code] ?? [code]).compactMap { machine.lastServices[$0] }
            .max { $0.performedAt < $1.performedAt }
        let done = condition.services[code]?.last
        switch (given, done) {
        case (let given?, let done?) where given.performedAt > done.performedAt:
            (record, source) = (given, .registration)
        case (_, let done?): (record, source) = (done, .order)
        case (let given?, nil): (record, source) = (given, .registration)
        case (nil, nil): return nil
        }
    }
}
