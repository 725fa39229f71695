import FleetModel
import FleetRuntime
import FleetStore
import Foundation
import Rehearsal
import Support
import Testing

@Suite("the commands that take a database file")
struct DatabaseCommandTests {
    private struct Answer: Decodable {
        var columns: [String]
        var rows: [[Int]]
        var rowCount: Int
        var isCut: Bool
    }

    private struct Report: Decodable {
        var isWhole: Bool
        var damage: [[String: JSONValue]]
    }

    /// What a finding may hold, as text.
    private struct JSONValue: Decodable {
        var text: String
        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let number = try? value.decode(Int.self) {
                text = "\(number)"
            } else {
                text = try value.decode(String.self)
            }
        }
    }

    private func answer<Document: Decodable>(_ arguments: [String], as type: Document.Type) async throws -> Document {
        let (status, text) = try await Stage.run("zubr", arguments + ["--output", "json"])
        #expect(status == 0, "\(text)")
        return try DocumentCoding.decode(type, from: Array(text.utf8))
    }

    /// The status of a command of `zubr` whose standard output goes to `output`, and what it says to people.
    private func end(_ arguments: [String], output: String) throws -> (status: Int32, words: String) {
        let command = Process()
        command.executableURL = URL(fileURLWithPath: try sibling(program: "zubr"))
        command.arguments = arguments
        command.standardOutput = FileHandle(forWritingAtPath: output)
        let words = Pipe()
        command.standardError = words
        try command.run()
        let text = String(decoding: words.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        command.waitUntilExit()
        #expect(command.terminationReason == .exit)
        return (command.terminationStatus, text)
    }

    @Test(
        "fail when what they print cannot be written",
        arguments: [
            ["sql", "SELECT 1"], ["sql", "--output", "csv", "SELECT 1"], ["check"],
            ["query", "--last", "--fleet", "north"],
            ["rejected", "--output", "lines"],
        ])
    func fullOutput(arguments: [String]) async throws {
        let work = TemporaryFolder()
        let lines = "\(work.path)/lines.lp"
        try "m,name=a,fleet=north x=1 1451606400000000000\nm x=\n".write(
            toFile: lines, atomically: true, encoding: .utf8)
        let database = ["--database", "\(work.path)/zubr.db"]
        #expect(try await Stage.run("zubr", ["import", lines, "--format", "line-protocol"] + database).status == 0)
        let (status, words) = try end([arguments[0]] + database + arguments.dropFirst(), output: "/dev/full")
        #expect(status == 1)
        #expect(words.contains("No space left on device"), "\(words)")
    }

    private struct Failed: Decodable {
        var error: Failure
        struct Failure: Decodable {
            var message: String
            var exitCode: Int32
        }
    }

    @Test(
        "that fail tell a program so in one JSON object, the last that is printed",
        arguments: [
            (["import", "none.lp", "--format", "line-protocol", "--database", "x.db"], 1, "cannot read none.lp"),
            (["import", "bad.lp", "--format", "line-protocol", "--database", "x.db"], 1, "not one row of bad.lp"),
            (["restore", "none.db", "--database", "x.db"], 1, "there is no database at none.db"),
            (["backup", "--database", "none.db", "--to", "x.db"], 1, "there is no database at none.db"),
            (["check", "--database", "none.db"], 1, "there is no database at none.db"),
            (["query", "--database", "a.db", "--fleet", "none", "--last"], 1, "the fleet none; there is north"),
            (["query", "--database", "a.db", "--fleet", "north", "--step", "1x"], 64, "not \"1x\""),
            (["query", "--socket", "none.sock", "--fleet", "north"], 2, "zubrd does not answer"),
            (["tsbs", "low-fuel", "--database", "a.db", "--fleet", "none"], 1, "the fleet none; there is north"),
            (["sql", "--database", "a.db", "SELECT nowhere"], 1, "no such column: nowhere"),
            (["sql", "--database", "a.db", "SELECT 1 UNION ALL SELECT abs(-9223372036854775807 - 1)"], 1, "overflow"),
            (["sql", "--database", "a.db", " "], 64, "there is no statement"),
            (["export", "--database", "none.db", "--equipment", "north/a"], 1, "there is no database at none.db"),
            (["status", "--socket", "none.sock"], 2, "zubrd does not answer"),
        ] as [([String], Int32, String)])
    func failures(arguments: [String], status: Int32, says: String) async throws {
        let work = TemporaryFolder()
        let files = ["a.lp": "m,name=a,fleet=north x=1 1451606400000000000\n", "bad.lp": "this is no line protocol\n"]
        for (name, text) in files { try text.write(toFile: "\(work.path)/\(name)", atomically: true, encoding: .utf8) }
        // What files are there is said by their names alone.
        func placed(_ words: [String]) -> [String] {
            words.map { $0.contains(#/^[a-z]+\.(lp|db|sock)$/#) ? "\(work.path)/\($0)" : $0 }
        }
        let imported = try await Stage.run(
            "zubr", placed(["import", "a.lp", "--format", "line-protocol", "--database", "a.db"]))
        #expect(imported.status == 0, "\(imported.output)")
        let output = "\(work.path)/output"
        #expect(FileManager.default.createFile(atPath: output, contents: nil))
        let (ended, words) = try end(placed(arguments) + ["--output", "json"], output: output)
        let printed = try String(contentsOfFile: output, encoding: .utf8)
        let last = try #require(printed.split(separator: "\n").last, "nothing was printed; \(words)")
        let failed = try DocumentCoding.decode(Failed.self, from: Array(last.utf8)).error
        #expect(ended == status && failed.exitCode == status)
        let message = failed.message.replacing("\(work.path)/", with: "")
        #expect(message.contains(says), "\(message)")
        #expect(words.contains(failed.message.split(separator: "\n")[0]), "\(words)")
    }

    @Test("an import of which nothing can be taken fails")
    func nothingTaken() async throws {
        let work = TemporaryFolder()
        try "this is no line protocol\n".write(toFile: "\(work.path)/a.lp", atomically: true, encoding: .utf8)
        let (status, words) = try end(
            ["import", "\(work.path)/a.lp", "--format", "line-protocol", "--database", "\(work.path)/zubr.db"],
            output: "/dev/null")
        #expect(status == 1)
        #expect(words.contains("not one row of"), "\(words)")
    }

    @Test(
        "a statement of SQL ends in its time, whatever one function of it takes, and takes no more memory than it may",
        arguments: [
            (sql: "SELECT instr(zeroblob(8000000), zeroblob(4000000) || x'01')", says: "stopped after 1.0 s"),
            (
                sql: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT zeroblob(900000) FROM n",
                says: "more than 64 MB"
            ),
        ])
    func bounds(sql: String, says: String) async throws {
        let work = TemporaryFolder()
        try "m,name=a,fleet=north x=1 1451606400000000000\n".write(
            toFile: "\(work.path)/a.lp", atomically: true, encoding: .utf8)
        let database = ["--database", "\(work.path)/zubr.db"]
        #expect(
            try await Stage.run("zubr", ["import", "\(work.path)/a.lp", "--format", "line-protocol"] + database).status
                == 0)
        let (status, words) = try end(
            ["sql"] + database + ["--timeout", says.hasPrefix("stopped") ? "1" : "60", sql], output: "/dev/null")
        #expect(status == 1)
        #expect(words.contains(says), "\(words)")
    }

    @Test(
        "answer, look through, copy and put back the database of a daemon at work", .timeLimit(.minutes(3)))
    func beside() async throws {
        let work = TemporaryFolder()
        let copy = "\(work.path)/copy.db"
        try await Stage.open { stage, daemon in
            let traffic = try Traffic(broker: stage.broker.url, machines: [MachineKey("kuzbass-coal/truck-17")!])
            var known = 0
            try await traffic.flow {
                let hasFrames = try await eventually(within: .seconds(30)) {
                    try await stage.status()?.store.frames ?? 0 > 20
                }
                #expect(hasFrames)
                known = Int(try await stage.status()?.store.frames ?? 0)
                let (status, text) = try await Stage.run(
                    "zubr", ["backup", "--database", stage.database, "--to", copy, "--output", "json"])
                #expect(status == 0, "\(text)")
            }
            let counted = try await answer(
                [
                    "sql", "--database", stage.database,
                    "SELECT count(DISTINCT seq), count(*) > 0 FROM samples WHERE equipment = 'kuzbass-coal/truck-17'",
                ], as: Answer.self)
            #expect(counted.rows.count == 1 && counted.rowCount == 1 && !counted.isCut)
            #expect(counted.rows[0][0] >= known && counted.rows[0][1] == 1)
            #expect(try await answer(["check", "--database", stage.database], as: Report.self).isWhole)

            let refused = try await Stage.run("zubr", ["restore", copy, "--database", stage.database, "--force"])
            #expect(refused.status == 1)
            #expect(refused.output.contains("is in use by process"), "\(refused.output)")
            await traffic.close()
            await daemon.stop()

            let kept = try await Stage.run("zubr", ["restore", copy, "--database", stage.database])
            #expect(kept.status == 1 && kept.output.contains("--force"), "\(kept.output)")
            let done = try await Stage.run("zubr", ["restore", copy, "--database", stage.database, "--force"])
            #expect(done.status == 0 && done.output.contains("put aside"), "\(done.output)")
            let again = try await stage.startDaemon(configuration: "zubrd.yaml")
            let restored = try #require(try await stage.status())
            #expect(Int(restored.store.frames) >= known)
            await again.stop()
        }
    }

    @Test("print what people and programs can read, and say with their status how it went")
    func forms() async throws {
        let work = TemporaryFolder()
        let stage = "\(work.path)/zubr.db"
        let missing = try await Stage.run("zubr", ["check", "--database", stage])
        #expect(missing.status == 1 && missing.output.contains("there is no database"), "\(missing.output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: work.path).isEmpty)
        let store = try await FleetDatabase.open(path: stage, access: .daemon)
        var batch = IngestBatch()
        for seq in 1...50 {
            let at = Timestamp(iso8601: "2026-03-01T08:00:00Z")! + .seconds(Double(seq))
            batch.frames.append(
                ReceivedFrames(
                    machine: MachineKey("kuzbass-coal/truck-17")!, receivedAt: at,
                    frames: [Frame(boot: 1, seq: UInt64(seq), observedAt: at, readings: [Reading(.speed, 30)])]))
        }
        _ = try await store.commit(batch)
        await store.close()

        for (output, words) in [
            ("table", "n\n7\n1 row\n"), ("csv", "n\r\n7\r\n"), ("json", "{\"columns\":[\"n\"],\"rows\":[\n[7]\n]"),
        ] {
            let (status, text) = try await Stage.run(
                "zubr", ["sql", "--database", stage, "--output", output, "SELECT 3 + 4 AS n"])
            #expect(status == 0)
            #expect(text.hasPrefix(words), "\(text)")
        }
        let cut = try await Stage.run(
            "zubr",
            ["sql", "--database", stage, "--output", "csv", "--limit", "1", "SELECT 'a,\"b' AS t UNION SELECT 'c'"])
        #expect(cut.status == 0)
        #expect(cut.output.contains("t\r\n\"a,\"\"b\"\r\n") && cut.output.contains("cut after 1 rows"), "\(cut.output)")
        let lines = try await Stage.run(
            "zubr",
            [
                "sql", "--database", stage, "--output", "csv",
                "SELECT 'a' || char(10) || 'b' AS t, 'c' || char(13) AS u, 'd' || char(13, 10) AS v, NULL AS w",
            ])
        #expect(lines.output.hasPrefix("t,u,v,w\r\n\"a\nb\",\"c\r\",\"d\r\n\",\r\n"), "\(lines.output)")
        let write = try await Stage.run("zubr", ["sql", "--database", stage, "DELETE FROM machine"])
        #expect(write.status == 1)
        #expect(write.output.contains("DELETE FROM machine is refused: zubr sql only reads"), "\(write.output)")
        let late = try await Stage.run(
            "zubr",
            [
                "sql", "--database", stage, "--timeout", "0.2",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
            ])
        #expect(late.status == 1 && late.output.contains("stopped after 0.2 s"), "\(late.output)")

        var bytes = try Data(contentsOf: URL(fileURLWithPath: stage))
        for index in 8_192..<min(bytes.count, 40_000) { bytes[index] ^= 0x5A }
        try bytes.write(to: URL(fileURLWithPath: stage))
        let damaged = try await Stage.run("zubr", ["check", "--database", stage, "--output", "json"])
        #expect(damaged.status == 1)
        let report = try DocumentCoding.decode(Report.self, from: Array(damaged.output.utf8))
        #expect(!report.isWhole && !report.damage.isEmpty)
        #expect(report.damage.allSatisfy { $0["what"]?.text.isEmpty == false && $0["next"]?.text.isEmpty == false })
        let listed = try await Stage.run("zubr", ["check", "--database", stage])
        #expect(listed.status == 1 && listed.output.contains("→ "), "\(listed.output)")
    }

    @Test("an export goes on behind what is damaged, and lists what is missing")
    func damagedSegments() async throws {
        let work = TemporaryFolder()
        let path = "\(work.path)/zubr.db"
        // Values that do not pack, so that most bytes are theirs.
        var random = SeededGenerator(seed: 7)
        var lines = ""
        for row in 0..<9_000 {
            let time = 1_451_606_400 + row / 3
            lines += "m,name=t\(row % 3),fleet=f x=\(Double(random.next(1 << 30)) / 7),y=\(row) \(time)000000000\n"
        }
        try lines.write(toFile: "\(work.path)/a.lp", atomically: true, encoding: .utf8)
        let arguments = ["\(work.path)/a.lp", "--format", "line-protocol", "--database", path]
        #expect(try await Stage.run("zubr", ["import"] + arguments).status == 0)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        var found: String?
        for place in stride(from: whole.count - 4_096, to: 8_192, by: -10_007) where found == nil {
            var bytes = whole
            bytes[place] ^= 0x5A
            try bytes.write(to: URL(fileURLWithPath: path))
            let check = try await Stage.run("zubr", ["check", "--database", path, "--output", "json"])
            let damage = try DocumentCoding.decode(Report.self, from: Array(check.output.utf8)).damage
            if damage.count == 1, damage[0]["signal"]?.text == "x" { found = damage[0]["machine"]?.text }
        }
        let machine = try #require(found)
        let file = "\(work.path)/rows.csv"
        let (status, words) = try await Stage.run("zubr", ["export", "--database", path, "--file", file])
        #expect(status == 1)
        #expect(words.contains("missing: \(machine) x from 2016-01-01T00:00:00Z"), "\(words)")
        let rows = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").dropFirst()
        #expect(rows.count == 24_000, "x, y and tags of two machines, and all but x of the other")
        #expect(!rows.contains { $0.hasSuffix(",\(machine)") && $0.contains(",x,") })

        struct Document: Decodable {
            var readings: [Reading]
            var missing: [Finding]
            struct Reading: Decodable { var signal: String }
            struct Finding: Decodable {
                var machine: String
                var signal: String
                var from: String
            }
        }
        let json = "\(work.path)/rows.json"
        let one = ["export", "--database", path, "--equipment", machine, "--output", "json", "--file", json]
        #expect(try await Stage.run("zubr", one).status == 1)
        let document = try DocumentCoding.decode(
            Document.self, from: Array(try Data(contentsOf: URL(fileURLWithPath: json))))
        #expect(document.readings.count == 3_000 && document.readings.allSatisfy { $0.signal == "y" })
        #expect(document.missing.map(\.signal) == ["x"] && document.missing.map(\.machine) == [machine])
    }

    @Test("give what can be read of a damaged journal, and say that some of it is missing")
    func damagedJournal() async throws {
        let work = TemporaryFolder()
        let path = "\(work.path)/zubr.db"
        let machine = MachineKey("kuzbass-coal/truck-17")!
        let at = Timestamp(iso8601: "2026-03-01T08:00:00Z")!
        // Too many digits to be stored as a decimal: its bits stand in the file.
        let values = [0.1 + 0.2, 31]
        let store = try await FleetDatabase.open(path: path, access: .daemon)
        for (seq, value) in values.enumerated() {
            var batch = IngestBatch()
            let frame = Frame(boot: 1, seq: UInt64(seq), observedAt: at, readings: [Reading(.speed, value)])
            batch.frames = [ReceivedFrames(machine: machine, receivedAt: at, frames: [frame])]
            _ = try await store.commit(batch)
        }
        await store.close()
        let export = ["export", "--database", path, "--equipment", "\(machine)", "--output"]
        let whole = try await Stage.run("zubr", export + ["json"])
        #expect(
            whole.status == 0 && whole.output.hasSuffix("],\"missing\":[],\"unread_journal_rows\":0}\n"),
            "\(whole.output)")

        var file = try Data(contentsOf: URL(fileURLWithPath: path))
        let bits = withUnsafeBytes(of: values[0].bitPattern.littleEndian) { Data($0) }
        let place = try #require(file.range(of: bits))
        file[place.lowerBound] ^= 1
        try file.write(to: URL(fileURLWithPath: path))
        let complaint = "row 1 of the journal is damaged; what came in it is missing"
        for (arguments, status, words) in [
            (export + ["json"], 1, "\"value\":31}\n],\"missing\":[],\"unread_journal_rows\":1}\n"),
            (export + ["csv"], 1, ",speed,31,"), (export + ["json-lines"], 1, "{\"speed\":31}"),
            (["sql", "--database", path, "--output", "csv", "SELECT value FROM samples"], 0, "31.0"),
            (["query", "--database", path, "--equipment", "\(machine)", "--last", "--output", "json"], 0, "31"),
        ] as [([String], Int32, String)] {
            let (ended, output) = try await Stage.run("zubr", arguments)
            #expect(ended == status && output.contains(complaint), "\(arguments[0]) ended with \(ended): \(output)")
            #expect(output.contains(words), "\(output)")
        }
    }
}
