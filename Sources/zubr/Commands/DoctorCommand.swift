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

    @OptionGroup var daemon: DaemonOptions

    func run() throws {
        var findings: [Diagnosis] = []
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
