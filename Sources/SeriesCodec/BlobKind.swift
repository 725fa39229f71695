/// What a blob of a segment holds. Its number is the blob's second byte, after the version of the format.
enum BlobKind: UInt8 {
    case rows = 1
    case column = 2
    case notes = 3

    /// The version that is written.
    static let version: UInt8 = 1

    /// Starts a blob of `rowCount` rows.
    func begun(rowCount: Int) -> ByteWriter {
        precondition(rowCount <= SegmentLimits.rows, "a segment has at most \(SegmentLimits.rows) rows")
        var writer = ByteWriter()
        writer.append(BlobKind.version)
        writer.append(rawValue)
        writer.append(varint: UInt64(rowCount))
        return writer
    }

    /// Checks what begins and ends every blob.
    ///
    /// - Returns: The number of rows, and a reader that stands after it and ends before the check sum.
    func opened(_ bytes: UnsafeRawBufferPointer) throws(Damage) -> (rowCount: Int, reader: ByteReader) {
        guard bytes.count >= 7 else { throw Damage("\(bytes.count) bytes are too few for a part of a segment") }
        let end = bytes.count - 4
        let checksum = bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self).littleEndian
        guard CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<end])) == checksum else {
            throw Damage("the check sum does not match")
        }
        guard bytes[0] == BlobKind.version else {
            throw Damage("format \(bytes[0]) is unknown, this program reads format \(BlobKind.version)")
        }
        guard bytes[1] == rawValue else { throw Damage("the bytes are of kind \(bytes[1]), not \(rawValue)") }
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[2..<end]))
        let rowCount = try reader.count(atMost: SegmentLimits.rows, of: "rows")
        return (rowCount, reader)
    }
}
