import FleetModel

@testable import FleetStore

/// A block of frames as a damaged file may hold it. The check sum is put right, so that the bytes behind it are read.
final class FrameBlockFuzzer: Fuzzer {
    static let name = "frame-block"
    private static let signals = (0..<64).map { Signal("signal-\($0)") }

    func run(_ bytes: [UInt8]) {
        let checksum = bytes.withUnsafeBytes { CRC32C.checksum($0) }
        let block = bytes + [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: checksum >> $0) }
        guard let entries = try? FrameBlockFuzzer.entries(of: block) else { return }
        var again = FrameBlock()
        for entry in entries {
            again.append(entry.frame, receivedAt: entry.receivedAt) { signal in
                Int64(FrameBlockFuzzer.signals.firstIndex(of: signal)!)
            }
        }
        let written = again.sealed()
        guard let reread = try? FrameBlockFuzzer.entries(of: written) else {
            return require(false, "what was written is read again")
        }
        require(reread.count == entries.count, "no frame is lost")
        for (a, b) in zip(reread, entries) {
            require(a.frame.readings.map(\.value.bitPattern) == b.frame.readings.map(\.value.bitPattern), "every bit")
            require(
                a.frame.boot == b.frame.boot && a.frame.seq == b.frame.seq
                    && a.frame.observedAt == b.frame.observedAt && a.receivedAt == b.receivedAt
                    && a.frame.faults == b.frame.faults, "every frame reads as it was written")
        }
    }

    private static func entries(of block: [UInt8]) throws -> [FrameBlock.Entry] {
        try block.withUnsafeBytes { bytes in
            try FrameBlock.entries(of: bytes) { row in (0..<64).contains(row) ? signals[Int(row)] : nil }
        }
    }
}

/// Numbers in any order, against a set of the same numbers.
final class SequenceRangesFuzzer: Fuzzer {
    static let name = "sequence-ranges"

    func run(_ bytes: [UInt8]) {
        var ranges = SequenceRanges()
        var numbers: Set<UInt64> = []
        for byte in bytes.prefix(512) {
            // Small numbers, and the greatest ones, where adding one overflows.
            let number = byte < 0xF0 ? UInt64(byte) : .max - UInt64(byte - 0xF0)
            require(ranges.insert(number) == numbers.insert(number).inserted, "a number is new the first time only")
        }
        for (earlier, later) in zip(ranges.ranges, ranges.ranges.dropFirst()) {
            require(
                earlier.upperBound < later.lowerBound && earlier.upperBound + 1 < later.lowerBound, "ranges are apart")
        }
        var total = 0
        for range in ranges.ranges {
            require(range.upperBound - range.lowerBound < 512, "a range holds numbers that were inserted")
            total += Int(range.upperBound - range.lowerBound) + 1
            for number in range { require(numbers.contains(number), "\(number) was inserted") }
        }
        require(total == numbers.count, "the ranges hold each number once")
        require(SequenceRanges(ranges.ranges.reversed()).ranges == ranges.ranges, "stored ranges read as they were")
    }
}
