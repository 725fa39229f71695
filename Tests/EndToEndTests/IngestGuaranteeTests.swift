import Foundation
import Rehearsal
import Support
import Testing

/// What `zubrsim chaos` prints.
private struct ChaosFigures: Decodable {
    var published: Int
    var stored: Int
    var lost: Int
    var duplicated: Int
    var altered: Int
    var kills: Int
    var redelivered: Int
    var seconds: Double
}

@Suite("the ingest guarantee", .serialized)
struct IngestGuaranteeTests {
    private func chaos(_ arguments: String...) async throws -> (
        status: Int32, figures: ChaosFigures, folder: TemporaryFolder
    ) {
        let folder = TemporaryFolder()
        let (status, output) = try await Stage.run(
            "zubrsim", ["chaos", "--workdir", folder.path, "--output", "json"] + arguments)
        let line = try #require(output.split(separator: "\n").last, "chaos printed nothing")
        return (status, try JSONDecoder().decode(ChaosFigures.self, from: Data(line.utf8)), folder)
    }

    @Test("50,000 messages and 20 kills of the daemon lose nothing and store nothing twice", .timeLimit(.minutes(5)))
    func nothingIsLost() async throws {
        let (status, figures, folder) = try await chaos("--messages", "50000", "--kills", "20", "--seed", "7")
        print("chaos: \(figures)")
        #expect(figures.published == 50_000)
        #expect(figures.stored == 50_000)
        #expect(figures.lost == 0)
        #expect(figures.duplicated == 0)
        #expect(figures.altered == 0)
        #expect(figures.kills == 20)
        // What the guarantee is worth must be seen within a build.
        #expect(figures.seconds < 90)
        // A run in which the broker had nothing to deliver again would have proven nothing.
        #expect(figures.redelivered > 0)
        #expect(status == 0)
        // Anyone can count again.
        let ledger = try String(contentsOfFile: "\(folder.path)/ledger.csv", encoding: .utf8).split(separator: "\n")
        #expect(ledger.first == "equipment,boot,seq")
        #expect(Set(ledger.dropFirst()).count == 50_000)
        #expect(ledger.dropFirst().allSatisfy { $0.hasPrefix("chaos/unit-") })
        let export = try await Stage.run(
            "zubr",
            ["export", "--database", "\(folder.path)/zubr.db", "--equipment", "chaos/unit-3", "--output", "csv"])
        #expect(export.output.split(separator: "\n").first == "observed_at,boot,seq,signal,value,equipment")
        #expect(export.output.split(separator: "\n").dropFirst().count == 2_500 * 3)
    }

    @Test("a daemon that acknowledges before it commits is found out by the same checker", .timeLimit(.minutes(5)))
    func theCheckerCanFail() async throws {
        let (status, figures, _) = try await chaos(
            "--messages", "20000", "--kills", "10", "--seed", "7", "--inject", "ack-before-commit")
        print("chaos with the mistake: \(figures)")
        #expect(figures.lost > 0)
        #expect(status == 1)
    }
}
