import FleetModel

/// Where a machine stands with one trigger of one service.
struct TriggerStanding {
    var status: ServiceStanding.Status
    /// In `unit`; `nil` when nothing is known to count from.
    var remaining: Double?
    /// Length of the interval in `unit`, to compare triggers of different units.
    var interval: Double
    var unit: String
    var due: DueDate?
    /// `every 250 h (assumed)`
    var text: String
    var mark: Mark

    static func unknown(_ text: String, unit: String, mark: Mark) -> TriggerStanding {
        TriggerStanding(status: .unknown, remaining: nil, interval: 1, unit: unit, due: nil, text: text, mark: mark)
    }

    static func status(remaining: Double, window: Double) -> ServiceStanding.Status {
        switch remaining {
        case ..<(-window): .overdue
        case ...0: .due
        case ...window: .dueSoon
        default: .ok
        }
    }

    /// Whether this trigger speaks before the other: the graver status, then the earlier date, then the smaller
    /// share of the interval left.
    func isHit(before other: TriggerStanding) -> Bool {
        if status != other.status { return status.urgency > other.status.urgency }
        switch (due?.p50, other.due?.p50) {
        case (let mine?, let theirs?) where mine != theirs: return mine < theirs
        case (.some, nil): return true
        case (nil, .some): return false
        default: break
        }
        guard let remaining, let otherRemaining = other.remaining else { return remaining != nil }
        return remaining / interval < otherRemaining / other.interval
    }
}

extension ServiceStanding.Status {
    /// How pressing it is; nothing known is least.
    var urgency: Int { ServiceStanding.Status.allCases.firstIndex(of: self)! }

    /// It is to be done now or soon.
    var isPressing: Bool { urgency >= ServiceStanding.Status.dueSoon.urgency }
}
