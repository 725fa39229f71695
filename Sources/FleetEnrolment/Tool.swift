import Foundation

/// A program of the system that does its part and ends.
enum Tool {
    /// Runs it and returns what it printed; throws its last words when it fails.
    ///
    /// Arguments are seen by every user of the machine: no secret may be among them.
    @discardableResult
    static func run(
        _ name: String, _ arguments: [String], package debian: String
    ) throws(EnrolmentFailure) -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try path(of: name, package: debian))
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        do { try process.run() } catch {
            throw EnrolmentFailure("\(name) cannot be started: \(error.localizedDescription)")
        }
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            let words = said.split(separator: "\n").suffix(3).joined(separator: " | ")
            throw EnrolmentFailure(
                "\(name) \(arguments.first ?? "") failed (\(process.terminationStatus)): \(words.isEmpty ? "it says nothing" : words)"
            )
        }
        return said
    }

    private static func path(of name: String, package debian: String) throws(EnrolmentFailure) -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        // Debian keeps what belongs to servers in sbin, which is not in everybody's path.
        for place in path.split(separator: ":").map(String.init) + ["/usr/bin", "/usr/sbin"] {
            let candidate = "\(place)/\(name)"
            if access(candidate, X_OK) == 0 { return candidate }
        }
        throw EnrolmentFailure("\(name) is not installed; install it with: sudo apt-get install \(debian)")
    }
}
