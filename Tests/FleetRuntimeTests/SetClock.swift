import FleetModel
import FleetRuntime

/// A daemon's time under a clock that is whole days off, beside a machine that knows the right time.
final class SetClock: Sendable {
    static let right = Timestamp(iso8601: "2026-06-01T08:00:00Z")!

    private let wall: Live<Timestamp>
    let time: DaemonTime
    private let bounds = TimeKeeper.Bounds(futureTolerance: .minutes(5), ageMax: .days(30))

    /// - Parameter newestStored: when the last run took something.
    init(day: Double, newestStored: Timestamp? = nil) {
        let start = Self.right + .days(day)
        let wall = Live(start)
        self.wall = wall
        time = DaemonTime(
            ClockSettings(epoch: Self.right, rate: 1), newestStored: newestStored, wall: { wall.value },
            boot: { .seconds(1_000) })
        time.heard([MachineKey("north/truck-1")!: Self.right])
        _ = time.judge(bounds)
    }

    /// Sets the server's clock right, or less wrong; the daemon follows, because the machine agrees.
    func setRight(butFor days: Double = 0) {
        wall.replace(by: Self.right + .days(days))
        _ = time.judge(bounds)
    }
}
