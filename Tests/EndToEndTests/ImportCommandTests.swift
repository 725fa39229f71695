import Foundation
import Rehearsal
import Support
import Testing

/// What `zubr import` prints, as far as checks rely on it.
private struct ImportFigures: Decodable, Equatable {
    var rows: Int
    var samples: Int
    var rejected: Int
    var alreadyImported: Bool
    var resumed: Bool
    var seconds: Double
    var cpuSeconds: Double
    var bytesOnDisk: Int
    var bytesPerSample: Double
    var peakRssMb: Double
}

@Suite("zubr import and export")
struct ImportCommandTests {
    private let folder = TemporaryFolder()

    private func figures(_ output: String) throws -> ImportFigures {
        let line = try #require(output.split(separator: "\n").last, "import printed nothing")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(ImportFigures.self, from: Data(line.utf8))
    }

    private func importing(_ file: String, into database: String, _ more: String...) async throws -> ImportFigures {
        let (status, output) = try await Stage.run(
            "zubr",
            [
                "import", "\(folder.path)/\(file)", "--format", "line-protocol", "--database",
                "\(folder.path)/\(database)",
            ]
                + ["--output", "json"] + more)
        try #require(status == 0, "\(output)")
        return try figures(output)
    }

    private func exporting(_ database: String) async throws -> String {
        let (status, output) = try await Stage.run(
            "zubr", ["export", "--database", "\(folder.path)/\(database)", "--output", "json-lines"])
        try #require(status == 0, "\(output)")
        return output
    }

    /// Rows of a few machines, some of them without a name.
    private func write(_ file: String, rows: Int) throws {
        var random = SeededGenerator(seed: 1)
        var text = ""
        for row in 0..<rows {
            let name = random.next(500) == 0 ? "" : ",name=t\(row % 20)"
            text += "readings\(name),fleet=f,driver=Ann speed=\(random.next(90)),load=\(random.next(1_000)).5 "
            text += "\(1_700_000_000 + row / 20)000000000\n"
        }
        try text.write(toFile: "\(folder.path)/\(file)", atomically: true, encoding: .utf8)
    }

    @Test("a packed file is imported once, and what was not taken is shown")
    func packed() async throws {
        try write("rows.lp", rows: 4_000)
        let plain = try await importing("rows.lp", into: "plain.db")
        #expect(plain.rows + plain.rejected == 4_000 && plain.samples == 2 * plain.rows && plain.rejected > 0)
        #expect(plain.bytesOnDisk > 0 && plain.seconds > 0 && plain.cpuSeconds > 0 && plain.peakRssMb > 0)
        for (ending, program) in [("gz", "gzip"), ("xz", "xz"), ("zst", "zstd")] {
            #expect(try shell("\(program) -c \(folder.path)/rows.lp > \(folder.path)/rows.lp.\(ending)") == 0)
            let figures = try await importing("rows.lp.\(ending)", into: "\(ending).db")
            #expect(figures.rows == plain.rows && figures.rejected == plain.rejected)
            let again = try await importing("rows.lp.\(ending)", into: "\(ending).db")
            #expect(again.alreadyImported && again.rows == plain.rows)
            let (packedLines, plainLines) = (try await exporting("\(ending).db"), try await exporting("plain.db"))
            #expect(packedLines == plainLines)
        }
        // Unpacked it is another file, with nothing new in it.
        let same = try await importing("rows.lp", into: "xz.db")
        #expect(!same.alreadyImported && same.rows == 0 && same.samples == 0)
        let (status, output) = try await Stage.run(
            "zubr", ["rejected", "--database", "\(folder.path)/plain.db", "--output", "lines"])
        #expect(status == 0 && output.split(separator: "\n").count == plain.rejected)
        #expect(output.split(separator: "\n").allSatisfy { $0.hasPrefix("readings,fleet=f") })
    }

    @Test("an import that is killed goes on, and leaves what one that was not killed leaves")
    func killed() async throws {
        try write("rows.lp", rows: 200_000)
        let whole = try await importing("rows.lp", into: "whole.db", "--memory", "1")
        var kills = 0
        var last: ImportFigures?
        let command =
            "'\(try sibling(program: "zubr"))' import \(folder.path)/rows.lp --format line-protocol --output json"
            + " --memory 1 --database \(folder.path)/killed.db > \(folder.path)/output"
        // Longer each time, so that it comes to an end on any machine. By a program: our own clock may be late.
        for attempt in 1...60 where last == nil {
            switch try shell("timeout -s KILL \(0.03 * Double(attempt)) \(command)") {
            case 0: last = try figures(try String(contentsOfFile: "\(folder.path)/output", encoding: .utf8))
            case 137: kills += 1
            case let status: Issue.record("zubr import ended with \(status)")
            }
        }
        let figures = try #require(last)
        #expect(kills > 0)
        #expect(figures.rows == whole.rows && figures.samples == whole.samples && figures.rejected == whole.rejected)
        let (left, right) = (try await exporting("killed.db"), try await exporting("whole.db"))
        #expect(left == right)
    }

    @Test("a file that is cut off is an error, what was read stays, and the whole file adds the rest")
    func cutOff() async throws {
        try write("rows.lp", rows: 30_000)
        let commands = [
            "gzip -c rows.lp > whole.lp.gz", "head -c 100000 whole.lp.gz > cut.lp.gz", "head -c 999 rows.lp > no.lp.xz",
        ]
        #expect(try shell("cd \(folder.path) && " + commands.joined(separator: " && ")) == 0)
        let arguments = ["--format", "line-protocol", "--database", "\(folder.path)/a.db"]
        #expect(try await Stage.run("zubr", ["import", "\(folder.path)/cut.lp.gz"] + arguments).status == 1)
        #expect(try await Stage.run("zubr", ["import", "\(folder.path)/no.lp.xz"] + arguments).status == 1)
        #expect(try await Stage.run("zubr", ["import", "\(folder.path)/none.lp"] + arguments).status == 1)
        let before = try await exporting("a.db").split(separator: "\n").count
        #expect(before > 1_000)
        let whole = try await importing("whole.lp.gz", into: "a.db")
        #expect(whole.rows + before + whole.rejected == 30_000)
    }

    @Test("exported, imported and exported again is byte by byte the same", arguments: ["csv", "json-lines"])
    func roundTrip(format: String) async throws {
        try write("rows.lp", rows: 2_000)
        _ = try await importing("rows.lp", into: "a.db")
        let (first, second) = ("\(folder.path)/a.\(format).zst", "\(folder.path)/b.\(format).zst")
        func export(_ database: String, _ file: String) async throws {
            let arguments = ["export", "--database", "\(folder.path)/\(database)", "--output", format, "--file", file]
            #expect(try await Stage.run("zubr", arguments).status == 0)
        }
        try await export("a.db", first)
        let arguments = ["import", first, "--format", format, "--database", "\(folder.path)/b.db"]
        #expect(try await Stage.run("zubr", arguments).status == 0)
        try await export("b.db", second)
        #expect(try Data(contentsOf: URL(fileURLWithPath: first)) == Data(contentsOf: URL(fileURLWithPath: second)))
    }

    private func shell(_ command: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
