import SeriesCodec

// Bytes that stand by themselves: a version, what they say, and CRC-32C of all before.
extension ByteReader {
    /// What they say, when the version and the check sum are right.
    static func body(of bytes: UnsafeRawBufferPointer, version: UInt8) throws(Damage) -> ByteReader {
        guard bytes.count >= 5 else { throw Damage("\(bytes.count) bytes are too few") }
        guard isWhole(bytes) else { throw Damage("the check sum does not match") }
        guard bytes[0] == version else { throw Damage("unknown format \(bytes[0])") }
        return ByteReader(UnsafeRawBufferPointer(rebasing: bytes[1..<(bytes.count - 4)]))
    }

    /// Whether the check sum at the end says that they are what was written.
    static func isWhole(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 5 else { return false }
        let end = bytes.count - 4
        let expected = bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self).littleEndian
        return CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<end])) == expected
    }

    var isAtEnd: Bool { remaining == 0 }

    /// A number of things that each take at least one byte: more than are left is damage, and must not be allocated.
    mutating func count(of things: String) throws(Damage) -> Int { try count(atMost: remaining, of: things) }
}

extension ByteWriter {
    init(version: UInt8) {
        self.init()
        append(version)
    }
}
