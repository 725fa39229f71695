import ArgumentParser
import FleetModel
import FleetRuntime
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

            --faults adds to the kills, any of:
              broker-restart  the broker is ended in order and started again, 5 times, once while zubrd is down
              reset           20 TCP resets of the connections of zubrd and of the machines
              poison          a message that nobody can take after every 10; each must be in quarantine once
              disk-full       the database lies on a small tmpfs that runs full 3 times (needs mount namespaces)
              power-cut       every second kill also takes away what was written and not flushed
            A run in which one of them did not happen fails.

            --outage SECONDS plays something else: zubrd is away for so long while machines send --rate messages a
            second. Nothing may be lost; with --broker-defaults the broker drops, and zubrd must show it within 30 s.

            Examples:
              zubrsim chaos --messages 50000 --kills 20 --seed 7 --workdir /tmp/chaos --output json
              zubrsim chaos --messages 20000 --kills 10 --faults reset,poison,power-cut --workdir /tmp/chaos
              zubrsim chaos --outage 600 --rate 2000 --workdir /tmp/chaos
            """)

    @Option(help: "How many messages to publish.")
    var messages = 50_000

    @Option(help: "How often to kill the daemon.")
    var kills = 20

    @Option(help: "Decides the moments of the kills and of the faults, and the values sent.")
    var seed: UInt64 = 1

    @Option(help: "The folder to work in: a new or an empty one, or that of an earlier run, whose files are removed.")
    var workdir: String

    @Option(
        help:
            "What else goes wrong, separated by commas: \(ChaosFault.allCases.map(\.rawValue).joined(separator: ", "))."
    )
    var faults: String?

    @Option(
        help:
            "A deliberate mistake of zubrd that the count must find: \(InjectedFault.allCases.map(\.rawValue).joined(separator: ", "))."
    )
    var inject: String?

    @Option(help: "Instead of killing it: keep the daemon away for so many seconds.")
    var outage: Double?

    @Option(help: "With --outage: messages a second.")
    var rate = 2_000.0

    @Flag(help: "With --outage: the broker as Debian ships it, instead of Config/mosquitto.conf.")
    var brokerDefaults = false

    @Option(help: "How the counts are printed: table or json.")
    var output = OutputForm.table

    func validate() throws {
        guard messages > 0, kills >= 0 else { throw ValidationError("--messages takes at least 1, --kills at least 0") }
        guard inject == nil || InjectedFault(rawValue: inject ?? "") != nil else {
            throw ValidationError("--inject takes \(InjectedFault.allCases.map(\.rawValue).joined(separator: " or "))")
        }
        guard let wanted = ChaosFault.list(faults ?? "") else {
            throw ValidationError(
                "--faults takes \(ChaosFault.allCases.map(\.rawValue).joined(separator: ",")), or some of them")
        }
        guard !wanted.contains(.powerCut) || kills > 0 else {
            throw ValidationError("power-cut comes with the kills: give --kills at least 1")
        }
        if let outage {
            guard outage > 0, rate > 0, faults == nil, inject == nil else {
                throw ValidationError(
                    "--outage takes seconds above 0 and a --rate above 0, no --faults and no --inject")
            }
        } else if brokerDefaults {
            throw ValidationError("--broker-defaults goes with --outage")
        }
    }

    func run() async throws {
        let folder = URL(fileURLWithPath: workdir).standardizedFileURL.path
        if let outage {
            let report = try await OutageRun(
                outage: .seconds(outage), rate: rate, usesBrokerDefaults: brokerDefaults, seed: seed, folder: folder
            ).run()
            try report.print(as: output)
            guard report.holds else { throw ExitCode(1) }
        } else {
            let plan = ChaosPlan(
                messages: messages, kills: kills, seed: seed, faults: ChaosFault.list(faults ?? "") ?? [],
                startedAt: .systemNow())
            let report = try await ChaosRun(plan: plan, folder: folder, inject: inject).run()
            try report.print(as: output)
            guard report.holds else { throw ExitCode(1) }
        }
    }
}
