import ArgumentParser
import FleetConfiguration
import FleetConsole
import FleetModel
import FleetRuntime
import Rehearsal

struct MachinesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machines", abstract: "Every machine: health, last report, next service, orders.",
        discussion: """
            Examples:
              zubr machines
              zubr machines import fleet.csv
              zubr machines enrol kuzbass-coal/truck-17
              zubr machines transfer kuzbass-coal/truck-17 altai-ore/t-4
            """,
        subcommands: [List.self, Import.self, Enrol.self, Withdraw.self, Credentials.self, Transfer.self],
        defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every machine on a line, the worst first.", discussion: "Example: zubr machines --output json")

        @OptionGroup var daemon: DaemonOptions

        func run() throws {
            let machines: MachinesDocument = try daemon.client.get("/v1/machines")
            try daemon.output.show(machines) { $0.show(machines) }
        }
    }

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register machines from a CSV file, or change what is known of them.",
            discussion: """
                Columns, in any order: fleet, equipment, model; and if known pin, vin, site, latitude, longitude, \
                owner, contact, in_service, engine_hours, odometer, fuel_used_total, last:TO-1 and so on. All of the \
                file is taken or nothing.

                Example: zubr machines import fleet.csv
                """)

        @Argument(help: "The CSV file.")
        var file: String

        @OptionGroup var daemon: DaemonOptions

        func run() throws {
            let client = daemon.client
            // A meter without a date counts from now, and what is now is the daemon's to say.
            let status: StatusDocument = try client.get("/v1/status")
            let machines: [Machine]
            do {
                // Without a catalog at hand models are taken as they are; an unknown one gets no plan.
                let catalog = try (try? configurationFolder()).map(FleetConfiguration.loadCatalog)
                machines = try FleetConfiguration.loadMachines(csv: file, catalog: catalog, now: status.now)
            } catch {
                throw CommandFailure("nothing was registered:\n\(error)")
            }
            let registered: RegistrationDocument = try client.post("/v1/machines", machines)
            try daemon.output.show(registered) { page in
                page.add(
                    quantity(registered.new, "machine is", "machines are") + " new, "
                        + quantity(registered.updated, "was", "were") + " known.", .good)
            }
        }
    }
}
