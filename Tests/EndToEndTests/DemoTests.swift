import FleetRuntime
import Foundation
import Rehearsal
import Support
import Testing

/// What `zubr demo` prints last.
private struct DemoFigures: Decodable {
    struct Check: Decodable {
        var check: String
        var isShown: Bool
        var detail: String
    }

    var checks: [Check]
    var isPassed: Bool
    var machines: Int
}

@Suite("the demonstration", .serialized)
struct DemoTests {
    private func start(_ arguments: String..., folder: String, output: String) async throws -> ChildProcess {
        try await ChildProcess.start(
            try sibling(program: "zubr"), arguments: ["demo", "--folder", folder] + arguments, output: output)
    }

    private func figures(_ text: String) throws -> DemoFigures {
        let line = try #require(text.split(separator: "\n").last { $0.hasPrefix("{") }, "no JSON object in:\n\(text)")
        return try DocumentCoding.decode(from: Array(line.utf8))
    }

    @Test("shows within 40 seconds all it promises, prints it, and leaves nothing running", .timeLimit(.minutes(3)))
    func whole() async throws {
        let work = TemporaryFolder()
        let folder = "\(work.path)/demo"
        let demo = try await start("--seconds", "40", folder: folder, output: "\(work.path)/output")
        let end = await demo.wait()
        let text = try String(contentsOfFile: "\(work.path)/output", encoding: .utf8)
        #expect(end == .exited(0), "\(text)")
        let shown = try figures(text)
        #expect(shown.isPassed)
        #expect(shown.machines == 60)
        let classes = try #require(shown.checks.first { $0.check == "a work order for every class of machine" })
        for name in [
            "bus_diesel", "combine_grain", "ebus_battery", "ebus_supercap", "forage_harvester", "haul_truck_autonomous",
            "haul_truck_de", "haul_truck_dm", "tractor", "trolleybus_imc", "truck_road",
        ] { #expect(classes.detail.contains("\(name): WO-"), "\(classes.detail)") }
        #expect(processes(naming: folder) == [])
    }

    @Test("Ctrl-C ends it in order and leaves nothing running; --output json prints the JSON object only")
    func interrupted() async throws {
        let work = TemporaryFolder()
        let folder = "\(work.path)/demo"
        let demo = try await start("--output", "json", folder: folder, output: "\(work.path)/output")
        // The broker, the daemon, the simulator and the demonstration itself.
        let isWhole = await eventually(within: .seconds(30)) { processes(naming: folder).count == 4 }
        #expect(isWhole, "\(processes(naming: folder))")
        try await Task.sleep(for: .seconds(5))
        demo.kill(SIGINT)
        let end = await demo.wait(timeout: .seconds(30))
        if end == nil { await demo.stop() }
        // It ended by itself; that it had no time to show everything is told by 1.
        #expect(end == .exited(1) || end == .exited(0))
        #expect(processes(naming: folder) == [])
        let text = try String(contentsOfFile: "\(work.path)/output", encoding: .utf8)
        // What it could not show goes to stderr, which this file takes too.
        let printed = text.split(separator: "\n").filter { !$0.hasPrefix("zubr: ") }
        #expect(printed.count == 1, "\(text)")
        #expect(try figures(text).machines > 0)
    }
}

/// The command lines of running processes that name `folder`.
private func processes(naming folder: String) -> [String] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.filter { $0.allSatisfy(\.isNumber) }.compactMap { id in
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") else { return nil }
        let line = String(decoding: bytes, as: UTF8.self).replacing("\0", with: " ")
        return line.contains(folder) ? line : nil
    }
}
