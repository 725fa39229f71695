import Support
import Testing

@testable import SeriesCodec

@Suite("Columns")
struct ColumnTests {
    @Test("a column gives back what was put in, to the bit", arguments: Shape.allCases, Gaps.allCases)
    func roundTrip(shape: Shape, gaps: Gaps) throws {
        for seed in 0..<6 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let count = [1, 2, 63, 64, 1_024, 1_025, 2_500][generator.next(7)]
            let values = shape.values(count, &generator)
            let presence = gaps.presence(count, &generator)
            let (bytes, statistics) = encoded(values, presence)
            #expect(try decoded(bytes) == bits(values, presence), "seed \(seed)")
            #expect(statistics.count == presence.valueCount, "seed \(seed)")
        }
    }

    @Test("any range of rows is read alone", arguments: Shape.allCases, [Gaps.none, .rare, .long])
    func ranges(shape: Shape, gaps: Gaps) throws {
        var generator = SeededGenerator(seed: 7)
        let values = shape.values(3_000, &generator)
        let presence = gaps.presence(3_000, &generator)
        let (bytes, _) = encoded(values, presence)
        let expected = bits(values, presence)
        let fixed = [0..<0, 0..<1, 1_023..<1_025, 1_024..<2_048, 2_999..<3_000, 3_000..<3_000]
        let random = (0..<20).map { _ in
            let start = generator.next(3_000)
            return start..<start + generator.next(3_000 - start)
        }
        for rows in fixed + random {
            #expect(try decoded(bytes, rows) == Array(expected[rows]), "rows \(rows)")
        }
    }

    @Test("a column that is kept in memory gives back the same to the bit", arguments: Shape.allCases, Gaps.allCases)
    func counted(shape: Shape, gaps: Gaps) throws {
        var generator = SeededGenerator(seed: 8)
        for count in [1, 64, 3_000] {
            let values = shape.values(count, &generator)
            let presence = gaps.presence(count, &generator)
            try ColumnTests.expectCounted(values, presence, &generator)
        }
    }

    @Test(
        "a column is kept in memory when its values are on one scale and less than four bytes apart",
        arguments: [
            ([0, -0.0, 0.1, 25.3, .nan], 5), ([-1, 252], 2), ([-1, 253], 4), ([0, 300, -12.5], 6),
            ([0, 65_533], 4), ([0, 65_535], 8), ([0, 4e9], 8), ([0, 5e9], nil), ([0.1, 1e300], nil),
            ([Double.pi, 2], nil), ([], nil),
        ] as [([Double], Int?)])
    func countedBytes(values: [Double], bytes: Int?) throws {
        var generator = SeededGenerator(seed: 9)
        // NaN stands for no value here, and a row without one costs its word in a bitmap.
        let presence = Presence(values.map { !$0.isNaN })
        let found = try ColumnTests.expectCounted(values, presence, &generator)
        #expect(found == bytes.map { $0 + (presence.isComplete ? 0 : 8) })
    }

    /// How many bytes it takes; `nil` when it is not kept so.
    @discardableResult private static func expectCounted(
        _ values: [Double], _ presence: Presence, _ generator: inout SeededGenerator
    ) throws -> Int? {
        let (bytes, _) = encoded(values, presence)
        let expected = bits(values, presence)
        let workspace = SegmentWorkspace()
        let counted = try bytes.withUnsafeBytes { try CountedColumn(ColumnDecoder($0, using: workspace)) }
        guard let counted else { return nil }
        #expect(counted.presence == presence)
        for _ in 0..<20 {
            let start = generator.next(values.count)
            let rows = start..<start + generator.next(values.count - start + 1)
            var found = [Double](repeating: 7, count: rows.count)
            found.withUnsafeMutableBufferPointer { counted.decode(rows, into: $0) }
            #expect(bits(found, Presence(rows.map { presence[$0] })) == Array(expected[rows]))
            #expect(zip(rows, found).allSatisfy { presence[$0] || $1.isNaN })
            let count = found.withUnsafeMutableBufferPointer { counted.decodePresent(rows, into: $0) }
            #expect(found[..<count].map(\.bitPattern) == rows.filter { presence[$0] }.map { values[$0].bitPattern })
        }
        return counted.byteCount
    }

    @Test("an empty column and a full segment can be written", arguments: [0, SegmentLimits.rows])
    func limits(count: Int) throws {
        var generator = SeededGenerator(seed: 1)
        let values = Shape.walk.values(count, &generator)
        #expect(try decoded(encoded(values, .all(count)).bytes) == values.map(\.bitPattern))
    }

    @Test("what hardly changes costs hardly anything")
    func sizes() {
        let constant = [Double](repeating: 2_000, count: 16_384)
        #expect(encoded(constant, .all(16_384)).bytes.count <= 20)
        let counter = (0..<16_384).map { 100 + Double($0) / 20 }
        #expect(encoded(counter, .all(16_384)).bytes.count <= 20)
        var steps = constant
        for row in 5_000..<9_000 { steps[row] = 1_500 }
        #expect(encoded(steps, .all(16_384)).bytes.count <= 110)
        let bothZeros = (0..<16_384).map { $0 % 2 == 0 ? 0.0 : -0.0 }
        #expect(encoded(bothZeros, .all(16_384)).bytes.count <= 2_200)
        let negativeZeros = [Double](repeating: -0.0, count: 16_384)
        #expect(encoded(negativeZeros, .all(16_384)).bytes.count <= 30)
    }

    @Test(
        "a column stays on the decimal scale while no more than one value in 16 is off it",
        arguments: [(0, 1), (10, 1), (11, ColumnEncoder.bitPatterns)] as [(Int, UInt8)])
    func misfits(count: Int, scale: UInt8) throws {
        let values = (0..<160).map { $0 < count ? Double.pi + Double($0) : Double($0) / 10 }
        let bytes = encoded(values, .all(160)).bytes
        // Before it stand version, kind, row count in two bytes, presence.
        #expect(bytes[5] == scale)
        #expect(try decoded(bytes) == values.map(\.bitPattern))
    }

    @Test(
        "statistics leave NaN out of minimum and maximum, and say by the sum that there was one",
        arguments: [
            ([], .nan, .nan, .nan, .nan, 0),
            ([5], 5, 5, 5, 5, 5),
            ([3, -1, 2], -1, 3, 3, 2, 4),
            ([.nan, 4, 2], 2, 4, .nan, 2, .nan),
            ([.nan], .nan, .nan, .nan, .nan, .nan),
            ([.infinity, 1], 1, .infinity, .infinity, 1, .infinity),
            ([.infinity, -.infinity], -.infinity, .infinity, .infinity, -.infinity, .nan),
            ([1, 1e100, 1, -1e100], -1e100, 1e100, 1, -1e100, 2),
            (
                [.greatestFiniteMagnitude, .greatestFiniteMagnitude], .greatestFiniteMagnitude,
                .greatestFiniteMagnitude, .greatestFiniteMagnitude, .greatestFiniteMagnitude, .infinity
            ),
        ] as [([Double], Double, Double, Double, Double, Double)])
    func statistics(
        values: [Double], minimum: Double, maximum: Double, first: Double, last: Double, sum: Double
    ) {
        let statistics = encoded(values, .all(values.count)).statistics
        #expect(statistics.count == values.count)
        #expect(ColumnTests.isSame(statistics.minimum, minimum))
        #expect(ColumnTests.isSame(statistics.maximum, maximum))
        #expect(ColumnTests.isSame(statistics.first, first))
        #expect(ColumnTests.isSame(statistics.last, last))
        #expect(ColumnTests.isSame(statistics.sum, sum))
    }

    @Test("decimals are summed up as on paper", arguments: [1, 10, 4_096, SegmentLimits.rows])
    func sumOfDecimals(count: Int) {
        #expect(encoded([Double](repeating: 0.1, count: count), .all(count)).statistics.sum == Double(count) / 10)
        let ups = (0..<count).map { $0.isMultiple(of: 2) ? 12_345.67 : -12_345.66 }
        let pairs = Double(count / 2) / 100 + (count.isMultiple(of: 2) ? 0 : 12_345.67)
        #expect(encoded(ups, .all(count)).statistics.sum == pairs)
    }

    @Test("statistics are those of the rows that have a value")
    func statisticsOfPresent() {
        let statistics = encoded([9, 2, -7, 4, 8], Presence([false, true, false, true, false])).statistics
        #expect(statistics.count == 2)
        #expect(statistics.minimum == 2 && statistics.maximum == 4)
        #expect(statistics.first == 2 && statistics.last == 4 && statistics.sum == 6)
    }

    private static func isSame(_ a: Double, _ b: Double) -> Bool { a == b || (a.isNaN && b.isNaN) }
}
