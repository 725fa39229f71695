/// What a program wants of the file.
package enum Access: Sendable, Hashable {
    /// The daemon: reads and writes, makes the file when there is none, and keeps everybody else from writing.
    case daemon
    /// A command on a file that no daemon uses: reads and writes, the file must be there.
    case offline
    /// A command that fills a file that no daemon uses, and makes it when there is none.
    case filling
    /// A command that only looks, on a file that no daemon uses.
    case readOnly
    /// A measurement that looks on while the daemon runs. It must be closed before the daemon is.
    case lookingOn

    var mayWrite: Bool { mayMake || self == .offline }
    var mayMake: Bool { self == .daemon || self == .filling }
}
