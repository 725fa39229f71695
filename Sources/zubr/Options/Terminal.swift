import FleetConsole
import Foundation

/// What our output goes to.
struct Terminal {
    /// `nil` when it is not a terminal: then nothing is cut off.
    var width: Int?
    var height: Int?
    var style: Style

    static var output: Terminal {
        guard isatty(STDOUT_FILENO) == 1 else { return Terminal(width: nil, height: nil, style: .plain) }
        let environment = ProcessInfo.processInfo.environment
        // https://no-color.org: set and not empty means none.
        let hasColor = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
        return Terminal(
            width: isKnown ? Int(size.ws_col) : 80, height: isKnown ? Int(size.ws_row) : 24,
            style: Style(hasColor: hasColor))
    }

    var isInteractive: Bool { width != nil && isatty(STDIN_FILENO) == 1 }
    var page: Page { Page(width: width, style: style) }
}
