import FleetRuntime

/// Why the daemon did not give what it was asked for.
package enum ClientFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// Nobody answers on the socket.
    case unreachable(socket: String, String)
    /// It listens and does not answer in time.
    case timedOut(socket: String)
    /// It answered no, and why.
    case refused(ProblemDocument)
    /// What came is not what this program understands.
    case notUnderstood(String)

    package var isUnreachable: Bool {
        switch self {
        case .unreachable, .timedOut: true
        case .refused, .notUnderstood: false
        }
    }

    package var description: String {
        switch self {
        case .unreachable(let socket, let reason):
            """
            zubrd does not answer on \(socket): \(reason)
            Is it running? Start it, or name its socket with --socket or ZUBR_SOCKET. `zubr doctor` looks further.
            """
        case .timedOut(let socket):
            """
            zubrd listens on \(socket) but did not answer in time
            Try again; if it stays so, `zubr doctor` and zubrd's log say more.
            """
        case .refused(let problem):
            "zubrd refused (\(problem.status) \(problem.title)): \(problem.detail)"
        case .notUnderstood(let reason):
            """
            zubrd's answer was not understood: \(reason)
            Are zubr and zubrd of the same version? `zubr --version` and `zubr status` tell.
            """
        }
    }
}
