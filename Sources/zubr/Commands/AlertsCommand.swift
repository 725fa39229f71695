import ArgumentParser
import FleetModel
import FleetRuntime
import Foundation

struct AlertsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "What is wrong now, and that somebody has seen it.",
        discussion: """
            Examples:
              zubr alerts --all
              zubr alerts acknowledge kuzbass-coal/truck-17 coolant-hot --episode 1
            """,
        subcommands: [List.self, Acknowledge.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Alerts, the worst first.", discussion: "Example: zubr alerts --output json")

        @Flag(help: "The resolved ones too.")
        var all = false

        @OptionGroup var daemon: DaemonOptions

        func run() throws {
            let alerts: AlertsDocument = try daemon.client.get("/v1/alerts", all ? [("all", "true")] : [])
            try daemon.output.show(alerts) { $0.show(alerts) }
        }
    }

    struct Acknowledge: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that you have seen an alert.",
            discussion: "Example: zubr alerts acknowledge kuzbass-coal/truck-17 coolant-hot --episode 1 --by Ihar")

        @Argument(help: "The machine, as fleet/equipment.")
        var equipment: MachineKey

        @Argument(help: "The rule, as `zubr alerts` names it.", transform: parseRule)
        var rule: RuleID

        @Option(help: "Which of several things of one rule, such as 'SPN 110 FMI 0 SA 0'.")
        var subject = ""

        @Option(help: "Which time, as `zubr alerts` counts it.")
        var episode = 1

        @Option(help: "Who has seen it (default: the user of this command).")
        var by: String?

        @OptionGroup var daemon: DaemonOptions

        func run() throws {
            let noted: AcknowledgementDocument = try daemon.client.post(
                "/v1/alerts/acknowledge",
                AcknowledgementDocument(
                    equipment: equipment, rule: rule, subject: subject, episode: episode, by: by ?? NSUserName()))
            try daemon.output.show(noted) { page in
                page.add("\(noted.rule) #\(noted.episode) of \(noted.equipment): seen by \(noted.by)")
            }
        }
    }
}

private func parseRule(_ text: String) throws -> RuleID {
    guard let rule = RuleID(text) else { throw ValidationError("a rule's name takes 1 to 64 of A-Z a-z 0-9 _ . : -") }
    return rule
}
