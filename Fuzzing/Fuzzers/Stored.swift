import FleetModel
import SeriesCodec

@testable import FleetStore

/// A block of frames as a damaged file may hold it. The check sum is put right, so that the bytes behind it are read.
final class FrameBlockFuzzer: Fuzzer {
    static let name = "frame-block"
    private static let signals = (0..<64).map { Signal("signal-\($0)") }
    private static let names = StoredNames(signals: signals, shapes: [Array(signals.prefix(4)), [], nil])
    private static let rows = names.rows

    func run(_ bytes: [UInt8]) {
        let checksum = bytes.withUnsafeBytes { CRC32C.checksum($0) }
        let block = bytes + [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: checksum >> $0) }
        readRow(block)
        guard let frames = try? FrameBlockFuzzer.frames(of: block) else { return }
        let written = FrameBlock.bytes(of: frames) { FrameBlockFuzzer.rows[$0]! }
        guard let reread = try? FrameBlockFuzzer.frames(of: written) else {
            return require(false, "what was written is read again")
        }
        require(reread.count == frames.count, "no frame is lost")
        for (a, b) in zip(reread, frames) {
            require(a.frame.readings.map(\.value.bitPattern) == b.frame.readings.map(\.value.bitPattern), "every bit")
            require(
                a.frame.boot == b.frame.boot && a.frame.seq == b.frame.seq
                    && a.frame.observedAt == b.frame.observedAt && a.receivedAt == b.receivedAt
                    && a.frame.faults == b.frame.faults, "every frame reads as it was written")
        }
    }

    /// The same bytes as a row of the journal and as the directory of a segment.
    private func readRow(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            for piece in (try? JournalRow.pieces(of: bytes)) ?? [] {
                var reader = FrameReader(piece.bytes, names: FrameBlockFuzzer.names)
                _ = try? reader.rest()
            }
            if let directory = try? SegmentDirectory(bytes) {
                let again = directory.bytes.withUnsafeBytes { try? SegmentDirectory($0) }
                require(again?.columns.count == directory.columns.count, "a directory reads as it was written")
            }
        }
    }

    private static func frames(of block: [UInt8]) throws -> [ReceivedFrame] {
        try block.withUnsafeBytes { try FrameBlock.frames(of: $0, names: names) }
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

/// A blob of a segment as a damaged file may hold it, of whichever kind it says it is.
final class SegmentFuzzer: Fuzzer {
    static let name = "segment"
    private let workspace = SegmentWorkspace()

    func run(_ bytes: [UInt8]) {
        let checksum = bytes.withUnsafeBytes { CRC32C.checksum($0) }
        let blob = bytes + [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: checksum >> $0) }
        blob.withUnsafeBytes { blob in
            if let rows = try? RowsDecoder(blob, using: workspace), let all = try? rows.all() {
                let written = RowsEncoder(using: workspace).encode(all)
                let again = written.withUnsafeBytes { try? RowsDecoder($0, using: workspace).all() }
                require(again == all, "rows read as they were written")
            }
            if let notes = try? NotesDecoder(blob, using: workspace) { _ = notes.notes.count }
            if let values = try? values(of: blob) {
                let (written, _) = values.values.withUnsafeBufferPointer {
                    ColumnEncoder(using: workspace).encode($0, presence: values.presence)
                }
                let again = written.withUnsafeBytes { try? self.values(of: $0) }
                require(again?.presence == values.presence, "as many rows have a value")
                require(
                    again?.values.map(\.bitPattern) == values.values.map(\.bitPattern),
                    "values read as they were written")
            }
        }
    }

    private func values(of blob: UnsafeRawBufferPointer) throws -> (values: [Double], presence: Presence) {
        let column = try ColumnDecoder(blob, using: workspace)
        var values = [Double](repeating: 0, count: column.rowCount)
        let result = values.withUnsafeMutableBufferPointer { values in
            Result { () throws(Damage) in try column.decode(0..<values.count, into: values) }
        }
        try result.get()
        return (values, column.presence)
    }
}
