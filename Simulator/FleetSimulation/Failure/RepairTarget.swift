import FleetModel

/// What a mechanic is sent to put right.
package enum RepairTarget: Sendable, Hashable {
    /// A failure mode, by its id.
    case mode(String)
    /// Whatever makes the control unit send this code.
    case code(SPN)
    /// Whatever shows in this signal.
    case signal(Signal)
    /// Nobody could tell: the mechanic looks and repairs what is worst.
    case worst
}
