import Foundation
import Rehearsal
import Support
import Testing

@Suite("the command lines")
struct CommandLineTests {
    @Test("the three programs have the same version")
    func version() async throws {
        var said: Set<String> = []
        for program in ["zubrd", "zubr", "zubrsim"] {
            let (status, text) = try await Stage.run(program, ["--version"])
            #expect(status == 0)
            said.insert(text)
        }
        #expect(said.count == 1)
        #expect(said.first?.contains(#/^[0-9]+\.[0-9]+\.[0-9]+\n$/#) == true)
    }

    @Test("zubrsim says how it is used, with an example")
    func help() async throws {
        let (status, text) = try await Stage.run("zubrsim", ["--help"])
        #expect(status == 0)
        #expect(text.contains("Example: zubrsim publish"))
    }

    @Test(
        "publish and replay print their counts as JSON when nothing is said, and as asked",
        arguments: [([], true), (["--output", "json"], true), (["--output", "table"], false)])
    func outputForms(options: [String], isJSON: Bool) async throws {
        let work = TemporaryFolder()
        let recording = "\(work.path)/fleet.jsonl"
        let commands = [
            ["publish", "--scenario", "small", "--speed", "max", "--hours", "0.2", "--to", recording],
            ["replay", recording, "--speed", "max", "--to", "\(work.path)/again.jsonl"],
        ]
        for command in commands {
            let (status, text) = try await Stage.run("zubrsim", command + options)
            #expect(status == 0, "\(text)")
            let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            #expect((object != nil) == isJSON, "\(text)")
            if isJSON {
                #expect(object?["seconds"] != nil)
            } else {
                #expect(text.contains(#/(?m)^(messages|published) +[1-9][0-9]*$/#), "\(text)")
            }
        }
    }

    @Test(
        "a configuration file that is not there is one problem", arguments: ["/nonexistent", "/nonexistent.d/z.yaml"])
    func missingConfiguration(file: String) async throws {
        let work = TemporaryFolder()
        for (program, arguments) in [
            ("zubrd", ["--config", file, "--database", "\(work.path)/z.db", "--socket", "\(work.path)/z.sock"]),
            ("zubr", ["config", "check", file]),
        ] {
            let (status, text) = try await Stage.run(program, arguments)
            #expect(status == 1)
            #expect(text.contains("\(file): there is no such file"))
            #expect(!text.contains("catalog.yaml"), "\(text)")
        }
    }

    @Test("chaos and export tell a terminal how far they are, and nobody else", .timeLimit(.minutes(2)))
    func progress() async throws {
        let work = TemporaryFolder()
        let chaos = "\(try sibling(program: "zubrsim")) chaos --messages 2000 --kills 1 --workdir \(work.path)/chaos"
        let seen = try await onTerminal(chaos)
        #expect(seen.contains(#/of 2000 published, [01] of 1 kills done/#), "\(seen)")
        let export =
            "\(try sibling(program: "zubr")) export --database \(work.path)/chaos/zubr.db --equipment chaos/unit-3"
        #expect(try await onTerminal("\(export) > \(work.path)/readings.csv").contains("0 frames, up to 2"))
        let readings = try String(contentsOfFile: "\(work.path)/readings.csv", encoding: .utf8)
        #expect(readings.hasPrefix("observed_at,boot"))
        #expect(!readings.contains("up to"))
        // On one terminal the two would write over each other.
        #expect(try await !onTerminal(export).contains("frames, up to"))
    }

    /// What the command writes to a terminal of its own, which only util-linux's `script` gives it.
    private func onTerminal(_ command: String) async throws -> String {
        let work = TemporaryFolder()
        let file = "\(work.path)/screen"
        let end = try await ChildProcess.start(
            try systemProgram("script", package: "bsdutils"), arguments: ["-qefc", command, "/dev/null"], output: file
        ).wait()
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(end == .exited(0), "\(text)")
        return text
    }
}
