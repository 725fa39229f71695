import Foundation
import Support
import Testing

@Suite("zubrsim publish --to")
struct ScenarioRunTests {
    private static let scenarios = try! FileManager.default.contentsOfDirectory(atPath: project("Simulator/scenarios"))
        .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()

    private func run(_ scenario: String, seed: Int, in folder: TemporaryFolder, name: String) async throws -> (
        Data, Data
    ) {
        let (file, truth) = ("\(folder.path)/\(name).jsonl", "\(folder.path)/\(name).truth")
        let end = try await Stage.run(
            "zubrsim",
            [
                "publish", "--scenario", scenario, "--seed", "\(seed)", "--speed", "max", "--hours", "2.5", "--to",
                file,
                "--truth", truth,
            ])
        try #require(end.status == 0, "\(end.output)")
        return (try Data(contentsOf: URL(fileURLWithPath: file)), try Data(contentsOf: URL(fileURLWithPath: truth)))
    }

    @Test(
        "writes the same bytes in every run of a scenario and seed, and others for another seed", arguments: scenarios)
    func repeats(scenario: String) async throws {
        let folder = TemporaryFolder()
        let first = try await run(scenario, seed: 3, in: folder, name: "first")
        let second = try await run(scenario, seed: 3, in: folder, name: "second")
        #expect(first.0 == second.0)
        #expect(first.1 == second.1)
        #expect(first.0.count > 10_000)
        let other = try await run(scenario, seed: 4, in: folder, name: "other")
        #expect(other.0 != first.0)
    }

    @Test("plays as many machines as asked, each under a name of its own")
    func machines() async throws {
        let folder = TemporaryFolder()
        let file = "\(folder.path)/many.jsonl"
        let end = try await Stage.run(
            "zubrsim",
            [
                "publish", "--scenario", "small", "--speed", "max", "--hours", "0.02", "--machines", "50", "--to", file,
            ])
        #expect(end.status == 0, "\(end.output)")
        #expect(end.output.contains("\"machines\":50"))
        let topics = Set(
            try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").compactMap {
                $0.firstMatch(of: /"topic":"zubr\/v1\/([^"]+)\/status"/).map { String($0.output.1) }
            })
        #expect(topics.count == 50)
        #expect(topics.contains("pit/haul-1") && topics.contains("pit/haul-1.8"))
    }
}
