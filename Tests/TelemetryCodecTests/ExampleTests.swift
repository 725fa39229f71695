import FleetModel
import Foundation
import TelemetryCodec
import Testing

/// The bodies that `docs/PROTOCOL.md` shows, read by the program they are meant for.
@Suite("The protocol's examples")
struct ExampleTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/protocol/examples")

    static func named(_ prefix: String) -> [URL] {
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.lastPathComponent.hasPrefix(prefix) }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }

    private func body(_ file: URL) throws -> [UInt8] { try [UInt8](Data(contentsOf: file)) }

    @Test("there are examples of every kind")
    func completeness() {
        #expect(ExampleTests.named("telemetry-").count >= 4)
        #expect(ExampleTests.named("faults-").count >= 2)
        #expect(ExampleTests.named("status-").count == 2)
        #expect(ExampleTests.named("reply-").count == CenterReply.State.allCases.count)
        #expect(ExampleTests.named("rejected-").count >= 3)
    }

    @Test("a telemetry example is accepted", arguments: named("telemetry-"))
    func telemetry(file: URL) throws {
        var decoder = TelemetryDecoder(limits: IngestLimits())
        #expect(
            try !decoder.frames(in: body(file), of: Samples.machine, receivedAt: Samples.receivedAt).isEmpty)
    }

    @Test("a faults example is accepted", arguments: named("faults-"))
    func faults(file: URL) throws {
        var decoder = TelemetryDecoder(limits: IngestLimits())
        let frames = try decoder.frames(
            in: body(file), of: Samples.machine, on: .faults, receivedAt: Samples.receivedAt)
        #expect(frames.allSatisfy { $0.faults != nil })
    }

    @Test("a status example is accepted", arguments: named("status-"))
    func status(file: URL) throws {
        var decoder = TelemetryDecoder(limits: IngestLimits())
        #expect(
            try decoder.status(in: body(file), of: Samples.machine)
                == (file.lastPathComponent == "status-connected.json"))
    }

    @Test("a reply example is accepted and is of the state in its name", arguments: named("reply-"))
    func reply(file: URL) throws {
        var decoder = TelemetryDecoder(limits: IngestLimits())
        let reply = try decoder.reply(in: body(file), from: Samples.center)
        #expect(file.lastPathComponent == "reply-\(reply.state.rawValue).json")
    }

    @Test("an example of what is rejected is rejected, for the reason in its name", arguments: named("rejected-"))
    func rejected(file: URL) throws {
        var decoder = TelemetryDecoder(limits: IngestLimits())
        let body = try body(file)
        let rejection = try #require(throws: Rejection.self) {
            try decoder.frames(in: body, of: Samples.machine, receivedAt: Samples.receivedAt)
        }
        #expect(file.lastPathComponent == "rejected-\(rejection.reason.rawValue).json")
    }
}
