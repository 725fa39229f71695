import FleetConsole
import FleetStore
import Foundation

/// Why a command did not do what it was asked: what, why, and what to try.
struct CommandFailure: Error {
    static let failed: Int32 = 1
    static let unreachable: Int32 = 2

    var message: String
    var exitCode = CommandFailure.failed

    init(_ message: String) { self.message = message }
}

func printError(_ text: String) {
    FileHandle.standardError.write(Data("zubr: \(text)\n".utf8))
}

extension FleetDatabase {
    /// That rows of the journal are damaged and missing from `what`; `nil` when none are.
    func unreadComplaint(_ what: String) -> String? {
        let rows = unreadJournalRows
        guard let first = rows.first else { return nil }
        return rows.count == 1
            ? "row \(first) of the journal is damaged; what came in it is missing from \(what), zubr check says more"
            : "\(quantity(rows.count, "row")) of the journal, from \(first) on, are damaged; what came in them is missing from \(what), zubr check says more"
    }
}
