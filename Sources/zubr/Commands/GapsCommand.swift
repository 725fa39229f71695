import ArgumentParser
import FleetRuntime

struct GapsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gaps", abstract: "Frames that machines counted and that never came.",
        discussion: "Example: zubr gaps --output json")

    @OptionGroup var daemon: DaemonOptions

    func run() throws {
        let gaps: GapsDocument = try daemon.client.get("/v1/gaps")
        try daemon.output.show(gaps) { $0.show(gaps) }
    }
}
