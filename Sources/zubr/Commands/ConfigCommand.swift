import ArgumentParser
import FleetConfiguration
import FleetConsole
import FleetModel
import Foundation
import Rehearsal

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "The configuration files.",
        discussion: "Example: zubr config check /etc/zubr/zubrd.yaml", subcommands: [Check.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read every file as zubrd would and list everything that is wrong, with file and line.",
            discussion: "Example: zubr config check /etc/zubr/zubrd.yaml")

        @Argument(help: "zubrd's configuration file (default: the zubrd.yaml of this installation).")
        var file: String?

        @OptionGroup var output: OutputOptions

        func run() throws {
            let path = try file ?? installedConfiguration()
            let verdict = ConfigurationVerdict(path)
            try output.show(verdict) { page in
                for line in verdict.problems { page.add(line, .alarm) }
                for line in verdict.warnings { page.add("warning: \(line)", .warning) }
                for line in verdict.notes { page.add(line) }
                page.add(
                    verdict.isGood
                        ? "\(path) is good."
                        : "\(verdict.problems.count) \(verdict.problems.count == 1 ? "problem" : "problems"); zubrd would not start.",
                    verdict.isGood ? .good : .alarm)
            }
            if !verdict.isGood { throw ExitCode(CommandFailure.failed) }
        }
    }
}

/// The `zubrd.yaml` that is used when none is named.
func installedConfiguration() throws -> String {
    do {
        return try configurationFolder() + "/zubrd.yaml"
    } catch {
        throw CommandFailure(error.description)
    }
}

/// What reading the configuration brought.
struct ConfigurationVerdict: Encodable {
    var file: String
    var isGood: Bool
    var problems: [String] = []
    var warnings: [String] = []
    var summary: ConfigurationSummary?
    /// The summary in sentences.
    var notes: [String] = []

    enum CodingKeys: CodingKey { case file, isGood, problems, warnings, summary }

    init(_ file: String) {
        self.file = file
        do {
            let configuration = try FleetConfiguration.load(file)
            isGood = true
            warnings = configuration.warnings.map(\.description)
            summary = configuration.summary()
            notes = configuration.notes()
        } catch {
            isGood = false
            problems = error.problems.map(\.description)
        }
    }
}
