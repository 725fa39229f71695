import FleetModel

/// What a whole look at a database found: how much there is, and what of it is damaged.
package struct DatabaseReport: Sendable, Hashable, Codable {
    /// One thing that is damaged.
    package struct Finding: Sendable, Hashable, Codable {
        package enum Part: String, Sendable, Codable {
            /// The file cannot be opened as a database of ours.
            case file
            /// SQLite's own order of pages, tables and indexes.
            case structure
            /// Names of machines and signals, and lists of them.
            case names
            /// Readings of a machine over a time.
            case segment
            /// What came last and is in no segment yet.
            case journal
            /// What could not be read when it left the journal, and is kept as it is: nothing else suffers from it.
            case unreadable
            /// What was decided: conditions, alerts, work orders, registrations.
            case state
        }

        package var part: Part
        /// As `fleet/name`.
        package var machine: String?
        package var signal: String?
        package var from: Timestamp?
        package var to: Timestamp?
        package var segment: Int64?
        package var what: String
        /// What a person should do about it.
        package var next: String

        /// Where it is and what is wrong.
        package var sentence: String {
            var place: [String] = []
            if let machine { place.append("\(machine)") }
            if let signal { place.append(signal) }
            if let from { place.append("from \(from.iso8601)") }
            if let to { place.append("to \(to.iso8601)") }
            if let segment { place.append("(segment \(segment))") }
            return place.isEmpty ? what : "\(place.joined(separator: " ")): \(what)"
        }
    }

    package var database: String
    package var isWhole: Bool { damage.isEmpty }
    package var machines = 0
    package var signals = 0
    package var segments = 0
    package var columns = 0
    /// Values in segments.
    package var samples: Int64 = 0
    package var journalRows = 0
    package var journalFrames = 0
    /// Rows of what was decided.
    package var documents = 0
    package var damage: [Finding] = []
    /// How many more there are than are listed.
    package var unlisted = 0
    package var seconds = 0.0

    /// More than a person reads; a file with that much damage is not mended one by one.
    static let listedMax = 10_000

    init(database: String) { self.database = database }

    mutating func add(_ finding: Finding) {
        if damage.count < DatabaseReport.listedMax { damage.append(finding) } else { unlisted += 1 }
    }

    private enum CodingKeys: String, CodingKey {
        case database, isWhole, machines, signals, segments, columns, samples, journalRows, journalFrames, documents
        case damage, unlisted, seconds
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        database = try values.decode(String.self, forKey: .database)
        machines = try values.decode(Int.self, forKey: .machines)
        signals = try values.decode(Int.self, forKey: .signals)
        segments = try values.decode(Int.self, forKey: .segments)
        columns = try values.decode(Int.self, forKey: .columns)
        samples = try values.decode(Int64.self, forKey: .samples)
        journalRows = try values.decode(Int.self, forKey: .journalRows)
        journalFrames = try values.decode(Int.self, forKey: .journalFrames)
        documents = try values.decode(Int.self, forKey: .documents)
        damage = try values.decode([Finding].self, forKey: .damage)
        unlisted = try values.decode(Int.self, forKey: .unlisted)
        seconds = try values.decode(Double.self, forKey: .seconds)
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(database, forKey: .database)
        try values.encode(isWhole, forKey: .isWhole)
        try values.encode(machines, forKey: .machines)
        try values.encode(signals, forKey: .signals)
        try values.encode(segments, forKey: .segments)
        try values.encode(columns, forKey: .columns)
        try values.encode(samples, forKey: .samples)
        try values.encode(journalRows, forKey: .journalRows)
        try values.encode(journalFrames, forKey: .journalFrames)
        try values.encode(documents, forKey: .documents)
        try values.encode(damage, forKey: .damage)
        try values.encode(unlisted, forKey: .unlisted)
        try values.encode(seconds, forKey: .seconds)
    }
}
