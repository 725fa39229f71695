import Glibc

/// The datagram socket on which systemd, or who acts for it, listens to a service: `NOTIFY_SOCKET`.
package struct NotifySocket: ServiceManager {
    /// A path, or with `@` first the name of an abstract socket.
    private let address: String

    /// `nil` when nobody named one, or nothing that could be one.
    package init?(_ environment: [String: String]) {
        guard let address = environment["NOTIFY_SOCKET"], address.hasPrefix("/") || address.hasPrefix("@"),
            address.utf8.count > 1, address.utf8.count < NotifySocket.pathBytes
        else { return nil }
        self.address = address
    }

    /// What Linux gives a Unix socket for its name.
    private static let pathBytes = 108

    package func tell(_ notices: [ServiceNotice]) {
        let text = notices.map(\.text).joined(separator: "\n")
        // A socket for each message: a restarted service manager is found again, and nothing is kept open in between.
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // A service manager that does not read holds the daemon up for no longer.
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { bytes in
            bytes.copyBytes(from: address.utf8)
            if address.hasPrefix("@") { bytes[0] = 0 }
        }
        // An abstract name ends where its length says, not at a zero.
        let length = socklen_t(MemoryLayout.offset(of: \sockaddr_un.sun_path)! + address.utf8.count)
        withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { destination in
                _ = sendto(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL), destination, length)
            }
        }
    }

    /// `CLOCK_MONOTONIC`, by which systemd tells a reload from an earlier one.
    package static var monotonicMicroseconds: Int64 {
        let (seconds, nanoseconds) = systemClock(CLOCK_MONOTONIC)
        return seconds * 1_000_000 + nanoseconds / 1_000
    }

    /// How long a service may be silent before it is taken for hung and killed; `nil` when nobody watches us.
    package static func watchdogInterval(_ environment: [String: String], process: Int32) -> Duration? {
        guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text), microseconds > 0 else {
            return nil
        }
        // It may have been meant for a parent of ours.
        if let watched = environment["WATCHDOG_PID"], watched != String(process) { return nil }
        return .microseconds(microseconds)
    }
}
