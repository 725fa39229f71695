import Foundation

/// One line on a terminal that tells how far a long run is; silent where nobody looks.
package struct ProgressLine {
    private let isShown: Bool
    private var shownAt = ContinuousClock.now - .seconds(1)

    /// With `besideOutput`, only when what we print goes elsewhere: on one terminal the two would write over each other.
    package init(besideOutput: Bool = false) {
        isShown = isatty(STDERR_FILENO) == 1 && !(besideOutput && isatty(STDOUT_FILENO) == 1)
    }

    package mutating func show(_ text: @autoclosure () -> String) {
        guard isShown, ContinuousClock.now - shownAt > .milliseconds(250) else { return }
        shownAt = .now
        FileHandle.standardError.write(Data("\r\u{1B}[K\(text())".utf8))
    }

    package func finish() {
        if isShown { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
}
