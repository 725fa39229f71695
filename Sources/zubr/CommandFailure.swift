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
