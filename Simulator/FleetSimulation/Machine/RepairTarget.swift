import FleetModel

/// What a mechanic is sent to put right.
package enum RepairTarget: Sendable, Hashable {
    case mode(FailureMode)
    /// Whatever makes the control unit send this code.
    case code(SPN)
    /// Whatever shows in this signal.
    case signal(Signal)
    /// Nobody could tell: the mechanic looks and repairs what is worst.
    case worst
}
