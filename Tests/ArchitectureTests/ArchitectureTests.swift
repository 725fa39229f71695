import Foundation
import Testing

/// The table of `docs/ARCHITECTURE.md`, "Targets": what each target may import beyond the standard library.
///
/// SwiftPM's own check lets modules through that a dependency brings along; this one does not.
let allowedImports: [String: Set<String>] = {
    let core: Set = ["FleetModel", "TelemetryCodec", "Prognosis", "ServiceDesk"]
    let foundation: Set = ["FoundationEssentials", "Foundation", "Glibc", "Synchronization", "Dispatch"]
    let runtime = core.union(["FleetRuntime", "ServiceLifecycle", "Logging", "Metrics"]).union(foundation)
    return [
        "Sources/FleetModel": ["Synchronization"],
        "Sources/TelemetryCodec": ["FleetModel", "CSimdJSON"],
        "Sources/Prognosis": ["FleetModel"],
        "Sources/ServiceDesk": ["FleetModel", "CGeodesic"],
        "Sources/FleetRuntime": core.union(["ServiceLifecycle", "Logging", "Metrics"]).union(foundation),
        "Sources/FleetMQTT": runtime.union(["CMosquitto"]),
        "Sources/FleetStore": runtime.union(["GRDB", "GRDBSQLite"]),
        "Sources/FleetAPI": runtime.union(["Hummingbird", "HummingbirdCore", "HTTPTypes", "NIOCore"]),
        "Sources/FleetConfiguration": core.union(foundation).union(["Yams"]),
        "Sources/FleetConsole": core.union(foundation).union(["FleetRuntime", "CCurl"]),
        "Simulator/FleetSimulation": core.union(["FleetRuntime", "FoundationEssentials", "Glibc"]),
        "Simulator/Rehearsal": foundation.union(["FleetModel"]),
        "Sources/zubrd": runtime.union(["FleetMQTT", "FleetStore", "FleetAPI", "FleetConfiguration", "ArgumentParser"]),
        "Sources/zubr": runtime.union([
            "FleetStore", "FleetConfiguration", "FleetConsole", "Rehearsal", "CCurl", "ArgumentParser",
        ]),
        "Simulator/zubrsim": runtime.union([
            "FleetMQTT", "FleetStore", "FleetConfiguration", "FleetSimulation", "Rehearsal", "ArgumentParser", "Yams",
        ]),
    ]
}()

private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

private func swiftFiles(below folder: String) -> [URL] {
    let files = FileManager.default.enumerator(at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
    return (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
}

private func imports(in file: URL) throws -> [String] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
        let words = line.split(separator: " ")
        guard let keyword = words.firstIndex(of: "import"), words[..<keyword].allSatisfy({ $0.hasPrefix("@") }) else {
            return nil
        }
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        return words[(keyword + 1)...].first { !kinds.contains($0) }.map { String($0.prefix { $0 != "." }) }
    }
}

@Test(
    "a target imports what the architecture's table allows it, and nothing else",
    arguments: allowedImports.keys.sorted())
func importsFollowTheTable(folder: String) throws {
    let files = swiftFiles(below: folder)
    #expect(!files.isEmpty, "\(folder) has no Swift file: correct the table")
    for file in files {
        for module in try imports(in: file) {
            #expect(allowedImports[folder]!.contains(module), "\(file.path) imports \(module)")
        }
    }
}

@Test("every target's folder stands in the table")
func everyFolderIsInTheTable() throws {
    for parent in ["Sources", "Simulator"] {
        for name in try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(parent).path) {
            let folder = "\(parent)/\(name)"
            guard !swiftFiles(below: folder).isEmpty else { continue }
            #expect(allowedImports[folder] != nil, "\(folder) is missing in the table")
        }
    }
}

@Test(
    "core targets read no clock and call no random generator of the system",
    arguments: ["FleetModel", "TelemetryCodec", "Prognosis", "ServiceDesk"])
func coreIsPure(target: String) throws {
    for file in swiftFiles(below: "Sources/\(target)") {
        let text = try String(contentsOf: file, encoding: .utf8)
        for word in [
            "Date()", "ContinuousClock", "SuspendingClock", "SystemRandomNumberGenerator", "Task {", "DispatchQueue",
        ] {
            #expect(!text.contains(word), "\(file.lastPathComponent) uses \(word)")
        }
    }
}
