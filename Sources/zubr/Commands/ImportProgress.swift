import FleetStore
import Foundation
import Synchronization

/// A bar, the part that is done, how fast it goes and how long it will take: on standard error, so that the result stands
/// alone on the output. Where that is no terminal, a line every ten seconds.
final class ImportProgress: Sendable {
    private let total: Int64
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let started = ContinuousClock.now
    private let state: Mutex<State>

    private struct State {
        var shownAt: ContinuousClock.Instant
        /// Rows that an earlier call had stored.
        var rowsBefore: Int64?
        var hasShown = false
    }

    init(total: Int64) {
        self.total = total
        state = Mutex(State(shownAt: .now))
    }

    func show(_ report: ImportReport, at position: Int64) {
        let now = ContinuousClock.now
        let line: String? = state.withLock { state in
            let before = state.rowsBefore ?? report.rows
            state.rowsBefore = before
            guard now - state.shownAt > (isTerminal ? .milliseconds(200) : .seconds(10)) else { return nil }
            state.shownAt = now
            state.hasShown = true
            let seconds = (now - started) / .seconds(1)
            let part = total > 0 ? min(1, Double(position) / Double(total)) : 1
            let rate = Double(report.rows - before) / seconds
            let rest = part > 0 ? seconds / part - seconds : 0
            return ImportProgress.line(part: part, rows: report.rows, rate: rate, rest: rest, hasBar: isTerminal)
        }
        guard let line else { return }
        FileHandle.standardError.write(Data((isTerminal ? "\r\u{1B}[K\(line)" : "zubr: \(line)\n").utf8))
    }

    /// Takes the bar away.
    func finish() {
        guard isTerminal, state.withLock({ $0.hasShown }) else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
    }

    static func line(part: Double, rows: Int64, rate: Double, rest: Double, hasBar: Bool) -> String {
        let percent = "\(Int(part * 100)) %"
        let seconds = Int(rest.rounded(.up))
        let time = seconds >= 60 ? "\(seconds / 60) min \(seconds % 60) s" : "\(seconds) s"
        let text = "\(percent), \(rows) rows, \(Int(rate)) rows/s, \(time) left"
        guard hasBar else { return text }
        let full = Int(part * 24)
        return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: 24 - full) + "] " + text
    }
}
