import Foundation

/// Tells the broker to read its files again, which mosquitto does on SIGHUP.
package struct BrokerReload {
    /// Where the broker keeps its process id.
    package var pidFile: String
    /// What to run instead, by the shell.
    package var command: String?

    package init(pidFile: String, command: String? = nil) {
        self.pidFile = pidFile
        self.command = command
    }

    package enum Outcome: Sendable, Hashable {
        case told
        /// Nobody could be told: why.
        case notTold(String)
    }

    /// What a person types where we cannot reach the broker.
    package static let byHand = "sudo systemctl reload mosquitto"

    package func tell() throws(EnrolmentFailure) -> Outcome {
        if let command {
            try Tool.run("sh", ["-c", command], package: "dash")
            return .told
        }
        guard let text = try GuardedFile(path: pidFile).read() else { return .notTold("there is no \(pidFile)") }
        guard let id = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)), id > 1 else {
            return .notTold("\(pidFile) has no process id")
        }
        // A broker that was killed leaves its file behind, and the number may be anybody's by now.
        let name = (try? String(contentsOfFile: "/proc/\(id)/comm", encoding: .utf8)) ?? ""
        guard name == "mosquitto\n" else { return .notTold("process \(id) of \(pidFile) is no mosquitto") }
        guard kill(id, SIGHUP) == 0 else { return .notTold("mosquitto, process \(id): \(systemError())") }
        return .told
    }
}
