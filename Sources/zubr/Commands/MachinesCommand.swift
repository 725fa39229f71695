import ArgumentParser
import FleetRuntime

struct MachinesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machines", abstract: "Every machine: health, last report, next service, orders.",
        discussion: """
            Examples:
              zubr machines
              zubr machines import fleet.csv
            """,
        subcommands: [List.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every machine on a line, the worst first.", discussion: "Example: zubr machines --output json")

        @OptionGroup var daemon: DaemonOptions

        func run() throws {
            let machines: MachinesDocument = try daemon.client.get("/v1/machines")
            try daemon.output.show(machines) { $0.show(machines) }
        }
    }
}
