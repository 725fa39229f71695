import FleetConsole
import FleetRuntime
@preconcurrency import Glibc
import Synchronization

/// Standard output, which may be a file on a full disk: what was not written must not pass for an answer.
enum Output {
    /// Whether a program reads it: then one JSON object comes last, also when it is that the command failed.
    private static let isJSON: Bool = {
        let words = CommandLine.arguments.dropFirst()
        return words.first == "tsbs" || words.contains("--output=json")
            || zip(words, words.dropFirst()).contains { $0 == "--output" && $1 == "json" }
    }()

    /// Says why the command fails: to people, and to a program that waits for an object.
    static func fail(_ failure: CommandFailure) {
        printError(failure.message)
        close(failure)
    }

    /// The last object of a command that has none to give: `{"error": {…}}`.
    static func close(_ failure: CommandFailure) {
        guard isJSON, let bytes = try? DocumentCoding.encode(["error": failure.document]) else { return }
        try? write((isLineOpen.load(ordering: .relaxed) ? [UInt8(ascii: "\n")] : []) + bytes + [UInt8(ascii: "\n")])
    }

    /// Half an answer was written: what comes next needs a line of its own.
    private static let isLineOpen = Atomic(false)

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
            isLineOpen.store(bytes[written - 1] != UInt8(ascii: "\n"), ordering: .relaxed)
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
