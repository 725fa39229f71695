import ArgumentParser
import FleetModel

struct Zubr: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zubr",
        abstract: "Ask and tell zubrd: machines, what they need, and who does it.",
        discussion: """
            Talks to a running zubrd over its Unix socket (--socket, else ZUBR_SOCKET, else /run/zubr/zubrd.sock).
            Exit codes: 0 done, 1 failed, 2 zubrd does not answer, 64 used wrongly.

            Example: zubr work-orders --verbose
            """,
        version: zubrVersion,
        subcommands: [
            StatusCommand.self, MachinesCommand.self, MachineCommand.self, AlertsCommand.self, WorkOrdersCommand.self,
            CentersCommand.self, QuarantineCommand.self, GapsCommand.self, QueryCommand.self, TsbsCommand.self,
            SQLCommand.self, ExportCommand.self, ImportCommand.self, RejectedCommand.self, CheckCommand.self,
            BackupCommand.self, RestoreCommand.self, ConfigCommand.self, DoctorCommand.self, DemoCommand.self,
        ])
}
