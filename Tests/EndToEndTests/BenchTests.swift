import Foundation
import Support
import Testing

/// What `zubrsim bench` prints, as far as checks rely on it.
private struct BenchFigures: Decodable {
    var nullSubscriberMessagesPerSecond: Double
    var zubrdMessagesPerSecond: Double
    var ratio: Double
    var readingsPerSecond: Double
    var publishToDurableP99Ms: Double
    var zubrdRssMb: Double
    var fdatasyncMedianUs: Double
    var fileSystem: String
    var cores: Int
}

/// Only that the machinery measures what it says; how fast a machine is, is no business of a test.
@Suite("the benchmark", .serialized)
struct BenchTests {
    @Test(
        "runs both subscribers and prints all its figures",
        arguments: [(body: "small", readings: 10.0), (body: "columnar", readings: 6_000)])
    func figures(body: String, readings: Double) async throws {
        let folder = TemporaryFolder()
        let (status, output) = try await Stage.run(
            "zubrsim",
            [
                "bench", "--body", body, "--seconds", "0.4", "--repeats", "1", "--machines", "20", "--rate", "100",
                "--unconsumed", "20",
                "--workdir", folder.path, "--output", "json",
            ])
        #expect(status == 0)
        let line = try #require(output.split(separator: "\n").last, "bench printed nothing")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let figures = try decoder.decode(BenchFigures.self, from: Data(line.utf8))
        // On a busy machine not one commit may fall into so short a turn.
        #expect(figures.nullSubscriberMessagesPerSecond >= 0)
        #expect(figures.zubrdMessagesPerSecond >= 0)
        #expect(abs(figures.readingsPerSecond - figures.zubrdMessagesPerSecond * readings) <= readings)
        let expected = figures.zubrdMessagesPerSecond / max(1, figures.nullSubscriberMessagesPerSecond)
        #expect(abs(figures.ratio - expected) <= 0.01 * max(1, expected))
        #expect(figures.publishToDurableP99Ms > 0)
        #expect(figures.zubrdRssMb > 1)
        #expect(figures.fdatasyncMedianUs > 0)
        #expect(!figures.fileSystem.isEmpty)
        #expect(figures.cores > 0)
        // Everything that was published went through the daemon as it should: nothing is in quarantine.
        let query = try await Stage.run(
            "zubr",
            ["export", "--database", "\(folder.path)/zubr.db", "--equipment", "bench/haul-3", "--output", "csv"])
        let rows = query.output.split(separator: "\n").dropFirst()
        #expect(rows.count > 0 && rows.count % Int(readings) == 0)
    }

    @Test("takes no fleet that the daemon would not")
    func tooManyMachines() async throws {
        let (status, _) = try await Stage.run("zubrsim", ["bench", "--machines", "20001"])
        #expect(status == 64)
    }
}
