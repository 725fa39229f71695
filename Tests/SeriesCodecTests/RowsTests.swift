import Support
import Testing

@testable import SeriesCodec

@Suite("Rows of a segment")
struct RowsTests {
    static func encoded(_ rows: SegmentRows) -> [UInt8] { RowsEncoder(using: SegmentWorkspace()).encode(rows) }

    static func steady(_ count: Int) -> SegmentRows {
        SegmentRows(
            observedAt: (0..<count).map { 1_451_606_400_000_000 + Int64($0) * 10_000_000 },
            boot: [UInt32](repeating: 1_700_000_000, count: count), seq: (0..<count).map { 4_000_000 + UInt64($0) })
    }

    static func random(_ count: Int, _ generator: inout SeededGenerator) -> SegmentRows {
        let isWild = generator.next(3) == 0
        var time = Int64(generator.next(1_000_000_000))
        let times = (0..<count).map { _ -> Int64 in
            time += Int64(generator.next(4) * (isWild ? 1_237 : 1_000_000))
            return isWild ? Int64(bitPattern: generator.next()) : time
        }
        return SegmentRows(
            observedAt: times.sorted(),
            boot: (0..<count).map { _ in isWild ? UInt32(truncatingIfNeeded: generator.next()) : 3 },
            seq: (0..<count).map { isWild ? generator.next() : UInt64($0 * 2 + generator.next(2)) })
    }

    @Test("rows come back", arguments: 0..<60 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let rows = RowsTests.random([0, 1, 2, 100, 1_024, 1_025, 3_000][generator.next(7)], &generator)
        let bytes = RowsTests.encoded(rows)
        try bytes.withUnsafeBytes { buffer in
            let decoder = try RowsDecoder(buffer, using: SegmentWorkspace())
            #expect(try decoder.all() == rows)
            let count = rows.observedAt.count
            let start = generator.next(count + 1)
            let range = start..<start + generator.next(count - start + 1)
            var times = [Int64](repeating: 0, count: range.count)
            try times.withUnsafeMutableBufferPointer { try decoder.times(range, into: $0) }
            #expect(times == Array(rows.observedAt[range]))
            let sequence = try decoder.sequence(range)
            #expect(sequence.seq == Array(rows.seq[range]))
            #expect(sequence.boot == Array(rows.boot[range]))
        }
    }

    @Test(
        "a range of time finds its rows",
        arguments: [
            (0, 100, 0..<6), (10, 11, 0..<2), (10, 10, 0..<0), (11, 20, 2..<2), (11, 21, 2..<5), (20, 31, 2..<6),
            (30, 30, 5..<5), (31, 99, 6..<6), (-5, 5, 0..<0), (40, 0, 6..<6),
        ] as [(Int64, Int64, Range<Int>)])
    func find(start: Int64, end: Int64, expected: Range<Int>) throws {
        let rows = SegmentRows(
            observedAt: [10, 10, 20, 20, 20, 30], boot: [1, 1, 1, 1, 1, 1], seq: [1, 2, 3, 4, 5, 6])
        let found = try RowsTests.encoded(rows).withUnsafeBytes {
            try RowsDecoder($0, using: SegmentWorkspace()).rows(from: start, until: end)
        }
        #expect(found == expected)
    }

    @Test("rows that count on cost next to nothing")
    func size() {
        #expect(RowsTests.encoded(RowsTests.steady(16_384)).count <= 64)
    }
}
