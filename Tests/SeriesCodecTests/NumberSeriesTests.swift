import Support
import Testing

@testable import SeriesCodec

@Suite("Number series")
struct NumberSeriesTests {
    private static func written(_ numbers: [Int64]) -> [UInt8] {
        var writer = ByteWriter()
        numbers.withUnsafeBufferPointer {
            NumberSeries.append(
                $0, blockSizes: Presence.all($0.count).blockSizes, to: &writer, using: SegmentWorkspace())
        }
        return writer.bytes
    }

    private static func read(_ bytes: [UInt8], _ range: Range<Int>, of count: Int) throws -> [Int64] {
        try bytes.withUnsafeBytes { buffer in
            let workspace = SegmentWorkspace()
            var reader = ByteReader(buffer)
            try NumberSeries.read(
                range, blockSizes: Presence.all(count).blockSizes, from: &reader, using: workspace)
            try reader.expectEnd()
            return withExtendedLifetime(workspace) {
                Array(UnsafeBufferPointer(start: workspace.numbers + range.lowerBound, count: range.count))
            }
        }
    }

    /// Numbers of up to `width` bits, of either sign where `isSigned`, added up where `isSum`.
    private static func numbers(
        _ count: Int, width: Int, isSigned: Bool, isSum: Bool, _ generator: inout SeededGenerator
    ) -> [Int64] {
        var sum: Int64 = 0
        return (0..<count).map { _ in
            let bits = width == 0 ? 0 : generator.next() >> UInt64(64 - width)
            let number = isSigned && generator.next(2) == 0 ? 0 &- Int64(bitPattern: bits) : Int64(bitPattern: bits)
            sum &+= number
            return isSum ? sum : number
        }
    }

    @Test("numbers of every width come back", arguments: 0...64)
    func roundTrip(width: Int) throws {
        var generator = SeededGenerator(seed: UInt64(width))
        for (isSigned, isSum) in [(false, false), (true, false), (false, true), (true, true)] {
            for count in [1, 2, 7, 100, 1_024, 1_500] {
                let numbers = NumberSeriesTests.numbers(
                    count, width: width, isSigned: isSigned, isSum: isSum, &generator)
                let bytes = NumberSeriesTests.written(numbers)
                #expect(try NumberSeriesTests.read(bytes, 0..<count, of: count) == numbers)
                let start = generator.next(count)
                let range = start..<start + generator.next(count - start)
                #expect(try NumberSeriesTests.read(bytes, range, of: count) == Array(numbers[range]))
            }
        }
    }

    @Test("the ends of the number line are neighbours")
    func wrapping() throws {
        let numbers: [Int64] = [.max, .min, 0, .min, .max, -1, 1, .max]
        #expect(try NumberSeriesTests.read(NumberSeriesTests.written(numbers), 0..<8, of: 8) == numbers)
    }

    @Test("each form is written for what it is for", arguments: ["packed", "values", "rises", "differences"])
    func forms(name: String) throws {
        var generator = SeededGenerator(seed: 3)
        var sum: Int64 = 0
        let numbers = (0..<4_096).map { _ -> Int64 in
            switch name {
            case "packed": return Int64(generator.next(64))
            case "values": return Int64(min(generator.next(20), generator.next(20)))
            case "rises": sum += Int64(generator.next(100) == 0 ? 250 : generator.next(3))
            default: sum += Int64(generator.next(300) + generator.next(300) - 300)
            }
            return sum
        }
        let bytes = NumberSeriesTests.written(numbers)
        #expect(bytes.first == ["packed": 0, "values": 1, "rises": 2, "differences": 3][name])
        #expect(try NumberSeriesTests.read(bytes, 0..<4_096, of: 4_096) == numbers)
    }

    @Test("packed numbers come back, whatever their width and count", arguments: Array(0...56) + [64])
    func packing(width: Int) {
        var generator = SeededGenerator(seed: UInt64(width))
        for count in [0, 1, 2, 3, 8, 9, 63, 64, 65, 1_024] {
            let numbers = (0..<count).map { _ in width == 0 ? 0 : generator.next() >> UInt64(64 - width) }
            var writer = ByteWriter()
            numbers.withUnsafeBufferPointer { BitPacking.pack($0, width: width, into: &writer) }
            #expect(writer.bytes.count == BitPacking.byteCount(count, width: width))
            var back = [Int64](repeating: -1, count: count + 1)
            writer.bytes.withUnsafeBytes { bytes in
                back.withUnsafeMutableBufferPointer {
                    BitPacking.unpack(bytes, count: count, width: width, into: $0.baseAddress!)
                }
            }
            #expect(back.dropLast().map { UInt64(bitPattern: $0) } == numbers)
            #expect(back[count] == -1, "nothing is written beyond the last")
        }
    }
}
