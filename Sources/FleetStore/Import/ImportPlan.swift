import FleetModel

/// What a file that is imported is, and how its rows are read.
package struct ImportPlan: Sendable, Hashable {
    package enum Format: String, CaseIterable, Sendable, Codable {
        case lineProtocol = "line-protocol"
        case csv
        case jsonLines = "json-lines"
    }

    package var format: Format
    /// What the file is called, for people.
    package var file: String
    /// Its bytes, packed as it lies there, and a digest of enough of them to know it again.
    package var fileBytes: Int64
    package var digest: String
    /// The tag of line protocol that names the machine, and the one that names its fleet.
    package var machineTag = "name"
    package var fleetTag = "fleet"
    /// Of machines whose fleet no row names.
    package var fleet: FleetID?
    /// What one is in a time of line protocol.
    package var precision = Precision.nanoseconds
    /// Rows are gathered in memory up to this, and then written together: the more, the smaller the database.
    package var memoryBytes = 160 << 20

    package init(format: Format, file: String, fileBytes: Int64, digest: String) {
        self.format = format
        self.file = file
        self.fileBytes = fileBytes
        self.digest = digest
    }

    package enum Precision: String, CaseIterable, Sendable, Codable {
        case nanoseconds = "ns"
        case microseconds = "us"
        case milliseconds = "ms"
        case seconds = "s"

        /// `nil` for what no document could say. Parts of a microsecond are cut off.
        func microseconds(_ time: Int64) -> Int64? {
            let (product, overflow) =
                switch self {
                case .nanoseconds: (time.flooredDivision(by: 1_000), false)
                case .microseconds: (time, false)
                case .milliseconds: time.multipliedReportingOverflow(by: 1_000)
                case .seconds: time.multipliedReportingOverflow(by: 1_000_000)
                }
            guard !overflow, ImportPlan.times.contains(product) else { return nil }
            return product
        }
    }

    /// Times that can be written and read again.
    static let times = Timestamp.earliestWritten.microseconds...Timestamp.latestWritten.microseconds
}
