import ArgumentParser
import FleetRuntime

struct QuarantineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine", abstract: "Messages that were not taken, why, and another try.",
        discussion: """
            Examples:
              zubr quarantine --limit 20
              zubr quarantine retry 4711 4712
            """,
        subcommands: [List.self, Retry.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Rejected messages, the newest first.", discussion: "Example: zubr quarantine --output json")

        @Option(help: "At most so many, 1 to 1000.")
        var limit = 100

        @OptionGroup var daemon: DaemonOptions

        func run() throws {
            let client = daemon.client
            let quarantine: QuarantineDocument = try client.get("/v1/quarantine", [("limit", "\(limit)")])
            let status: StatusDocument = try client.get("/v1/status")
            try daemon.output.show(quarantine) { $0.show(quarantine, now: status.now) }
        }
    }

    struct Retry: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try rejected messages again, after the cause was mended.",
            discussion: "Example: zubr quarantine retry --all")

        @Argument(help: "The messages' ids, as `zubr quarantine` lists them.")
        var ids: [Int64] = []

        @Flag(help: "All there are, at most 1000 a call.")
        var all = false

        @OptionGroup var daemon: DaemonOptions

        func validate() throws {
            guard all != !ids.isEmpty else { throw ValidationError("Give either the messages' ids or --all.") }
        }

        func run() throws {
            let retried: RetryDocument = try daemon.client.post(
                "/v1/quarantine/retry", all ? RetryRequest(all: true) : RetryRequest(ids: ids))
            try daemon.output.show(retried) { $0.show(retried) }
        }
    }
}
