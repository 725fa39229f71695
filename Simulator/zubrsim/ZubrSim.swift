import ArgumentParser

/// The simulator's command line.
@main
struct ZubrSim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zubrsim",
        abstract: "Plays a fleet of machines with known faults, or a recording, to an MQTT broker.",
        discussion: "Every command prints one JSON object with its counts last.",
        subcommands: [Publish.self, Replay.self, ChaosCommand.self])
}
