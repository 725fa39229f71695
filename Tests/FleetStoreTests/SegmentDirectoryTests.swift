import SeriesCodec
import Support
import Testing

@testable import FleetStore

@Suite("Directory of a segment")
struct SegmentDirectoryTests {
    @Test("comes back to the bit", arguments: 0..<200 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let directory = SegmentDirectoryTests.directory(&random)
        try directory.bytes.withUnsafeBytes { bytes in
            let back = try SegmentDirectory(bytes)
            #expect(back.rows == directory.rows && back.notes == directory.notes)
            #expect(back.columns.map(Bits.init) == directory.columns.map(Bits.init))
        }
    }

    @Test("a column of a constant takes 8 bytes, one of tenths at most 14")
    func size() {
        var directory = SegmentDirectory(rows: .init(chunk: 0, offset: 0, length: 500))
        func bytes(with values: [Double]) -> Int {
            var longer = directory
            longer.columns.append(
                SegmentDirectory.Column(
                    signal: 7, place: .init(chunk: 0, offset: 500, length: 2_000),
                    statistics: values.withUnsafeBufferPointer { ColumnSummary(ColumnStatistics($0)) }))
            return longer.bytes.count - directory.bytes.count
        }
        directory.columns = []
        #expect(bytes(with: [Double](repeating: 2_000, count: 60)) <= 8)
        #expect(bytes(with: (0..<60).map { Double(200 + $0) / 10 }) <= 14)
    }

    @Test("a damaged one is damage whatever byte it is, and nothing else", arguments: 0..<50 as Range<UInt64>)
    func damaged(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var bytes = SegmentDirectoryTests.directory(&random).bytes
        bytes.removeLast(4)
        bytes[1 + random.next(bytes.count - 1)] = UInt8(truncatingIfNeeded: random.next())
        // With a check sum that is right, so that all of it is read.
        var writer = ByteWriter()
        bytes.withUnsafeBytes { writer.append($0) }
        writer.sealed().withUnsafeBytes { bytes in
            guard let directory = try? SegmentDirectory(bytes) else { return }
            #expect(directory.columns.allSatisfy { (0...SegmentLimits.rows).contains($0.statistics.count) })
            #expect(directory.columns.allSatisfy { $0.place.offset >= 0 && $0.place.length >= 0 })
            _ = directory.bytes
        }
    }

    /// A column as it can be compared: NaN is NaN.
    private struct Bits: Equatable {
        let numbers: [UInt64]
        let place: SegmentDirectory.Place

        init(_ column: SegmentDirectory.Column) {
            let statistics = column.statistics
            numbers =
                [UInt64(bitPattern: column.signal), UInt64(statistics.count)]
                + [statistics.minimum, statistics.maximum, statistics.sum, statistics.first, statistics.last]
                .map(\.bitPattern)
            place = column.place
        }
    }

    private static func directory(_ random: inout SeededGenerator) -> SegmentDirectory {
        var ends = [Int](repeating: 0, count: 7)
        func place(_ random: inout SeededGenerator) -> SegmentDirectory.Place {
            let chunk = random.next(3) == 0 ? random.next(7) : 0
            let gap = random.next(8) == 0 ? random.next(100) : 0
            let place = SegmentDirectory.Place(chunk: chunk, offset: ends[chunk] + gap, length: 1 + random.next(9_000))
            ends[chunk] = place.offset + place.length
            return place
        }
        var directory = SegmentDirectory(rows: place(&random))
        if random.next(2) == 0 { directory.notes = place(&random) }
        var signal: Int64 = 0
        for _ in 0..<random.next(20) {
            signal += Int64(1 + random.next(1_000))
            var statistics = ColumnSummary(count: random.next(SegmentLimits.rows + 1))
            let first = value(&random)
            statistics.minimum = first
            statistics.maximum = random.next(3) == 0 ? first : value(&random)
            statistics.first = random.next(3) == 0 ? first : value(&random)
            statistics.last = random.next(3) == 0 ? first : value(&random)
            statistics.sum = value(&random)
            directory.columns.append(
                SegmentDirectory.Column(signal: signal, place: place(&random), statistics: statistics))
        }
        return directory
    }

    private static func value(_ random: inout SeededGenerator) -> Double {
        switch random.next(12) {
        case 0: .nan
        case 1: -0.0
        case 2: .infinity
        case 3: Double(bitPattern: random.next())
        case 4: 0x1p52
        case 5: -0x1p51 + 1
        default: Double(random.next(2_000_000) - 1_000_000) / 1_000
        }
    }
}
