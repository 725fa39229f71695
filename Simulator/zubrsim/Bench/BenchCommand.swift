import ArgumentParser
import FleetConfiguration
import FleetModel
import Foundation
import Rehearsal

/// How much the daemon takes, and how that compares with taking it and doing nothing.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the daemon's throughput beside that of a subscriber that does nothing.",
        discussion: """
            Starts a private broker and in turn a null subscriber and zubrd, publishes as fast as each takes it, and then
            at a fixed pace to see how soon a message is on disk. The medians of the turns are printed, with what the
            machine and its disk are. Benchmarks/README.md says what each figure is and is not.

            Examples:
              zubrsim bench --body small --seconds 10 --output json
              zubrsim bench --body medium --machines 10000 --minutes 10 --rate 5000
            """)

    @Option(
        help: "What a message holds: small (10 signals), medium (50), large (60), columnar (60 signals, 100 frames).")
    var body = BenchBody.small

    @Option(help: "How long each turn is measured.")
    var seconds = 10.0

    @Option(help: "How often each of the two has its turn.")
    var repeats = 3

    @Option(help: "How many machines send.")
    var machines = 1_000

    @Option(help: "Messages a second of the turn with a fixed pace; default: 5000, columnar 170.")
    var rate: Double?

    @Option(help: "Instead of all that: run zubrd alone at the fixed pace for so long, and ask it things meanwhile.")
    var minutes: Double?

    @Option(help: "Which values the machines send.")
    var seed: UInt64 = 1

    @Option(
        help:
            "The folder to work in, whose disk is what is measured: a new or an empty one, or that of an earlier run, whose files are removed. Default: a new one below the working directory."
    )
    var workdir: String?

    @Option(help: "How many messages may be published and not yet consumed.")
    var unconsumed = 2_000

    @Option(help: "How the figures are printed: table or json.")
    var output = OutputForm.table

    func validate() throws {
        guard seconds > 0, repeats > 0, machines > 0, unconsumed > 0, rate ?? 1 > 0, minutes ?? 1 > 0 else {
            throw ValidationError("--seconds, --repeats, --machines, --rate, --minutes and --unconsumed are above 0")
        }
        guard machines <= 20_000 else { throw ValidationError("--machines takes at most 20000, the limit of a fleet") }
    }

    func run() async throws {
        Interruption.listen(to: [SIGINT, SIGTERM], endsAtSecond: true)
        let given = workdir ?? "\(FileManager.default.currentDirectoryPath)/zubr-bench-\(getpid())"
        let folder = URL(fileURLWithPath: given).standardizedFileURL.path
        try BenchFolder.prepare(folder, machines: machines)
        let catalog: Catalog
        do { catalog = try FleetConfiguration.loadCatalog(try shippedConfigurationFolder()) } catch let problems
            as ConfigurationProblems
        {
            throw CommandFailure("\(problems)")
        }
        let load = try BenchLoad(body, machines: machines, catalog: catalog, seed: seed)
        let run = BenchRun(
            load: load, folder: folder, seconds: seconds, repeats: repeats,
            rate: rate ?? (body == .columnar ? 170 : 5_000), unconsumedMax: unconsumed)
        if let minutes {
            try await run.endure(minutes: minutes).print(as: output)
        } else {
            try await run.compare().print(as: output)
        }
        if workdir == nil { try FileManager.default.removeItem(atPath: folder) }
    }
}
