/// How the table of samples is gone through for one question: what is asked of it, and in which order it answers.
///
/// SQLite chooses among plans while it compiles, and gives the values when it runs: so a plan stands in a number and a text
/// between the two.
struct SamplesPlan: Equatable {
    /// The columns, in the order in which the table declares them.
    enum Column: Int32 {
        case equipment, signal, observedAt, value
        // Not among those of `SELECT *`.
        case fleet, boot, seq
    }

    /// What a value that SQLite gives stands for. An upper-case letter is a list of which one must match.
    enum Argument: UInt8 {
        case equipment = 0x65, equipmentList = 0x45
        case fleet = 0x66, fleetList = 0x46
        case signal = 0x73, signalList = 0x53
        // observed_at: = > ≥ < ≤
        case at = 0x61, after = 0x62, from = 0x63, before = 0x64, until = 0x75
        // value: = > ≥ < ≤. Only columns that cannot have such a value are left out.
        case valueIs = 0x30, valueAbove = 0x31, valueFrom = 0x32, valueBelow = 0x33, valueUpTo = 0x34
    }

    /// The order of what is answered.
    struct Order: Equatable {
        /// Machines by their fleets first; else by `fleet/name`.
        var byFleet = false
        /// Of each machine one signal after the other, by name.
        var bySignal = false
        var time = Time.any

        enum Time: Int32 { case any, forwards, backwards }

        var number: Int32 { (byFleet ? 1 : 0) | (bySignal ? 2 : 0) | time.rawValue << 2 }

        init(byFleet: Bool = false, bySignal: Bool = false, time: Time = .any) {
            (self.byFleet, self.bySignal, self.time) = (byFleet, bySignal, time)
        }

        init(number: Int32) {
            byFleet = number & 1 != 0
            bySignal = number & 2 != 0
            time = Time(rawValue: number >> 2) ?? .any
        }
    }

    /// One term of ORDER BY or GROUP BY.
    struct Term: Equatable {
        var column: Column
        var isDescending = false
    }

    /// The order in which `terms` are answered without sorting; `nil` when they must be sorted.
    ///
    /// - Parameter fixed: the columns of which only one value is asked for.
    static func order(for terms: [Term], fixed: Set<Column>) -> Order? {
        var order = Order()
        var isOneMachine = fixed.contains(.equipment)
        var rest = terms.filter { !fixed.contains($0.column) && !(isOneMachine && $0.column == .fleet) }[...]
        func take(_ column: Column) -> Bool {
            guard let first = rest.first, first.column == column, !first.isDescending else { return false }
            rest.removeFirst()
            return true
        }
        if take(.fleet) { order.byFleet = true }
        if take(.equipment) { isOneMachine = true }
        guard !rest.isEmpty else { return order }
        guard isOneMachine else { return nil }
        if take(.signal) { order.bySignal = true }
        guard let last = rest.popFirst() else { return order }
        guard last.column == .observedAt, rest.isEmpty else { return nil }
        order.time = last.isDescending ? .backwards : .forwards
        return order
    }
}
