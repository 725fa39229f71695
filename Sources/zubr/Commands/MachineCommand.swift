import ArgumentParser
import FleetModel
import FleetRuntime

struct MachineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machine", abstract: "One machine: registration, services, signals with limits, faults, orders.",
        discussion: "Example: zubr machine kuzbass-coal/truck-17")

    @Argument(help: "The machine, as fleet/equipment.")
    var id: MachineKey

    @OptionGroup var daemon: DaemonOptions

    func run() throws {
        let client = daemon.client
        let machine: MachineDetailDocument = try client.get("/v1/machines/\(id)")
        // The document has no clock of its own; its times are counted from the daemon's.
        let status: StatusDocument = try client.get("/v1/status")
        try daemon.output.show(machine) { $0.show(machine, now: status.now) }
    }
}
