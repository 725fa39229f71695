import Foundation
import Support
import Testing

/// What `zubrsim bench` prints, as far as checks rely on it.
private struct BenchFigures: Decodable {
    var null_subscriber_messages_per_second: Double
    var zubrd_messages_per_second: Double
    var ratio: Double
    var readings_per_second: Double
    var publish_to_durable_p99_ms: Double
    var zubrd_rss_mb: Double
    var fdatasync_median_us: Double
    var file_system: String
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
                "--workdir", folder.path, "--output", "json",
            ])
        #expect(status == 0)
        let line = try #require(output.split(separator: "\n").last, "bench printed nothing")
        let figures = try JSONDecoder().decode(BenchFigures.self, from: Data(line.utf8))
        #expect(figures.null_subscriber_messages_per_second > 0)
        #expect(figures.zubrd_messages_per_second > 0)
        #expect(abs(figures.readings_per_second - figures.zubrd_messages_per_second * readings) <= readings)
        #expect(
            abs(figures.ratio - figures.zubrd_messages_per_second / figures.null_subscriber_messages_per_second) < 0.01)
        #expect(figures.publish_to_durable_p99_ms > 0)
        #expect(figures.zubrd_rss_mb > 1)
        #expect(figures.fdatasync_median_us > 0)
        #expect(!figures.file_system.isEmpty)
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
