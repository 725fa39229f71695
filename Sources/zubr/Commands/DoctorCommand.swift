import ArgumentParser
import FleetConsole
import FleetModel
import FleetRuntime

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "What is wrong with this installation, and what to do about it.",
        discussion: """
            Asks the daemon and looks at the configuration. Exits 1 when something needs a person.

            Example: zubr doctor --config /etc/zubr/zubrd.yaml
            """)

    @Option(help: "zubrd's configuration file (default: the zubrd.yaml of this installation).")
    var config: String?

    @OptionGroup var daemon: DaemonOptions

    func run() throws {
        let verdict = ConfigurationVerdict(try config ?? installedConfiguration())
        var findings = verdict.problems.map {
            Diagnosis(.critical, "configuration", $0, next: "zubrd will not start like this; mend the file")
        }
        findings += verdict.warnings.map {
            Diagnosis(.minor, "configuration", $0, next: "it is allowed; change it if it is not meant")
        }
        do {
            let status: StatusDocument = try daemon.client.get("/v1/status")
            findings += status.diagnoses
        } catch let failure {
            findings.append(Diagnosis(failure))
        }
        let document = DiagnosesDocument(findings)
        try daemon.output.show(document) { $0.show(document) }
        if !document.isWell { throw ExitCode(CommandFailure.failed) }
    }
}

extension Diagnosis {
    fileprivate init(_ failure: ClientFailure) {
        let lines = failure.description.split(separator: "\n", maxSplits: 1).map(String.init)
        self.init(
            .critical, "daemon", lines[0],
            next: lines.count > 1 ? lines[1] : "`systemctl status zubrd` and its log say more")
    }
}
