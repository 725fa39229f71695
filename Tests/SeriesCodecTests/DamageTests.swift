import Support
import Testing

@testable import SeriesCodec

@Suite("Damaged bytes")
struct DamageTests {
    /// A blob and how it is read: all of it, and a part.
    struct Sample: CustomTestStringConvertible {
        var name: String
        var bytes: [UInt8]
        var read: @Sendable (UnsafeRawBufferPointer, SegmentWorkspace) throws -> Void

        var testDescription: String { name }
    }

    static let samples: [Sample] = {
        var generator = SeededGenerator(seed: 11)
        let columns = Shape.allCases.flatMap { shape in
            [Gaps.none, .rare, .long].map { gaps in
                let values = shape.values(1_500, &generator)
                let bytes = encoded(values, gaps.presence(1_500, &generator)).bytes
                return Sample(name: "\(shape) \(gaps)", bytes: bytes, read: readColumn)
            }
        }
        let rows = RowsTests.encoded(RowsTests.random(1_100, &generator))
        let notes = NotesTests.encoded(NotesTests.random(rowCount: 900, &generator), rowCount: 900)
        return columns + [
            Sample(name: "rows", bytes: rows, read: readRows), Sample(name: "notes", bytes: notes, read: readNotes),
        ]
    }()

    @Sendable static func readColumn(_ bytes: UnsafeRawBufferPointer, _ workspace: SegmentWorkspace) throws {
        let column = try ColumnDecoder(bytes, using: workspace)
        var values = [Double](repeating: 0, count: column.rowCount + 1)
        values[column.rowCount] = 99
        try values.withUnsafeMutableBufferPointer {
            try column.decode(0..<column.rowCount, into: $0)
            try column.decode(column.rowCount / 3..<column.rowCount / 2, into: $0)
        }
        #expect(values[column.rowCount] == 99, "nothing is written beyond the last row")
    }

    @Sendable static func readRows(_ bytes: UnsafeRawBufferPointer, _ workspace: SegmentWorkspace) throws {
        let rows = try RowsDecoder(bytes, using: workspace)
        _ = try rows.rows(from: 0, until: .max)
        _ = try rows.all()
    }

    @Sendable static func readNotes(_ bytes: UnsafeRawBufferPointer, _ workspace: SegmentWorkspace) throws {
        _ = try NotesDecoder(bytes, using: workspace)
    }

    /// Reads from memory of exactly this size, so that a reader of foreign memory is noticed by the tools for it.
    private static func read(_ sample: Sample, _ bytes: [UInt8], _ workspace: SegmentWorkspace) throws {
        let exact = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { exact.deallocate() }
        exact.copyBytes(from: bytes)
        try sample.read(UnsafeRawBufferPointer(exact), workspace)
    }

    private static func resealed(_ content: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        content.withUnsafeBytes { writer.append($0) }
        return writer.sealed()
    }

    @Test("every truncation is noticed", arguments: samples)
    func truncation(sample: Sample) {
        let workspace = SegmentWorkspace()
        for count in 0..<sample.bytes.count {
            #expect(throws: Damage.self) {
                try DamageTests.read(sample, Array(sample.bytes[..<count]), workspace)
            }
        }
    }

    @Test("every truncation under a right check sum is noticed", arguments: samples)
    func resealedTruncation(sample: Sample) {
        let workspace = SegmentWorkspace()
        for count in 0..<sample.bytes.count - 4 {
            #expect(throws: Damage.self) {
                try DamageTests.read(sample, DamageTests.resealed(Array(sample.bytes[..<count])), workspace)
            }
        }
    }

    @Test("overwritten bytes are noticed", arguments: samples)
    func overwriting(sample: Sample) {
        var generator = SeededGenerator(seed: 21)
        let workspace = SegmentWorkspace()
        for _ in 0..<200 {
            var bytes = sample.bytes
            let changed = DamageTests.overwrite(&bytes, &generator)
            guard changed else { continue }
            #expect(throws: Damage.self) { try DamageTests.read(sample, bytes, workspace) }
        }
    }

    @Test("nonsense under a right check sum gives an error or values, and never ends the program", arguments: samples)
    func nonsense(sample: Sample) {
        var generator = SeededGenerator(seed: 22)
        let workspace = SegmentWorkspace()
        for round in 0..<200 {
            var bytes = Array(sample.bytes.dropLast(4))
            // What governs the rest stands in front.
            if round % 2 == 0 {
                bytes[2 + generator.next(min(28, bytes.count - 2))] = UInt8(truncatingIfNeeded: generator.next())
            } else {
                _ = DamageTests.overwrite(&bytes, &generator)
            }
            do { try DamageTests.read(sample, DamageTests.resealed(bytes), workspace) } catch {
                #expect(error is Damage)
            }
        }
    }

    /// - Returns: Whether any byte is another now.
    private static func overwrite(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) -> Bool {
        let before = bytes
        let start = generator.next(bytes.count)
        for index in start..<min(bytes.count, start + 1 + generator.next(16)) {
            bytes[index] = UInt8(truncatingIfNeeded: generator.next())
        }
        return bytes != before
    }

    @Test(
        "an error says what is wrong",
        arguments: [
            ([], "0 bytes are too few for a part of a segment"),
            ([2, 2, 0, 0, 255], "format 2 is unknown, this program reads format 1"),
            ([1, 1, 0, 0, 255], "the bytes are of kind 1, not 2"),
            ([1, 2, 0x81, 0x80, 0x04, 0, 255], "65537 rows, where at most 65536 can be"),
            ([1, 2, 5, 9, 255], "presence cannot be written in the form 9"),
            ([1, 2, 5, 0, 13], "values cannot have 13 decimal places"),
            ([1, 2, 5, 0, 0, 0, 7], "numbers cannot be written in the form 7"),
            ([1, 2, 5, 0, 0, 0, 0, 57, 0], "numbers cannot be packed in 57 bits"),
            ([1, 2, 5, 0, 0, 0, 1, 0, 9, 0], "numbers cannot be of 9 bytes"),
            ([1, 2, 5, 0, 0, 0, 1, 0, 1, 3], "a plane cannot be written in the form 3"),
            ([1, 2, 5, 0, 0, 0, 1, 0, 1, 2, 3, 8, 7, 0], "frequencies of the bytes 8 to 7"),
            ([1, 2, 5, 0, 0, 0, 0, 0, 0, 77], "1 bytes are left over"),
        ] as [([UInt8], String)])
    func messages(content: [UInt8], message: String) {
        let bytes = content.isEmpty ? [] : DamageTests.resealed(content)
        let error = #expect(throws: Damage.self) {
            try bytes.withUnsafeBytes { try DamageTests.readColumn($0, SegmentWorkspace()) }
        }
        #expect(error?.description == message)
    }

    @Test("times that are not in order are damage")
    func unsortedTimes() {
        // Unit 1; three times packed in 2 bits above 0: 2, 1, 0; no numbers of seq and boot are looked at.
        let bytes = DamageTests.resealed([1, 1, 3, 0, 1, 4, 0, 2, 0, 0b00_01_10, 3, 0, 0, 0, 3, 0, 0, 0])
        let error = #expect(throws: Damage.self) {
            try bytes.withUnsafeBytes { try DamageTests.readRows($0, SegmentWorkspace()) }
        }
        #expect(error?.description == "the times are not in order")
    }
}
