import FleetModel

/// One meter of one machine as its services count it: jumps taken out, on the scale its owner gave.
///
/// An owner's 12,000 h and a new control unit that starts at 0 are one machine: as long as what is sent lies below
/// the registered reading, the registered reading counts as where the sending began.
struct MeterScale {
    /// Where the machine stands now, or stood when last heard.
    let current: Double
    /// The first reading anybody told us.
    let firstKnown: Double
    private let history: MeterHistory?
    private let registrationOffset: Double

    /// `nil` when neither the machine nor its owner ever gave this meter.
    init?(_ meter: Meter, machine: Machine, condition: MachineCondition) {
        let registered = machine.meters[meter]
        history = condition.meters[meter]
        guard let first = history?.first, let last = history?.last, let counted = history?.counted else {
            guard let registered else { return nil }
            (current, firstKnown, registrationOffset) = (registered, registered, 0)
            return
        }
        if let registered, registered > last.shown + MeterPace(meter).jitter {
            registrationOffset = registered - first.shown
            firstKnown = registered
        } else {
            registrationOffset = 0
            firstKnown = min(registered ?? first.shown, first.shown)
        }
        current = counted + registrationOffset
    }

    /// Where the meter stood when a service was done; `nil` when its record does not say.
    ///
    /// Never beyond the present reading, whatever was written down: a service cannot have been done in the future.
    func reading(of meter: Meter, at last: LastService) -> Double? {
        guard let shown = last.record.meters[meter] else { return nil }
        switch last.source {
        case .registration: return min(shown, current)
        case .order:
            let counted = history?.counted(shown: shown, at: last.record.performedAt) ?? shown
            return min(counted + registrationOffset, current)
        }
    }
}
