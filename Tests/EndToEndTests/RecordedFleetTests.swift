import FleetModel
import FleetRuntime
import Foundation
import Rehearsal
import Support
import Testing

@Suite("a recorded fleet")
struct RecordedFleetTests {
    @Test(
        "the rows of a slice of TSBS truck data come through the broker into the database, each once",
        .timeLimit(.minutes(5)))
    func trucks() async throws {
        let lines = try String(contentsOfFile: fixture("tsbs-slice.lp"), encoding: .utf8).split(separator: "\n")
        let named = lines.filter { $0.prefix { $0 != " " }.contains(",name=") }
        // A slice without rows that name no machine would not show what becomes of them.
        #expect(named.count < lines.count)
        let work = TemporaryFolder()
        try await Stage.open(configuration: try configuration(in: work)) { stage, _ in
            let (status, output) = try await Stage.run(
                "zubrsim",
                [
                    "replay", fixture("tsbs-slice.lp"), "--map", project("Simulator/maps/tsbs-iot.yaml"), "--speed",
                    "max",
                    "--broker", stage.broker.url, "--rejected", "\(work.path)/rejected",
                ])
            #expect(status == 0, "\(output)")
            let isStored = try await eventually(within: .seconds(60)) {
                try await stage.status()?.store.frames == Int64(named.count)
            }
            #expect(isStored, "not all rows came: \(stage.log)")
            let intake = try #require(try await stage.status())
            #expect(intake.store.quarantined == 0)
            #expect(intake.store.gaps == 0)
            #expect(try String(contentsOfFile: "\(work.path)/rejected", encoding: .utf8).contains("fleet="))

            // One truck's readings, counted in the file and in the answer.
            let truck = "name=truck_7,"
            let rows = named.filter { $0.contains(truck) }
            let values = rows.reduce(0) { $0 + $1.split(separator: " ")[1].split(separator: ",").count }
            let fleets = Set(rows.compactMap { row in row.split(separator: ",").first { $0.hasPrefix("fleet=") } })
            var stored = 0
            for fleet in fleets.map({ $0.dropFirst(6) }) + ["unknown"] {
                let answer = try? await stage.ask(
                    "query", "--equipment", "\(fleet)/truck_7", "--from", "2015-12-31T00:00:00Z", "--to",
                    "2016-01-03T00:00:00Z", as: Answer.self)
                stored += answer?.series.reduce(0) { $0 + $1.times.count } ?? 0
            }
            #expect(stored == values)
        }
    }

    /// As much of the answer to a question as is counted here.
    private struct Answer: Decodable {
        struct Series: Decodable { var times: [String] }
        var series: [Series]
    }

    /// Takes frames of any age: the recording is of January 2016.
    private func configuration(in work: TemporaryFolder) throws -> String {
        let file = try exampleConfiguration(in: work)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let patched = text.replacing(#/age_max: \w+/#, with: "age_max: 10000d")
        #expect(patched != text)
        try patched.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }
}
