import ArgumentParser
import FleetRuntime

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "How the daemon, its broker, its database and its fleet are.",
        discussion: "Example: zubr status --output json")

    @OptionGroup var daemon: DaemonOptions

    func run() throws {
        let status: StatusDocument = try daemon.client.get("/v1/status")
        try daemon.output.show(status) { $0.show(status) }
    }
}
