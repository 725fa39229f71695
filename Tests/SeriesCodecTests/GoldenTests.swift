import Foundation
import Support
import Testing

@testable import SeriesCodec

/// Blobs that were written when the format was made. Every later version reads them: `Fixtures/format-1.txt` gets new
/// lines (`UPDATE_GOLDEN=1` writes those that are missing), and from the first release on no line of it ever changes.
@Suite("Format 1")
struct GoldenTests {
    static let columns: [(shape: Shape, gaps: Gaps)] =
        Shape.allCases.map { ($0, .rare) } + Gaps.allCases.filter { $0 != .rare }.map { (.decimals, $0) }

    /// The column of a fixture. Its bits come from whole numbers only, so they are the same everywhere.
    private static func column(_ shape: Shape, _ gaps: Gaps) -> (values: [Double], presence: Presence) {
        var generator = SeededGenerator(seed: 2_026)
        return (shape.values(1_100, &generator), gaps.presence(1_100, &generator))
    }

    private static func rows(_ seed: UInt64) -> SegmentRows {
        var generator = SeededGenerator(seed: seed)
        return RowsTests.random(200, &generator)
    }

    private static func notes() -> [(row: Int, bytes: [UInt8])] {
        var generator = SeededGenerator(seed: 2_026)
        return NotesTests.random(rowCount: 300, &generator)
    }

    private static let fixtures: [String: [UInt8]] = {
        guard let url = Bundle.module.url(forResource: "format-1", withExtension: "txt", subdirectory: "Fixtures"),
            let text = try? String(contentsOf: url, encoding: .utf8)
        else { return [:] }
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        return Dictionary(
            uniqueKeysWithValues: lines.map { line in
                let parts = line.split(separator: "\t")
                return (String(parts[0]), [UInt8](Data(base64Encoded: String(parts[1])) ?? Data()))
            })
    }()

    /// The fixture's bytes. Missing ones are added to the file when it shall be updated.
    private static func fixture(_ name: String, _ current: () -> [UInt8]) throws -> [UInt8] {
        if let bytes = fixtures[name] { return bytes }
        try #require(ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1", "no fixture \(name)")
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/format-1.txt")
        let file = try FileHandle(forWritingTo: path)
        try file.seekToEnd()
        let bytes = current()
        try file.write(contentsOf: Data("\(name)\t\(Data(bytes).base64EncodedString())\n".utf8))
        try file.close()
        return bytes
    }

    @Test("columns of format 1 are read")
    func readColumns() throws {
        for (shape, gaps) in GoldenTests.columns {
            let (values, presence) = GoldenTests.column(shape, gaps)
            let bytes = try GoldenTests.fixture("column \(shape) \(gaps)") { encoded(values, presence).bytes }
            #expect(try decoded(bytes) == bits(values, presence), "\(shape) \(gaps)")
        }
    }

    @Test("rows of format 1 are read")
    func readRows() throws {
        for seed in 0..<4 as Range<UInt64> {
            let rows = GoldenTests.rows(seed)
            let bytes = try GoldenTests.fixture("rows \(seed)") { RowsTests.encoded(rows) }
            let back = try bytes.withUnsafeBytes { try RowsDecoder($0, using: SegmentWorkspace()).all() }
            #expect(back == rows, "seed \(seed)")
        }
    }

    @Test("notes of format 1 are read")
    func readNotes() throws {
        let notes = GoldenTests.notes()
        let bytes = try GoldenTests.fixture("notes") { NotesTests.encoded(notes, rowCount: 300) }
        try bytes.withUnsafeBytes {
            let back = try NotesDecoder($0, using: SegmentWorkspace()).notes
            #expect(back.map(\.row) == notes.map(\.row))
            #expect(back.map(\.bytes) == notes.map(\.bytes))
        }
    }

    @Test(
        "small blobs are written byte for byte as the format says",
        arguments: [
            ([7, 7, 7], [1, 2, 3, 0, 0, 0, 0, 0, 14]),
            ([0.5, 0.7, 0.6], [1, 2, 3, 0, 1, 0, 0, 2, 10, 0b01_10_00]),
            ([10, 20, 30], [1, 2, 3, 0, 0, 0, 0, 128, 20, 20]),
        ] as [([Double], [UInt8])])
    func layout(values: [Double], expected: [UInt8]) {
        #expect(Array(encoded(values, .all(values.count)).bytes.dropLast(4)) == expected)
    }
}
