import FleetModel

/// The one clock of a daemon: the real one, or one that starts with it and runs faster.
package struct FleetClock: Sendable {
    package let settings: ClockSettings
    private let real: @Sendable () -> Timestamp

    /// - Parameter real: the real clock, UTC.
    package init(_ settings: ClockSettings, real: @escaping @Sendable () -> Timestamp) {
        self.settings = settings
        self.real = real
    }

    package func now() -> Timestamp { settings.time(at: real()) }
}
