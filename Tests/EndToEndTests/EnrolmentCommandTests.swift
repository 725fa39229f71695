import FleetModel
import FleetRuntime
import Foundation
import Rehearsal
import Support
import Testing

@Suite("enrolment from the command line")
struct EnrolmentCommandTests {
    private let work = TemporaryFolder()

    /// The broker's files in a folder of their own.
    private func files(reload: [String]) throws -> [String] {
        let list = "\(work.path)/acl"
        if !FileManager.default.fileExists(atPath: list) {
            try FileManager.default.copyItem(atPath: project("Config/mosquitto.acl"), toPath: list)
        }
        return [
            "--password-file", "\(work.path)/passwords", "--access-list", list, "--authority",
            "\(work.path)/authority",
        ] + reload
    }

    private var passwords: String {
        (try? String(contentsOfFile: "\(work.path)/passwords", encoding: .utf8)) ?? ""
    }

    @Test(
        "a broker that cannot be told takes nothing away: what was made is shown, with what is left to do",
        arguments: [["--reload-command", "exit 3"], ["--pid-file", "/"]])
    func reloadFails(reload: [String]) async throws {
        let files = try files(reload: reload)
        let enrolled = try await Stage.run("zubr", ["machines", "enrol", "north/truck-1"] + files)
        #expect(enrolled.status == 0)
        #expect(enrolled.output.contains(#/north\/truck-1  password [A-Za-z0-9_-]{32}/#), "\(enrolled.output)")
        #expect(enrolled.output.contains("sudo systemctl reload mosquitto"), "\(enrolled.output)")
        #expect(passwords.hasPrefix("north/truck-1:"))
        let withdrawn = try await Stage.run("zubr", ["machines", "withdraw", "north/truck-1"] + files)
        #expect(withdrawn.status == 0)
        #expect(withdrawn.output.contains("north/truck-1: password withdrawn"), "\(withdrawn.output)")
        #expect(withdrawn.output.contains("sudo systemctl reload mosquitto"), "\(withdrawn.output)")
    }
}
