import FleetConsole
import FleetStore
import Foundation

/// Why a command did not do what it was asked: what, why, and what to try.
struct CommandFailure: Error {
    static let failed: Int32 = 1
    static let unreachable: Int32 = 2

    var message: String
    var exitCode: Int32

    init(_ message: String, exitCode: Int32 = CommandFailure.failed) {
        self.message = message
        self.exitCode = exitCode
    }

    init(_ failure: ClientFailure) {
        self.init(failure.description, exitCode: failure.isUnreachable ? Self.unreachable : Self.failed)
    }

    /// `error` of what `--output json` prints.
    struct Document: Encodable {
        var message: String
        var exitCode: Int32
    }

    var document: Document { Document(message: message, exitCode: exitCode) }
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
