import ArgumentParser
import FleetConsole
import FleetModel
import FleetRuntime
import FleetStore
import Foundation
import Rehearsal
import Synchronization

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Look at all of a database: every value, every row, SQLite's own order.",
        discussion: """
            Reads everything and changes nothing, also while zubrd runs. Ends with 0 when all is whole; else with 1 and a \
            list of what is damaged, by machine, signal and time, and of what to do.

            Example: zubr check --database /var/lib/zubr/zubr.db
            """)

    @Option(help: "The database file.")
    var database: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        Interruption.listen(to: [SIGINT, SIGTERM], endsAtSecond: true)
        let line = SharedProgressLine()
        let report: DatabaseReport
        do {
            report = try await DatabaseReport.check(path: database, isStopped: { Interruption.isAsked }) {
                line.show($0, $1, $2)
            }
        } catch {
            line.finish()
            throw CommandFailure(error.message)
        }
        line.finish()
        try output.show(report) { $0.show(report) }
        guard report.isWhole else { throw ExitCode(CommandFailure.failed) }
    }
}

/// A progress line that another thread writes.
final class SharedProgressLine: Sendable {
    private let line = Mutex(ProgressLine())

    func show(_ part: String, _ done: Int, _ all: Int) {
        line.withLock { $0.show(all > 1 ? "\(part): \(done) of \(all)" : part) }
    }

    func finish() { line.withLock { $0.finish() } }
}

extension Page {
    mutating func show(_ report: DatabaseReport) {
        // Of a file that cannot be read nothing was counted.
        if report.damage.first?.part != .file {
            add(
                "\(quantity(report.segments, "segment")) with \(quantity(report.columns, "column")) and \(quantity(Int(report.samples), "value")) of \(quantity(report.machines, "machine"))."
            )
            add(
                "\(quantity(report.journalRows, "journal row")) with \(quantity(report.journalFrames, "frame")); \(quantity(report.documents, "other document"))."
            )
        }
        guard !report.isWhole else {
            add("\(report.database) is whole.", .good)
            return
        }
        for finding in report.damage {
            blank()
            add(finding.sentence, after: "\(finding.part.rawValue): ", indent: 4, .plain, lead: .alarm)
            add(finding.next, after: "  → ", indent: 4, .faint, lead: .faint)
        }
        blank()
        add("\(quantity(report.damage.count + report.unlisted, "damage")) in \(report.database).", .alarm)
        if report.unlisted > 0 { add("\(report.unlisted) are not listed.", .warning) }
    }
}
