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

    @Test(
        "a transfer that the daemon refuses costs nobody its access; one that fails later says how it is mended",
        .timeLimit(.minutes(2)))
    func refusedTransfer() async throws {
        let configuration = try exampleConfiguration(in: work)
        try await Stage.open(configuration: configuration) { stage, daemon in
            func transfer(_ old: String, _ new: String, reload: String) async throws -> (status: Int32, output: String)
            {
                try await Stage.run(
                    "zubr",
                    ["machines", "transfer", old, new, "--socket", stage.socket]
                        + files(reload: ["--reload-command", reload]))
            }
            let (sold, other) = ("kuzbass-coal/truck-17", "kuzbass-coal/robot-03")
            let enrolled = try await Stage.run(
                "zubr", ["machines", "enrol", sold, other] + files(reload: ["--reload-command", "true"]))
            #expect(enrolled.status == 0, "\(enrolled.output)")
            let isRegistered = try await eventually {
                try await Stage.run("zubr", ["machine", other, "--socket", stage.socket]).status == 0
            }
            #expect(isRegistered)
            #expect(try await transfer(sold, "altai-ore/t-4", reload: "true").status == 0)

            // The name of another machine, which the daemon alone knows of.
            let before = passwords
            let refused = try await transfer(other, sold, reload: "true")
            #expect(refused.status == 1)
            #expect(refused.output.contains("was the name of altai-ore/t-4"), "\(refused.output)")
            #expect(passwords == before)

            // The daemon goes while the credential is being withdrawn.
            let late = try await transfer(
                other, "altai-ore/r-3",
                reload: "kill -KILL \(daemon.id); while [ -d /proc/\(daemon.id) ]; do sleep 0.05; done")
            #expect(late.status == 2)
            #expect(!passwords.contains(other))
            #expect(late.output.contains("the credential of \(other) is withdrawn already"), "\(late.output)")
            #expect(late.output.contains("sudo zubr machines enrol \(other)"), "\(late.output)")
            #expect(late.output.contains("type the same again"), "\(late.output)")
        }
    }
}
