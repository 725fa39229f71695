import FleetConfiguration
import Foundation
import Testing

/// A faulty file and what must be said of it: its first lines are `# FILE:LINE:COLUMN: KEY: MESSAGE`, or the same
/// without line and column.
struct BadFile: Sendable, CustomTestStringConvertible {
    var name: String
    var replaces: String
    var text: String
    var expected: [String]

    var testDescription: String { name }

    static let all: [BadFile] = {
        let folder = Bundle.module.resourceURL!.appending(path: "Fixtures/bad")
        let files = try! FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return files.sorted { $0.lastPathComponent < $1.lastPathComponent }.map { file in
            let text = try! String(contentsOf: file, encoding: .utf8)
            let expected = text.split(separator: "\n").prefix { $0.hasPrefix("# ") }.map { String($0.dropFirst(2)) }
            return BadFile(
                name: file.lastPathComponent, replaces: String(expected[0].prefix { $0 != ":" }), text: text,
                expected: expected)
        }
    }()
}

@Suite("bad files")
struct BadFileTests {
    @Test("a faulty file is refused with file, line, key and what to write instead", arguments: BadFile.all)
    func refused(_ bad: BadFile) throws {
        try withConfiguration(replacing: bad.replaces, by: bad.text) { daemonFile in
            let folder = String(daemonFile.dropLast("zubrd.yaml".count))
            let said = try #require(problems(of: daemonFile)).problems.map(\.description)
                .map { $0.replacing(folder, with: "") }
            for expected in bad.expected {
                let hasPlace = expected.firstMatch(of: /^[a-z-]+\.yaml:[0-9]+:/) != nil
                let file = expected.prefix { $0 != ":" }
                let rest = expected.dropFirst(file.count + 2)
                #expect(
                    said.contains { hasPlace ? $0.hasPrefix(expected) : $0.hasPrefix(file) && $0.contains(rest) },
                    "not among:\n\(said.joined(separator: "\n"))")
            }
        }
    }

    @Test("problems of several files come together, and each only once")
    func together() throws {
        try withConfiguration(replacing: "rules.yaml", by: "rulez: {}\n") { daemonFile in
            let fleet = daemonFile.replacing("zubrd.yaml", with: "fleet.yaml")
            try "fleets: {}\nsites: {}\nmachines: 5\n".write(toFile: fleet, atomically: false, encoding: .utf8)
            try FileManager.default.removeItem(
                atPath: daemonFile.replacing("zubrd.yaml", with: "service-centers.yaml"))
            let found = try #require(problems(of: daemonFile))
            #expect(found.problems.contains { $0.file.hasSuffix("rules.yaml") && $0.message.contains("rulez") })
            #expect(found.problems.contains { $0.file.hasSuffix("fleet.yaml") && $0.message.contains("a list") })
            #expect(
                found.problems.contains {
                    $0.file.hasSuffix("service-centers.yaml") && $0.message.contains("no such file")
                })
            #expect(Set(found.problems).count == found.problems.count)
        }
    }

    @Test(
        "a missing zubrd.yaml is one problem that names it, wherever it should be",
        arguments: ["/nowhere/zubrd.yaml", "/nonexistent", "nonexistent", "/tmp"])
    func missing(file: String) throws {
        let found = try #require(problems(of: file))
        #expect(found.problems.map(\.file) == [file])
        #expect(found.description.hasPrefix("\(file): there is no such file"))
    }
}
