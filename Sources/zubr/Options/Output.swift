import FleetConsole
@preconcurrency import Glibc

/// Standard output, which may be a file on a full disk: what was not written must not pass for an answer.
enum Output {
    static func write(_ bytes: [UInt8]) throws {
        // What `print` has gathered comes first.
        try finish()
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress! + written, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(errno) }
            written += count
        }
    }

    /// Sees that what was printed is written.
    static func finish() throws {
        guard fflush(stdout) == 0, ferror(stdout) == 0 else { throw failure(errno) }
    }

    private static func failure(_ code: Int32) -> CommandFailure {
        CommandFailure(
            "the answer could not be written, and what there is of it is not whole: \(String(cString: strerror(code)))")
    }
}
