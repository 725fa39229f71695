import Support
import Testing

@testable import SeriesCodec

@Suite("Notes of rows")
struct NotesTests {
    static func encoded(_ notes: [(row: Int, bytes: [UInt8])], rowCount: Int) -> [UInt8] {
        NotesEncoder(using: SegmentWorkspace()).encode(notes, rowCount: rowCount)
    }

    static func random(rowCount: Int, _ generator: inout SeededGenerator) -> [(row: Int, bytes: [UInt8])] {
        let often = 1 + generator.next(50)
        return (0..<rowCount).filter { _ in generator.next(often) == 0 }.map { row in
            (row, (0..<generator.next(9)).map { _ in UInt8(generator.next(often)) })
        }
    }

    @Test("notes come back", arguments: 0..<60 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let rowCount = [0, 1, 2, 500, 3_000][generator.next(5)]
        let notes = NotesTests.random(rowCount: rowCount, &generator)
        try NotesTests.encoded(notes, rowCount: rowCount).withUnsafeBytes {
            let decoder = try NotesDecoder($0, using: SegmentWorkspace())
            #expect(decoder.rowCount == rowCount)
            #expect(decoder.notes.map(\.row) == notes.map(\.row))
            #expect(decoder.notes.map(\.bytes) == notes.map(\.bytes))
        }
    }

    @Test("a fault reported with every row costs little")
    func size() {
        let notes = (0..<16_384).map { (row: $0, bytes: [1, 100, 0, 3, 0, 17] as [UInt8]) }
        #expect(NotesTests.encoded(notes, rowCount: 16_384).count < 100)
    }
}
