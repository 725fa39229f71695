import FleetModel

/// What the outage cost.
struct OutageReport: Report, Sendable {
    var published: Int
    var stored: Int
    var lost: Int
    var duplicated: Int
    var altered: Int
    var publishedDuringOutage: Int
    var outageSeconds: Double
    var rate: Double
    var brokerDefaults: Bool
    /// What the daemon itself says at the end.
    var missingFrames: Int64
    var gaps: Int64
    var brokerDropped: Int64
    var problems: [String]
    /// When, after its return, the daemon first said that it is degraded, how many frames are missing and how many
    /// messages the broker dropped; `nil`: it did not.
    var lossShownAfterSeconds: Double?
    /// When it had taken all that had waited.
    var caughtUpAfterSeconds: Double
    var seconds: Double
    var seed: UInt64
    var workdir: String

    /// With the shipped settings nothing is lost. With the broker's defaults all that is lost is counted and shown.
    var holds: Bool {
        guard duplicated == 0, altered == 0 else { return false }
        guard brokerDefaults else { return lost == 0 }
        guard let lossShownAfterSeconds else { return false }
        return lost > 0 && missingFrames == Int64(lost) && lossShownAfterSeconds <= OutageRun.shownWithin
    }

    var table: [(name: String, value: String)] {
        [
            ("published", "\(published)"), ("during the outage", "\(publishedDuringOutage)"), ("stored", "\(stored)"),
            ("lost", "\(lost)"), ("duplicated", "\(duplicated)"), ("altered", "\(altered)"),
            ("missing, says zubrd", "\(missingFrames) in \(gaps) gaps"),
            ("dropped, says the broker", "\(brokerDropped)"),
            ("loss shown after", lossShownAfterSeconds.map { "\(decimal($0, places: 1)) s" } ?? "never"),
            ("caught up after", "\(decimal(caughtUpAfterSeconds, places: 1)) s"),
            ("seconds", decimal(seconds, places: 1)),
        ]
    }
}
