import Foundation
import Rehearsal
import Support
import Testing

@Suite("the folder a rehearsal works in")
struct WorkFolderTests {
    @Test(
        "is not taken with anything in it that would be removed: a database is nobody's to delete",
        .timeLimit(.minutes(2)),
        arguments: [
            ["zubr", "demo", "--seconds", "1", "--folder"],
            ["zubrsim", "chaos", "--messages", "10", "--kills", "0", "--workdir"],
            ["zubrsim", "chaos", "--outage", "0.1", "--rate", "10", "--workdir"],
            ["zubrsim", "soak", "--hours", "0.01", "--minutes", "0.05", "--every", "0.1", "--workdir"],
            ["zubrsim", "bench", "--body", "small", "--seconds", "0.1", "--machines", "2", "--workdir"],
        ])
    func foreign(command: [String]) async throws {
        let work = TemporaryFolder()
        let names = ["broker", "fleet.yaml", "ledger.csv", "null.log", "zubr.db", "zubrd.log"]
        for name in names {
            try "precious".write(toFile: "\(work.path)/\(name)", atomically: true, encoding: .utf8)
        }
        let (status, text) = try await Stage.run(command[0], command.dropFirst() + [work.path])
        #expect(status == 1)
        #expect(text.contains("in it that is no rehearsal's"), "\(text)")
        #expect(text.contains("give an empty or a new folder"), "\(text)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: work.path).sorted() == names)
        for name in names {
            #expect(try String(contentsOfFile: "\(work.path)/\(name)", encoding: .utf8) == "precious")
        }
    }

    @Test("is cleared of what a rehearsal left, and of nothing else")
    func cleared() throws {
        let work = TemporaryFolder()
        let files = FileManager.default
        try WorkFolder.prepare("\(work.path)/a/new")
        try files.createDirectory(atPath: "\(work.path)/empty", withIntermediateDirectories: true)
        try "begun before".write(toFile: "\(work.path)/empty/report.json", atomically: true, encoding: .utf8)
        try WorkFolder.prepare(work.path + "/empty")
        try files.createDirectory(atPath: "\(work.path)/empty/broker-1", withIntermediateDirectories: true)
        for name in ["broker-1/mosquitto.db", "ledger.csv", "notes.txt", "zubr.db", "zubr.db-wal"] {
            try "left".write(toFile: "\(work.path)/empty/\(name)", atomically: true, encoding: .utf8)
        }
        try WorkFolder.prepare(work.path + "/empty")
        let left = try files.contentsOfDirectory(atPath: work.path + "/empty").sorted()
        #expect(left == ["notes.txt", "report.json", WorkFolder.mark])
    }
}
