/// Who started the daemon and watches over it, such as systemd.
package protocol ServiceManager: Sendable {
    /// Tells all of it at once. One who does not listen is no reason to stop working, so nothing is thrown.
    func tell(_ notices: [ServiceNotice])
}

extension ServiceManager {
    package func tell(_ notices: ServiceNotice...) { tell(notices) }
}

/// What a daemon says of itself, in the words of `sd_notify(3)`.
package enum ServiceNotice: Sendable, Hashable {
    /// Started, or done with a reload: the database is open and the API answers.
    case ready
    /// Reads its configuration anew, until `ready`; at this time of `CLOCK_MONOTONIC`, in microseconds.
    case reloading(atMicroseconds: Int64)
    case stopping
    /// It works; the next one is due within the watchdog's interval.
    case alive
    /// One line for people.
    case status(String)

    /// As it goes over the wire, one assignment a line.
    package var text: String {
        switch self {
        case .ready: "READY=1"
        case .reloading(let microseconds): "RELOADING=1\nMONOTONIC_USEC=\(microseconds)"
        case .stopping: "STOPPING=1"
        case .alive: "WATCHDOG=1"
        // A line break would begin another assignment.
        case .status(let text): "STATUS=" + text.map { $0.isNewline ? " " : String($0) }.joined()
        }
    }
}
