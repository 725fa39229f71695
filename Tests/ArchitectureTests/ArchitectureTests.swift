import Foundation
import Testing

/// A row of the table in `docs/ARCHITECTURE.md`, "Targets": what one target may import beyond its own files.
///
/// SwiftPM's own check lets modules through that a dependency brings along; this one does not.
struct TableRow: Sendable, CustomTestStringConvertible {
    var layer: Substring
    var target: String
    /// From the project's root.
    var folder: String
    /// Each module the row names itself.
    var named: Set<String>
    /// Words that stand for all targets of a layer.
    var layers: Set<Substring>

    var testDescription: String { folder }
    var systemModules: Set<String> {
        layer == "core"
            ? ["Synchronization"] : ["Foundation", "FoundationEssentials", "Glibc", "Synchronization", "Dispatch"]
    }
    var allowed: Set<String> {
        let ofLayers = targetTable.filter { layers.contains($0.layer) }.map(\.target)
        return named.union(ofLayers).union(systemModules)
    }

    /// The rows of one line; layer 0 holds no Swift.
    static func rows(in line: Substring) -> [TableRow] {
        let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        guard line.hasPrefix("| "), cells.count == 4, let number = cells[0].first, number.isNumber, number != "0" else {
            return []
        }
        let (places, targets) = (quoted(cells[1]).filter { $0.hasSuffix("/") }, quoted(cells[1]))
        let words = cells[3].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces)[...] }
        return targets.filter { !$0.hasSuffix("/") }.map { target in
            TableRow(
                layer: cells[0].dropFirst(2), target: target, folder: (places.first ?? "Sources/") + target,
                named: Set(quoted(cells[3])), layers: Set(words.filter { !$0.hasPrefix("`") && $0 != "–" }))
        }
    }

    private static func quoted(_ cell: String) -> [String] {
        cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
}

let targetTable: [TableRow] = {
    let page = root.appendingPathComponent("docs/ARCHITECTURE.md")
    let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").flatMap(TableRow.rows)
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

@Test("a target imports what the architecture's table allows it, and nothing else", arguments: targetTable)
func importsFollowTheTable(row: TableRow) throws {
    let files = swiftFiles(below: row.folder)
    #expect(!files.isEmpty, "\(row.folder) has no Swift file: correct the table")
    for file in files {
        for module in try imports(in: file) where !row.allowed.contains(module) {
            Issue.record("\(file.path) imports \(module), which docs/ARCHITECTURE.md does not allow \(row.target)")
        }
    }
}

@Test("a target imports every module that its row of the table names", arguments: targetTable)
func tableFollowsTheImports(row: TableRow) throws {
    let imported = Set(try swiftFiles(below: row.folder).flatMap(imports))
    #expect(row.named.subtracting(imported).isEmpty, "take it out of the row of \(row.target)")
}

@Test("a word of the table stands for a layer of it", arguments: targetTable)
func wordsAreLayers(row: TableRow) {
    #expect(row.layers.subtracting(targetTable.map(\.layer)).isEmpty, "\(row.target): write modules in backticks")
}

@Test("every target's folder stands in the table")
func everyFolderIsInTheTable() throws {
    let known = Set(targetTable.map(\.folder))
    for parent in ["Sources", "Simulator"] {
        for name in try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(parent).path) {
            let folder = "\(parent)/\(name)"
            guard !swiftFiles(below: folder).isEmpty else { continue }
            #expect(known.contains(folder), "\(folder) is missing in the table of docs/ARCHITECTURE.md")
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
