import Foundation

/// Prints the one JSON object that every command ends with.
func printReport(_ report: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(report), as: UTF8.self))
}

/// One line on a terminal that tells how far a long run is; silent where nobody looks.
struct ProgressLine {
    private let isShown = isatty(STDERR_FILENO) == 1
    private var shownAt = ContinuousClock.now - .seconds(1)

    mutating func show(_ text: @autoclosure () -> String) {
        guard isShown, ContinuousClock.now - shownAt > .milliseconds(250) else { return }
        shownAt = .now
        FileHandle.standardError.write(Data("\r\u{1B}[K\(text())".utf8))
    }

    func finish() {
        if isShown { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
}
