import CMosquitto
import Glibc

/// The C library itself, made ready once for the whole program.
enum MosquittoLibrary {
    /// Touch this before the first handle is made.
    ///
    /// `mosquitto_lib_cleanup` is never called: it would pull TLS away under connections that other threads still
    /// hold, and the end of the process frees the same things.
    static let isReady: Bool = {
        // A broker that hangs up while we write must be an error we see, not a signal that ends the daemon.
        signal(SIGPIPE, SIG_IGN)
        return mosquitto_lib_init() == MOSQ_ERR_SUCCESS.rawValue
    }()

    /// As `2.0.11`.
    static var version: String {
        var (major, minor, revision): (Int32, Int32, Int32) = (0, 0, 0)
        mosquitto_lib_version(&major, &minor, &revision)
        return "\(major).\(minor).\(revision)"
    }

    /// What a return code of the library means, with the system's reason where it is one.
    static func describe(_ code: Int32, systemError: Int32) -> String {
        code == MOSQ_ERR_ERRNO.rawValue
            ? String(cString: strerror(systemError)) : String(cString: mosquitto_strerror(code))
    }
}
