import FleetModel

// Parts of `GET /v1/status` that tell of the daemon's upkeep.

/// When the configuration was read, and what came of it.
package struct ConfigurationDocument: Sendable, Codable, Hashable {
    package var file = ""
    /// When what runs now was read.
    package var loadedAt: Timestamp?
    /// Since when the files are refused; `nil` when what they say runs.
    package var refusedAt: Timestamp?
    /// Everything that is wrong with the files, with file and line.
    package var problems: [String] = []
    /// What the files say and a restart would bring: names of settings.
    package var needsRestart: [String] = []

    package init() {}
}

package struct BackupDocument: Sendable, Codable, Hashable {
    package var folder = ""
    package var everySeconds: Double = 0
    package var keep = 0
    /// The newest, by its name.
    package var lastFile: String?
    package var lastAt: Timestamp?
    package var lastBytes: Int64?
    /// How long it took to copy and verify; `nil` when an earlier run of the daemon made it.
    package var lastSeconds: Double?
    /// What is damaged in it because it is damaged in the database; `nil` when nothing is, as far as this run knows.
    package var damage: String?
    package var nextAt: Timestamp?
    /// Why the last try failed; `nil` when it did not.
    package var failure: String?

    package init() {}
}
