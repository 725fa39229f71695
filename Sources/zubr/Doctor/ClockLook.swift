import CLinux
import FleetConsole
import FleetModel
import Foundation

/// Whether anybody keeps this machine's clock right. Its time zone does not matter: everything is UTC.
enum ClockLook {
    static var check: Check {
        var state = timex()
        guard adjtimex(&state) >= 0 else {
            return .skipped("clock-sync", "the system does not tell: \(String(cString: strerror(errno)))")
        }
        guard state.status & STA_UNSYNC == 0 else {
            return .warning(
                "clock-sync", "nobody keeps the clock of this machine right",
                next:
                    "install and start chrony or systemd-timesyncd; a wrong clock rejects frames as too old or from the future"
            )
        }
        // Microseconds, in the kernel's own estimate.
        return .ok(
            "clock-sync", "synchronised, wrong by at most \(decimal(Double(state.maxerror) / 1_000, places: 1)) ms")
    }
}
