import ArgumentParser
import FleetModel

/// The simulator's command line.
@main
struct ZubrSim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zubrsim",
        abstract: "Plays a fleet of machines with known faults, or a recording, to an MQTT broker.",
        discussion: """
            Every command prints its counts last, as one JSON object or, with --output table, as lines.

            Example: zubrsim publish --scenario demo --seed 7 --speed 7200 --broker mqtt://127.0.0.1:1883
            """,
        version: zubrVersion,
        subcommands: [
            Publish.self, Replay.self, ChaosCommand.self, SoakCommand.self, BenchCommand.self, NullSubscriber.self,
        ])
}
