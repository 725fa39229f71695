import FleetConsole
import Foundation

/// The terminal while the live page is on it: another screen, no cursor, keys read one by one. `leave` puts it back.
struct LiveScreen {
    private let before: termios

    init() {
        var mode = termios()
        tcgetattr(STDIN_FILENO, &mode)
        before = mode
        // Ctrl-C stays a signal; only lines and echo are off.
        mode.c_lflag &= ~tcflag_t(ICANON | ECHO)
        tcsetattr(STDIN_FILENO, TCSANOW, &mode)
        write("\u{1B}[?1049h\u{1B}[?25l")
    }

    func leave() {
        write("\u{1B}[?25h\u{1B}[?1049l")
        var mode = before
        tcsetattr(STDIN_FILENO, TCSANOW, &mode)
    }

    /// Every line in its place and nothing cleared first, so that it does not flicker.
    func draw(_ lines: [String]) {
        write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    /// Waits so long for a key; true when it was `q`.
    func isQuitPressed(within milliseconds: Int32) -> Bool {
        var ready = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, milliseconds) == 1 else { return false }
        var key: UInt8 = 0
        guard read(STDIN_FILENO, &key, 1) == 1 else { return true }
        return key == UInt8(ascii: "q") || key == UInt8(ascii: "Q")
    }

    private func write(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
