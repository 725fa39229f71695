import CSimdJSON
import FleetModel
import Foundation
import TelemetryCodec
import Testing

/// Nicolas Seriot's JSONTestSuite: which texts are JSON, decided file by file.
@Suite struct JSONParsingSuiteTests {
    static let files: [URL] = {
        let folder = Bundle.module.resourceURL!.appending(path: "Fixtures/JSONParsing/test_parsing")
        let names = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return names.sorted { $0.lastPathComponent < $1.lastPathComponent }
    }()

    static func named(_ prefix: String) -> [URL] { files.filter { $0.lastPathComponent.hasPrefix(prefix) } }

    private func isJSON(_ file: URL) throws -> Bool {
        let parser = try #require(zubr_json_parser_create(32))
        defer { zubr_json_parser_destroy(parser) }
        let text = try [UInt8](Data(contentsOf: file))
        return text.withUnsafeBufferPointer { zubr_json_parse(parser, $0.baseAddress, $0.count).error == 0 }
    }

    @Test("the suite is complete: 95 texts to accept, 188 to reject, 35 either way")
    func completeness() {
        #expect(JSONParsingSuiteTests.named("y_").count == 95)
        #expect(JSONParsingSuiteTests.named("n_").count == 188)
        #expect(JSONParsingSuiteTests.named("i_").count == 35)
    }

    @Test("a text that is JSON is accepted", arguments: named("y_"))
    func accepted(file: URL) throws { #expect(try isJSON(file)) }

    @Test("a text that is not JSON is rejected", arguments: named("n_"))
    func rejected(file: URL) throws { #expect(try !isJSON(file)) }

    @Test("every text of the suite, sent as a message, is answered with a rejection and nothing worse")
    func sentAsMessages() throws {
        var decoder = TelemetryDecoder(limits: IngestLimits(bodyBytes: 1 << 20))
        for file in JSONParsingSuiteTests.files {
            let body = try [UInt8](Data(contentsOf: file))
            var reason: Rejection.Reason?
            do throws(Rejection) {
                _ = try decoder.frames(in: body, of: Samples.machine, receivedAt: Samples.receivedAt)
            } catch {
                reason = error.reason
            }
            let name = file.lastPathComponent
            if name.hasPrefix("n_") {
                #expect(reason == .notJSON, "\(name)")
            } else if name.hasPrefix("y_") {
                // JSON, but none of it is a frame.
                #expect(reason != nil && reason != .notJSON, "\(name)")
            } else {
                #expect(reason != nil, "\(name)")
            }
        }
    }
}
