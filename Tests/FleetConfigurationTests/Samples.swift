import FleetConfiguration
import FleetModel
import Foundation

/// Where the shipped configuration is, from this file's place in the sources.
let configFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Config").path

/// The instant that `ago` counts from in these tests.
let testNow = Timestamp(iso8601: "2026-03-01T08:00:00Z")!

/// A copy of the shipped configuration with one file replaced, removed when the closure returns.
func withConfiguration<Result>(
    replacing file: String, by text: String, _ body: (_ daemonFile: String) throws -> Result
) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "zubr-config-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["zubrd.yaml", "catalog.yaml", "service-plans.yaml", "rules.yaml", "service-centers.yaml", "fleet.yaml"] {
        try FileManager.default.copyItem(atPath: "\(configFolder)/\(name)", toPath: "\(folder.path)/\(name)")
    }
    try text.write(toFile: "\(folder.path)/\(file)", atomically: false, encoding: .utf8)
    return try body("\(folder.path)/zubrd.yaml")
}

/// The problems of loading, `nil` when there are none.
func problems(of daemonFile: String) -> ConfigurationProblems? {
    do throws(ConfigurationProblems) {
        _ = try FleetConfiguration.load(daemonFile, now: testNow)
        return nil
    } catch {
        return error
    }
}
