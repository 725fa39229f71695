#if canImport(Glibc)
    import Glibc
#endif
import FleetModel

extension Timestamp {
    /// What the machine's real-time clock says, UTC. Anybody may set it; what the daemon believes is `DaemonTime`.
    package static func systemNow() -> Timestamp {
        let (seconds, nanoseconds) = systemClock(CLOCK_REALTIME)
        return Timestamp(microseconds: seconds * 1_000_000 + nanoseconds / 1_000)
    }
}

extension Duration {
    /// How long the machine has been up, asleep or awake: a clock nobody can set.
    package static func systemSinceBoot() -> Duration {
        let (seconds, nanoseconds) = systemClock(CLOCK_BOOTTIME)
        return .microseconds(seconds * 1_000_000 + nanoseconds / 1_000)
    }
}

/// What one of the system's clocks says.
func systemClock(_ clock: clockid_t) -> (seconds: Int64, nanoseconds: Int64) {
    var time = timespec()
    clock_gettime(clock, &time)
    return (Int64(time.tv_sec), Int64(time.tv_nsec))
}
