import FleetModel
import FleetRuntime
import Foundation
import GRDB
import Support
import TelemetryCodec

@testable import FleetStore

/// A file that is imported, in parts of any size.
final class TextSource: ImportSource, @unchecked Sendable {
    // One import asks it.
    private var rest: ArraySlice<UInt8>
    private let partBytes: Int
    /// It fails when so many bytes are read.
    private var breaksAfter: Int
    private var memory: UnsafeMutableRawBufferPointer?

    struct Broken: Error {}

    init(_ text: String, partBytes: Int = 1 << 20, breaksAfter: Int = .max) {
        rest = Array(text.utf8)[...]
        self.partBytes = partBytes
        self.breaksAfter = breaksAfter
    }

    deinit { memory?.deallocate() }

    func next() throws -> UnsafeMutableRawBufferPointer? {
        memory?.deallocate()
        memory = nil
        guard breaksAfter > 0 else { throw Broken() }
        let part = rest.prefix(min(partBytes, breaksAfter))
        rest = rest.dropFirst(part.count)
        breaksAfter -= part.count
        guard !part.isEmpty else { return nil }
        let size = ImportLines.lineMax + part.count + 64
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
        memory.initializeMemory(as: UInt8.self, repeating: 0xFF)
        let bytes = UnsafeMutableRawBufferPointer(
            rebasing: memory[ImportLines.lineMax..<ImportLines.lineMax + part.count])
        bytes.copyBytes(from: part)
        self.memory = memory
        return bytes
    }
}

func plan(_ format: ImportPlan.Format, of text: String, name: String = "rows") -> ImportPlan {
    ImportPlan(format: format, file: name, fileBytes: Int64(text.utf8.count), digest: "\(text.hashValue)")
}

extension FleetDatabase {
    @discardableResult func load(
        _ text: String, _ format: ImportPlan.Format, partBytes: Int = 1 << 20, breaksAfter: Int = .max,
        change: (inout ImportPlan) -> Void = { _ in }
    ) async throws -> ImportReport {
        var plan = plan(format, of: text)
        change(&plan)
        return try await importFile(
            plan, from: TextSource(text, partBytes: partBytes, breaksAfter: breaksAfter), progress: { _ in }
        ).total
    }

    /// All frames as the lines of an export.
    func lines() async throws -> [String] {
        let tags = try await tagSets()
        var bytes: [UInt8] = []
        for machine in try await machineKeys() {
            try await exportFrames(of: machine, tags: tags) {
                FrameLineWriter.append($0.frame, of: machine, tags: $0.tags, to: &bytes)
            }
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// What the store has of one machine, short: `seconds signal=value …`, without numbers.
    func short() async throws -> [String] {
        var all: [String] = []
        for machine in try await machineKeys() {
            try await exportFrames(of: machine, tags: try await tagSets()) { exported in
                let readings = exported.frame.readings.map { "\($0.signal)=\($0.value)" }.joined(separator: " ")
                let seconds = Double(exported.frame.observedAt.microseconds) / 1e6
                all.append("\(machine) \(seconds) \(readings)")
            }
        }
        return all
    }

    func imported() async throws -> ImportDump {
        try await read("test") { db, _ in
            ImportDump(
                segments: try rows(db, "SELECT machine, first, last, rows, hex(directory) FROM segment ORDER BY id"),
                chunks: try rows(db, "SELECT id, hex(data) FROM chunk ORDER BY id"),
                names: try rows(
                    db,
                    "SELECT name FROM signal UNION ALL SELECT name FROM measurement UNION ALL SELECT tags FROM tag_set"),
                totals: try rows(db, "SELECT name, value FROM total ORDER BY name"),
                ranges: try rows(db, "SELECT machine, boot, first, last FROM sequence_range ORDER BY 1, 2, 3"))
        }
    }
}

/// Everything an import leaves, to be compared.
struct ImportDump: Hashable, Sendable {
    var segments: [String]
    var chunks: [String]
    var names: [String]
    var totals: [String]
    var ranges: [String]
}

private func rows(_ db: Database, _ sql: String) throws -> [String] {
    try Row.fetchAll(db, sql: sql).map { row in row.databaseValues.map { "\($0)" }.joined(separator: "|") }
}
