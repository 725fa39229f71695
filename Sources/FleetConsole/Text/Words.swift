import FleetModel
import FleetRuntime

// How the words of the documents look: the same everywhere.

extension Severity {
    var cell: Cell { Cell(rawValue, tone) }

    var tone: Tone {
        switch self {
        case .info: .plain
        case .minor: .notice
        case .major: .warning
        case .critical: .alarm
        }
    }
}

extension MachineHealth {
    var cell: Cell { Cell(rawValue, tone) }

    var tone: Tone {
        switch self {
        case .critical: .alarm
        case .major: .warning
        case .minor: .notice
        case .ok: .good
        case .silent, .unregistered: .faint
        }
    }
}

extension WorkOrder.State {
    var cell: Cell { Cell(rawValue, self == .uncovered ? .alarm : .plain) }
}

extension ServiceStanding.Status {
    /// Most pressing first.
    var pressure: Int {
        switch self {
        case .overdue: 0
        case .due: 1
        case .dueSoon: 2
        case .ok: 3
        case .unknown: 4
        }
    }

    var tone: Tone {
        switch self {
        case .overdue: .alarm
        case .due: .warning
        case .dueSoon: .notice
        case .ok, .unknown: .plain
        }
    }
}

extension ServiceStanding {
    /// `12 h left`, `31 h over`; empty when there is nothing to count from.
    var distance: String {
        guard let remaining else { return "" }
        return "\(decimal(abs(remaining), places: 0)) \(unit) \(remaining < 0 ? "over" : "left")"
    }
}

extension DueDate {
    /// `in 3 d`; with `~` when it rests on how the machine was used before it fell silent.
    func relative(to now: Timestamp) -> String {
        (isEstimate ? "~" : "") + FleetConsole.relative(p50, to: now)
    }

    /// `2026-03-04, between 2026-03-03 and 2026-03-07`, and what it rests on.
    var spread: String {
        let range = p10 == p90 ? "\(p50.date)" : "\(p50.date), between \(p10.date) and \(p90.date)"
        return isEstimate ? "\(range) (estimate: no fresh reading)" : range
    }
}

extension WorkOrderDocument {
    /// Nobody has it and it is not over: somebody must act.
    package var isUncovered: Bool { center == nil && !state.isFinal }

    func dueText(_ now: Timestamp) -> String {
        dueDate.map { $0.relative(to: now) } ?? due.map { FleetConsole.relative($0, to: now) } ?? "not known"
    }

    var who: Cell { center.map { Cell($0.text) } ?? Cell("NO CENTER", .alarm) }
}

extension StatusDocument.State {
    package var tone: Tone {
        switch self {
        case .running: .good
        case .degraded: .alarm
        }
    }
}

extension MachineDocument {
    /// In the words of its status topic; `nil` when it never said.
    var connection: String? { isConnected.map { $0 ? "connected" : "disconnected" } }
}
