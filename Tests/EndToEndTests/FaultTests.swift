import Foundation
import Rehearsal
import Support
import Testing

/// What `zubrsim chaos --faults` prints.
private struct FaultFigures: Decodable {
    var published: Int
    var stored: Int
    var lost: Int
    var duplicated: Int
    var altered: Int
    var missedFaults: [String]
    var injected: String?
    var brokerRestarts: Int
    var resets: Int
    var poisonPublished: Int
    var poisonFound: Int
    var poisonLost: Int
    var poisonDuplicated: Int
    var fullDisks: Int
    var fullDiskErrors: Int
    var powerCuts: Int
    var unflushedBytesLost: Int
    var seconds: Double
}

/// What `zubrsim chaos --outage` prints.
private struct OutageFigures: Decodable {
    var published: Int
    var lost: Int
    var duplicated: Int
    var altered: Int
    var publishedDuringOutage: Int
    var missingFrames: Int
    var brokerDropped: Int
    var problems: [String]
    var lossShownAfterSeconds: Double?
}

/// What `zubrsim soak` prints.
private struct SoakFigures: Decodable {
    var frames: Int
    var samples: Int
    var rssMaxMb: Double
    var walMaxMb: Double
    var descriptorsMax: Int
    var threadsMax: Int
    var broken: [String]
}

@Suite("the ingest guarantee under faults", .serialized)
struct FaultTests {
    private func run<Figures: Decodable>(
        _ arguments: [String], as type: Figures.Type
    ) async throws -> (status: Int32, figures: Figures) {
        let folder = TemporaryFolder()
        let (status, output) = try await Stage.run(
            "zubrsim", arguments + ["--workdir", folder.path, "--output", "json"])
        let line = try #require(output.split(separator: "\n").last, "nothing was printed")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let log = (try? String(contentsOfFile: "\(folder.path)/zubrd.log", encoding: .utf8)) ?? ""
        let figures = try #require(
            try? decoder.decode(type, from: Data(line.utf8)), "\(output)\n\(log.suffix(2_000))")
        return (status, figures)
    }

    private func chaos(_ faults: String, _ arguments: String...) async throws -> (
        status: Int32, figures: FaultFigures
    ) {
        try await run(["chaos", "--faults", faults, "--seed", "7"] + arguments, as: FaultFigures.self)
    }

    private func expectNothingIsLost(_ figures: FaultFigures, published: Int) {
        #expect(figures.published == published)
        #expect(figures.lost == 0)
        #expect(figures.duplicated == 0)
        #expect(figures.altered == 0)
        #expect(figures.poisonFound == figures.poisonPublished)
        #expect(figures.poisonLost == 0)
        #expect(figures.poisonDuplicated == 0)
        #expect(figures.missedFaults.isEmpty)
    }

    @Test(
        "each fault beside the kills loses nothing, and is seen to have happened",
        arguments: ["broker-restart", "reset", "poison", "power-cut"])
    func eachAlone(fault: String) async throws {
        let (status, figures) = try await chaos(fault, "--messages", "3000", "--kills", "4")
        print("chaos with \(fault): \(figures)")
        expectNothingIsLost(figures, published: 3_000)
        #expect(figures.brokerRestarts == (fault == "broker-restart" ? 5 : 0))
        #expect(figures.resets == (fault == "reset" ? 20 : 0))
        #expect(figures.poisonPublished == (fault == "poison" ? 300 : 0))
        #expect(figures.powerCuts == (fault == "power-cut" ? 2 : 0))
        #expect(status == 0)
    }

    @Test(
        "all faults at once lose nothing and store nothing twice", .enabled(if: canMount, "needs mount namespaces"),
        .timeLimit(.minutes(5)))
    func allTogether() async throws {
        let (status, figures) = try await chaos(
            "broker-restart,reset,poison,disk-full,power-cut", "--messages", "6000", "--kills", "6")
        print("chaos with everything: \(figures)")
        expectNothingIsLost(figures, published: 6_000)
        #expect(figures.fullDisks == 3)
        #expect(figures.fullDiskErrors > 0)
        #expect(figures.powerCuts == 3)
        #expect(status == 0)
    }

    @Test("a daemon that does not wait for the disk is found out by the power cut", .timeLimit(.minutes(5)))
    func thePowerCutFindsTheMistake() async throws {
        let (status, figures) = try await chaos(
            "power-cut", "--messages", "5000", "--kills", "6", "--inject", "synchronous-normal")
        print("chaos with the mistake: \(figures)")
        #expect(figures.injected == "synchronous-normal")
        #expect(figures.unflushedBytesLost > 0)
        #expect(figures.lost > 0)
        #expect(status == 1)
    }

    @Test("the shipped broker settings lose nothing while the daemon is away", .timeLimit(.minutes(2)))
    func outage() async throws {
        let (status, figures) = try await run(
            ["chaos", "--outage", "4", "--rate", "1000"], as: OutageFigures.self)
        #expect(figures.publishedDuringOutage > 1_000)
        #expect(figures.lost == 0)
        #expect(figures.missingFrames == 0)
        #expect(status == 0)
    }

    @Test(
        "what Debian's default broker settings lose is shown, to the frame, within 30 s", .timeLimit(.minutes(2)))
    func outageWithDefaults() async throws {
        let (status, figures) = try await run(
            ["chaos", "--outage", "4", "--rate", "1000", "--broker-defaults"], as: OutageFigures.self)
        print("outage with defaults: \(figures)")
        #expect(figures.lost > 0)
        #expect(figures.missingFrames == figures.lost)
        #expect(figures.brokerDropped >= figures.lost)
        #expect(figures.problems.contains { $0.contains("the broker drops messages") })
        #expect(try #require(figures.lossShownAfterSeconds) <= 30)
        #expect(status == 0)
    }

    @Test("a short soak looks at the daemon and says what it saw", .timeLimit(.minutes(3)))
    func soak() async throws {
        // Too short for a verdict on memory: only that everything is measured.
        let (_, figures) = try await run(
            ["soak", "--hours", "0.2", "--minutes", "0.1", "--every", "0.5"], as: SoakFigures.self)
        #expect(figures.frames > 100)
        #expect(figures.samples >= 6)
        #expect(figures.rssMaxMb > 5)
        #expect(figures.walMaxMb > 0)
        #expect(figures.descriptorsMax > 5)
        #expect(figures.threadsMax > 2)
        #expect(!figures.broken.contains("nothing was stored"))
    }
}
