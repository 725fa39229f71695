import ArgumentParser
import FleetConsole
import FleetModel
import FleetRuntime

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "What is wrong with this installation, and what to do about it.",
        discussion: """
            Looks at configuration, broker, database, disk and clock, with zubrd running or not, and asks zubrd when it \
            runs. It changes nothing. Run it as root or as zubrd's user: others may not read everything.

            Exits 0 when nothing failed (warnings may stand), 1 when something did, a zubrd that does not answer included.

            Example: zubr doctor --config /etc/zubr/zubrd.yaml
            """)

    @Option(help: "zubrd's configuration file (default: the zubrd.yaml of this installation).")
    var config: String?

    @Option(help: "The broker's configuration file, when the broker runs on this machine.")
    var mosquitto = "/etc/mosquitto/mosquitto.conf"

    @OptionGroup var daemon: DaemonOptions

    func run() async throws {
        let document = await Doctor(
            configuration: try config ?? installedConfiguration(), mosquitto: mosquitto, client: daemon.client,
            isSocketGiven: daemon.socket != nil
        ).examine()
        try daemon.output.show(document) { $0.show(document) }
        if !document.isWell { throw ExitCode(CommandFailure.failed) }
    }
}
