/// Puts a blob together from its first byte to its last.
package struct ByteWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func append(_ byte: UInt8) { bytes.append(byte) }

    package mutating func append(_ other: UnsafeRawBufferPointer) { bytes.append(contentsOf: other) }

    package mutating func append(_ other: ByteWriter) { bytes.append(contentsOf: other.bytes) }

    /// Seven bits a byte, least significant first.
    package mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    package mutating func append(signed value: Int64) { append(varint: zigzag(value)) }

    /// The low bytes of a word, least significant first.
    package mutating func append(word: UInt64, byteCount: Int) {
        for index in 0..<byteCount { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * index))) }
    }

    /// The blob with its check sum.
    package consuming func sealed() -> [UInt8] {
        let checksum = bytes.withUnsafeBytes { CRC32C.checksum($0) }
        append(word: UInt64(checksum), byteCount: 4)
        return bytes
    }
}

/// Small numbers for numbers near zero of either sign: 0, −1, 1, −2 become 0, 1, 2, 3.
@inline(__always) package func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }

@inline(__always) package func unzigzag(_ value: UInt64) -> Int64 {
    Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
}
