/// What an import has done so far.
package struct ImportReport: Sendable, Hashable, Codable {
    /// Stored rows, and values in them.
    package var rows: Int64 = 0
    package var samples: Int64 = 0
    /// Lines that were not taken, also by reason.
    package var rejected: Int64 = 0
    package var rejectedByReason: [String: Int64] = [:]
    /// Of those, the ones that are kept, and their bytes.
    package var kept: Int64 = 0
    package var keptBytes: Int64 = 0
    /// Values that were not stored, because the machine has one of that signal and time already.
    package var duplicateSamples: Int64 = 0
    /// Fields of text, which have no place in a series of numbers.
    package var textFields: Int64 = 0
    /// Segments of the file's machines and times that cannot be read: rows that they hold were stored again.
    package var damagedSegments: Int64 = 0
    /// Lines that were read, blank ones and comments among them.
    package var lines: Int64 = 0
    /// Unpacked bytes that were dealt with.
    package var bytes: Int64 = 0

    /// The first line of a table.
    package var header: String?

    package init() {}

    /// Whether these are counts of something, and can be counted on.
    var isPossible: Bool {
        [rows, samples, rejected, kept, keptBytes, duplicateSamples, textFields, damagedSegments, lines, bytes]
            .allSatisfy(isCount)
            && rejectedByReason.values.allSatisfy(isCount)
    }

    private func isCount(_ number: Int64) -> Bool { (0...1 << 60).contains(number) }
}

/// Why a line was not taken. Stable words: they are counted, stored and listed under these names.
package enum ImportRejection: String, CaseIterable, Sendable, Codable {
    /// It is not what the format says.
    case syntax
    case missingMachine = "missing-machine"
    /// No row names the fleet of this machine, or rows name several.
    case missingFleet = "missing-fleet"
    case badName = "bad-name"
    case missingTime = "missing-time"
    case outOfRange = "out-of-range"
    case noNumber = "no-number"
    /// What stands in the place of a number is none.
    case badValue = "bad-value"
    case duplicateField = "duplicate-field"
    case tooLong = "too-long"
    case tooManySignals = "too-many-signals"
    case tooManyTags = "too-many-tags"
    case tooManyMeasurements = "too-many-measurements"
    /// The machine of this name has gone on under another.
    case retired
}
