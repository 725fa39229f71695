import FleetModel
import Support
import Testing

@testable import FleetStore

@Suite("Frame blocks")
struct FrameBlockTests {
    private static let signals = (0..<40).map { Signal("block_signal_\($0)") }
    private static let rows = Dictionary(uniqueKeysWithValues: signals.enumerated().map { ($1, Int64($0) * 37 + 1) })
    private static let names = Dictionary(uniqueKeysWithValues: rows.map { ($1, $0) })

    private static func sealed(_ entries: [FrameBlock.Entry]) -> [UInt8] {
        var block = FrameBlock()
        for entry in entries { block.append(entry.frame, receivedAt: entry.receivedAt) { rows[$0]! } }
        return block.sealed()
    }

    private static func opened(_ bytes: [UInt8]) throws(FrameBlock.Damage) -> [FrameBlock.Entry] {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(FrameBlock.Damage) in try FrameBlock.entries(of: buffer) { names[$0] } }
        }
        return try result.get()
    }

    private static func randomEntries(_ generator: inout SeededGenerator) -> [FrameBlock.Entry] {
        let extremes: [Double] = [
            0, -0.0, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude, 0.1, -273.15,
            4_503_599_627_370_495, 9_007_199_254_740_994, 1e300, 0.30000000000000004,
        ]
        return (0..<Int.random(in: 0...30, using: &generator)).map { _ in
            let chosen = signals.shuffled(using: &generator).prefix(Int.random(in: 0...8, using: &generator))
            let readings = chosen.map { signal in
                let value =
                    switch Int.random(in: 0...3, using: &generator) {
                    case 0: extremes.randomElement(using: &generator)!
                    case 1: Double(bitPattern: generator.next())
                    case 2: Double(Int.random(in: -5_000...5_000, using: &generator)) / 10
                    default: Double(Int.random(in: 0...100, using: &generator))
                    }
                return Reading(signal, value)
            }
            let faults: [DiagnosticTroubleCode]? =
                Bool.random(using: &generator)
                ? nil
                : (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                    DiagnosticTroubleCode(
                        spn: SPN(UInt32.random(in: 0...0x7_FFFF, using: &generator))!,
                        fmi: FMI(UInt8.random(in: 0...31, using: &generator))!,
                        sourceAddress: SourceAddress(UInt8.random(in: .min ... .max, using: &generator)),
                        occurrenceCount: Bool.random(using: &generator)
                            ? nil : UInt8.random(in: .min ... .max, using: &generator))
                }
            let frame = Frame(
                boot: UInt32.random(in: .min ... .max, using: &generator), seq: generator.next(),
                observedAt: Timestamp(microseconds: Int64(bitPattern: generator.next())), readings: readings,
                faults: faults)
            return FrameBlock.Entry(
                frame: frame, receivedAt: Timestamp(microseconds: Int64(bitPattern: generator.next())))
        }
    }

    /// Compares values by their bits: NaN is a value too, and -0.0 is not 0.0.
    private static func isSame(_ a: [FrameBlock.Entry], _ b: [FrameBlock.Entry]) -> Bool {
        func plain(_ entries: [FrameBlock.Entry]) -> [FrameBlock.Entry] {
            entries.map { entry in
                var entry = entry
                entry.frame.readings = []
                return entry
            }
        }
        func values(_ entries: [FrameBlock.Entry]) -> [[String]] {
            entries.map { $0.frame.readings.map { "\($0.signal) \($0.value.bitPattern)" } }
        }
        return plain(a) == plain(b) && values(a) == values(b)
    }

    @Test("a block gives back what was put in, to the bit", arguments: 0..<300 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let entries = FrameBlockTests.randomEntries(&generator)
        let back = try FrameBlockTests.opened(FrameBlockTests.sealed(entries))
        #expect(FrameBlockTests.isSame(back, entries), "seed \(seed)")
    }

    @Test("a damaged byte anywhere is noticed by the check sum", arguments: 0..<20 as Range<UInt64>)
    func checksum(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let whole = FrameBlockTests.sealed(FrameBlockTests.randomEntries(&generator))
        for index in whole.indices {
            var bytes = whole
            bytes[index] ^= UInt8.random(in: 1...255, using: &generator)
            #expect(throws: FrameBlock.Damage.self) { try FrameBlockTests.opened(bytes) }
        }
    }

    @Test("bytes that are nonsense under a right check sum never trap", arguments: 0..<300 as Range<UInt64>)
    func nonsense(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var bytes = Array(FrameBlockTests.sealed(FrameBlockTests.randomEntries(&generator)).dropLast(4))
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            switch Int.random(in: 0...2, using: &generator) {
            case 0:
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
                    in: .min ... .max, using: &generator)
            case 1: bytes.append(contentsOf: (0..<9).map { _ in UInt8.random(in: 0x70...0xFF, using: &generator) })
            default: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
            }
        }
        let checksum = bytes.withUnsafeBytes { CRC32C.checksum($0) }
        for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: checksum >> shift)) }
        _ = try? FrameBlockTests.opened(bytes)
    }

    @Test("what is no block is refused", arguments: [[], [1], [1, 2, 3, 4], [0, 0, 0, 0, 0]] as [[UInt8]])
    func tooShort(bytes: [UInt8]) {
        #expect(throws: FrameBlock.Damage.self) { try FrameBlockTests.opened(bytes) }
    }

    @Test("a steady machine's frame of ten signals takes fewer than 40 bytes")
    func size() {
        let entries = (0..<100).map { index in
            let readings = FrameBlockTests.signals.prefix(10).map { Reading($0, 80 + Double(index % 7) / 10) }
            return FrameBlock.Entry(frame: frame(UInt64(index), Array(readings)), receivedAt: start + .seconds(index))
        }
        #expect(FrameBlockTests.sealed(entries).count < 4_000)
    }

    @Test(
        "the check sum is the one of RFC 3720",
        arguments: [
            ("123456789", 0xE306_9283), ("", 0), (String(repeating: "\0", count: 32), 0x8A91_36AA),
        ] as [(String, UInt32)])
    func knownChecksums(text: String, expected: UInt32) {
        #expect(Array(text.utf8).withUnsafeBytes { CRC32C.checksum($0) } == expected)
    }
}
