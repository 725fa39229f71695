import FleetModel
import SeriesCodec
import Support
import Testing

@testable import FleetStore

@Suite("Frame blocks")
struct FrameBlockTests {
    private static let signals = (0..<40).map { Signal("block_signal_\($0)") }
    private static let names = StoredNames(signals: signals, shapes: [Array(signals.prefix(10)), nil])
    private static let rows = names.rows

    private static func sealed(_ entries: [ReceivedFrame]) -> [UInt8] {
        FrameBlock.bytes(of: entries) { rows[$0]! }
    }

    private static func opened(_ bytes: [UInt8]) throws(Damage) -> [ReceivedFrame] {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(Damage) in try FrameBlock.frames(of: buffer, names: names) }
        }
        return try result.get()
    }

    private static func randomEntries(_ generator: inout SeededGenerator) -> [ReceivedFrame] {
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
            return ReceivedFrame(
                frame: frame, receivedAt: Timestamp(microseconds: Int64(bitPattern: generator.next())))
        }
    }

    /// Compares values by their bits: NaN is a value too, and -0.0 is not 0.0.
    private static func isSame(_ a: [ReceivedFrame], _ b: [ReceivedFrame]) -> Bool {
        func plain(_ entries: [ReceivedFrame]) -> [ReceivedFrame] {
            entries.map { entry in
                var entry = entry
                entry.frame.readings = []
                return entry
            }
        }
        func values(_ entries: [ReceivedFrame]) -> [[String]] {
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
            #expect(throws: Damage.self) { try FrameBlockTests.opened(bytes) }
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
        bytes += CRC32C.checksum(of: bytes)
        _ = try? FrameBlockTests.opened(bytes)
        // Format 1, whose lists of signals are numbered.
        var first = bytes.dropLast(4)
        if !first.isEmpty { first[0] = 1 }
        _ = try? FrameBlockTests.opened(first + CRC32C.checksum(of: Array(first)))
    }

    @Test("what is no block is refused", arguments: [[], [1], [1, 2, 3, 4], [0, 0, 0, 0, 0]] as [[UInt8]])
    func tooShort(bytes: [UInt8]) {
        #expect(throws: Damage.self) { try FrameBlockTests.opened(bytes) }
    }

    @Test("a steady machine's frame of ten signals takes fewer than 31 bytes")
    func size() throws {
        let signals = FrameBlockTests.signals.prefix(10)
        var frames = FrameWriter()
        for index in 0..<100 {
            let readings = signals.map { Reading($0, 80 + Double(index % 7) / 10) }
            frames.append(
                frame(UInt64(index), Array(readings)), receivedAt: start + .seconds(index), shape: .stored(1))
        }
        #expect(frames.bytes.count < 3_100)
        let read = try frames.bytes.withUnsafeBytes { bytes in
            var reader = FrameReader(bytes, names: FrameBlockTests.names)
            return try reader.rest()
        }
        #expect(read.map(\.frame.readings.count) == Array(repeating: 10, count: 100))
    }

    @Test("frames whose list of signals is damaged or unknown are refused", arguments: [2, 3] as [Int64])
    func unknownShape(row: Int64) {
        var frames = FrameWriter()
        frames.append(frame(1, []), receivedAt: start, shape: .stored(row))
        #expect(throws: Damage.self) {
            try frames.bytes.withUnsafeBytes { bytes in
                var reader = FrameReader(bytes, names: FrameBlockTests.names)
                _ = try reader.rest()
            }
        }
    }
}

extension CRC32C {
    /// The check sum as blocks end with it.
    fileprivate static func checksum(of bytes: [UInt8]) -> [UInt8] {
        let checksum = bytes.withUnsafeBytes { CRC32C.checksum($0) }
        return [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: checksum >> $0) }
    }
}
