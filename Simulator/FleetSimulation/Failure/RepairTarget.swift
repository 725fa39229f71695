import FleetModel

/// What a mechanic is sent to put right: one part. Of several that are wrong and fit the words, the worst.
package enum RepairTarget: Sendable, Hashable {
    /// A failure mode, by its id.
    case mode(String)
    /// What makes the control unit send this code.
    case code(SPN)
    /// What shows in this signal.
    case signal(Signal)
    /// Nobody could tell: the mechanic looks and repairs what is worst.
    case worst
}
