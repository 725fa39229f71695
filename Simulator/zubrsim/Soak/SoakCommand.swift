import ArgumentParser
import FleetModel
import FleetRuntime
import Foundation
import Rehearsal

/// Lets the daemon live a long time in a short one, and looks at what grows.
struct SoakCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak",
        abstract: "Run the daemon under a day's traffic and watch its memory, its log, its files and its threads.",
        discussion: """
            Starts a private broker and zubrd on a fast clock, plays the demonstration's sixty machines to it with a
            report every ten seconds and service centers that answer, and looks at zubrd every few seconds. The first
            third of the run is warm-up. The folder keeps samples.csv. Exits with 0 only when, after it, memory grows by
            at most 1 MB in a real hour (least squares), the write-ahead log stays within 64 MB, and neither open files
            nor threads become more: neither in the later half nor in the last tenth usually more than in the earlier
            half, nor in the last tenth ever two more than before it.

            Example:
              zubrsim soak --hours 24 --minutes 30 --workdir /tmp/soak --output json
            """)

    @Option(help: "Hours of traffic.")
    var hours = 24.0

    @Option(help: "Real minutes in which they pass.")
    var minutes = 30.0

    @Option(help: "Seconds from one look to the next.")
    var every = 5.0

    @Option(help: "Same seed, same fleet.")
    var seed: UInt64 = 1

    @Option(help: "The folder to work in: a new or an empty one, or that of an earlier run, whose files are removed.")
    var workdir: String

    @Option(help: "How the counts are printed: table or json.")
    var output = OutputForm.table

    func validate() throws {
        guard hours > 0, minutes > 0, every > 0 else {
            throw ValidationError("--hours, --minutes and --every take numbers above 0")
        }
        guard minutes * 60 >= 6 * every else {
            throw ValidationError("--every must leave at least six looks within --minutes")
        }
    }

    func run() async throws {
        let folder = try WorkFolder.prepare(URL(fileURLWithPath: workdir).standardizedFileURL.path)
        let report = try await SoakRun(
            hours: hours, length: .seconds(minutes * 60), every: .seconds(every), seed: seed, folder: folder
        ).run()
        try report.print(as: output)
        guard report.holds else { throw ExitCode(1) }
    }
}
