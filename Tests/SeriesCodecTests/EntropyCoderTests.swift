import Foundation
import Support
import Testing

@testable import SeriesCodec

@Suite("Entropy coder")
struct EntropyCoderTests {
    private static func coded(_ bytes: [UInt8]) -> [UInt8]? {
        bytes.withUnsafeBytes { EntropyCoder.encode($0, using: SegmentWorkspace())?.bytes }
    }

    /// - Parameter coded: how many bytes were coded, if more than are wanted.
    private static func decoded(_ bytes: [UInt8], count: Int, of coded: Int? = nil) throws -> [UInt8] {
        let workspace = SegmentWorkspace()
        var back = [UInt8](repeating: 0, count: count + 1)
        back[count] = 99
        try bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            try back.withUnsafeMutableBytes {
                try EntropyCoder.decode(
                    &reader, of: coded ?? count, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<count]),
                    using: workspace)
            }
        }
        #expect(back[count] == 99, "nothing is written beyond the last")
        return Array(back[..<count])
    }

    @Test("bytes come back, whatever their count and frequency", arguments: 2...40)
    func roundTrip(kinds: Int) throws {
        var generator = SeededGenerator(seed: UInt64(kinds))
        for count in [200, 201, 202, 203, 1_024, 7_777, SegmentLimits.rows] {
            // The smaller of two: low ones are more frequent.
            let bytes = (0..<count).map { _ in
                UInt8(3 * min(generator.next(kinds), generator.next(kinds)))
            }
            guard let coded = EntropyCoderTests.coded(bytes) else { continue }
            #expect(try EntropyCoderTests.decoded(coded, count: count) == bytes)
            for part in [0, 1, 6, count / 2] {
                #expect(try EntropyCoderTests.decoded(coded, count: part, of: count) == Array(bytes[..<part]))
            }
        }
    }

    @Test("a byte that occurs once among 65,536 comes back", arguments: [0, 1, 40_000, 65_535])
    func rare(place: Int) throws {
        var bytes = [UInt8](repeating: 7, count: SegmentLimits.rows)
        bytes[place] = 200
        let coded = try #require(EntropyCoderTests.coded(bytes))
        #expect(coded.count < 150)
        #expect(try EntropyCoderTests.decoded(coded, count: bytes.count) == bytes)
    }

    @Test("noise of eleven values takes at most 3.5 bits a byte, which is 3.46 in theory")
    func size() throws {
        var generator = SeededGenerator(seed: 1)
        let bytes = (0..<16_384).map { _ in UInt8(generator.next(11)) }
        let coded = try #require(EntropyCoderTests.coded(bytes))
        #expect(Double(coded.count * 8) / 16_384 <= 3.5)
    }

    @Test("what does not become smaller is not coded")
    func incompressible() {
        var generator = SeededGenerator(seed: 1)
        #expect(EntropyCoderTests.coded((0..<5_000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }) == nil)
        #expect(EntropyCoderTests.coded([1, 2, 3]) == nil)
    }

    @Test("frequencies add up to the whole, and none that occurs is lost", arguments: 0..<100 as Range<UInt64>)
    func frequencies(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let kinds = 2 + generator.next(255)
        let bytes = (0..<1 + generator.next(10_000)).map { _ in
            UInt8(truncatingIfNeeded: min(generator.next(kinds), generator.next(kinds), generator.next(kinds)))
        }
        let frequencies = bytes.withUnsafeBytes { SymbolFrequencies(of: $0) }
        #expect(frequencies.parts.reduce(0, +) == SymbolFrequencies.total)
        #expect(Set(bytes) == Set((0...255).filter { frequencies.parts[$0] > 0 }.map(UInt8.init)))
        var writer = ByteWriter()
        frequencies.append(to: &writer)
        try writer.bytes.withUnsafeBytes {
            var reader = ByteReader($0)
            #expect(try SymbolFrequencies(from: &reader) == frequencies)
            try reader.expectEnd()
        }
    }

    @Test(
        "frequencies of noise take 5 bits a value at most, and what they are wrong by 1 byte in 400",
        arguments: [12, 40, 200])
    func roughly(kinds: Int) throws {
        var generator = SeededGenerator(seed: UInt64(kinds))
        let bytes = (0..<8_000).map { _ in UInt8((generator.next(kinds) + generator.next(kinds)) / 2) }
        let frequencies = bytes.withUnsafeBytes { SymbolFrequencies(of: $0) }
        var writer = ByteWriter()
        frequencies.append(to: &writer)
        #expect(writer.bytes.count * 8 <= 5 * kinds + 64)
        var counts = [Double](repeating: 0, count: 256)
        for byte in bytes { counts[Int(byte)] += 1 }
        let (ideal, actual) = counts.enumerated().filter { $0.1 > 0 }.reduce((0.0, 0.0)) { sum, entry in
            let part = Double(frequencies.parts[entry.offset]) / Double(SymbolFrequencies.total)
            return (sum.0 - entry.1 * log2(entry.1 / 8_000), sum.1 - entry.1 * log2(part))
        }
        #expect(actual < ideal * 1.0025)
    }

    @Test(
        "frequencies that cannot be are damage",
        arguments: [
            [5, 4, 0, 0, 0xFF], [4, 4, 0, 0, 0x80], [4, 4, 0, 16, 0xFF, 0xFF, 0xFF, 0xFF], [4, 5, 1, 0, 0, 0, 0], [4],
        ] as [[UInt8]])
    func impossible(bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            #expect(throws: Damage.self) { try SymbolFrequencies(from: &reader) }
        }
    }

    @Test("a list of numbers comes back", arguments: 0..<100 as Range<UInt64>)
    func lists(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let bound = 1 << generator.next(18)
        let numbers = (0..<generator.next(200)).map { _ in generator.next(bound) }
        var writer = ByteWriter()
        NumberList.append(numbers, to: &writer)
        try writer.bytes.withUnsafeBytes {
            var reader = ByteReader($0)
            #expect(try NumberList.read(numbers.count, from: &reader) == numbers)
            try reader.expectEnd()
        }
    }
}
