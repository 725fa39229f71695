import ArgumentParser
import FleetModel
import Foundation

/// Proves that nothing is lost, or finds what is.
struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract: "Kill the daemon again and again under load and count every message.",
        discussion: """
            Starts a private broker and zubrd, publishes numbered messages, kills zubrd with SIGKILL at random moments,
            and counts the publisher's ledger in the database. The folder keeps ledger.csv and zubr.db, so that anyone
            can count again. Exits with 0 only when nothing is lost, duplicated or altered.

            Example:
              zubrsim chaos --messages 50000 --kills 20 --seed 7 --workdir /tmp/chaos --output json
            """)

    @Option(help: "How many messages to publish.")
    var messages = 50_000

    @Option(help: "How often to kill the daemon.")
    var kills = 20

    @Option(help: "Decides the moments of the kills and the values sent.")
    var seed: UInt64 = 1

    @Option(help: "The folder to work in; what an earlier run left in it is removed.")
    var workdir: String

    @Option(help: "A deliberate mistake of zubrd that the count must find: ack-before-commit.")
    var inject: String?

    @Option(help: "How the counts are printed: table or json.")
    var output = OutputForm.table

    func validate() throws {
        guard messages > 0, kills >= 0 else { throw ValidationError("--messages takes at least 1, --kills at least 0") }
        guard inject == nil || inject == "ack-before-commit" else {
            throw ValidationError("--inject takes ack-before-commit")
        }
    }

    func run() async throws {
        let folder = URL(fileURLWithPath: workdir).standardizedFileURL.path
        let plan = ChaosPlan(messages: messages, kills: kills, seed: seed, startedAt: .systemNow())
        let report = try await ChaosRun(plan: plan, folder: folder, inject: inject).run()
        try report.print(as: output)
        guard report.holds else { throw ExitCode(1) }
    }
}
