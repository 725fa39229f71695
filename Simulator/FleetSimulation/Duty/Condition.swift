/// What keeps a machine from working as it should.
struct Condition: Sendable {
    /// Share of its power that a derated machine has left.
    var power = 1.0
    /// The whole site is stopped.
    var isAllStop = false
    /// What makes a driverless truck stop more often than usual, and how bad it is, 0 to 1.
    var stopCause: StopCause?
    var stopsPerHour = 0.0
}
