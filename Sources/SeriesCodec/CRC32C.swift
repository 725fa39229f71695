import CCompression

/// A check sum that notices damaged bytes: CRC-32 with Castagnoli's polynomial, as in RFC 3720, appendix B.4.
///
/// SQLite's own checks look at the structure of its pages, not at what lies inside a blob; a flipped bit there would
/// be read back as another temperature.
package struct CRC32C {
    private static let isInProcessor = zubr_has_crc32c() != 0

    /// Eight tables, so that eight bytes are taken a step.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var remainder = UInt32(byte)
            for _ in 0..<8 {
                remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0x82F6_3B78 : remainder >> 1
            }
            tables[byte] = remainder
        }
        for byte in 0..<256 {
            for table in 1..<8 {
                let previous = tables[(table - 1) * 256 + byte]
                tables[table * 256 + byte] = previous >> 8 ^ tables[Int(previous & 0xFF)]
            }
        }
        return tables
    }()

    package static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        isInProcessor ? ~zubr_crc32c(.max, bytes.baseAddress, bytes.count) : checksumByTable(bytes)
    }

    /// For processors that have no instruction for it.
    static func checksumByTable(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var remainder: UInt32 = .max
            var offset = 0
            while offset + 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
                let low = UInt32(truncatingIfNeeded: word) ^ remainder
                let high = UInt32(truncatingIfNeeded: word >> 32)
                let first = tables[7 * 256 + Int(low & 0xFF)] ^ tables[6 * 256 + Int(low >> 8 & 0xFF)]
                let second = tables[5 * 256 + Int(low >> 16 & 0xFF)] ^ tables[4 * 256 + Int(low >> 24)]
                let third = tables[3 * 256 + Int(high & 0xFF)] ^ tables[2 * 256 + Int(high >> 8 & 0xFF)]
                let fourth = tables[256 + Int(high >> 16 & 0xFF)] ^ tables[Int(high >> 24)]
                remainder = first ^ second ^ third ^ fourth
                offset += 8
            }
            while offset < bytes.count {
                remainder = remainder >> 8 ^ tables[Int((remainder ^ UInt32(bytes[offset])) & 0xFF)]
                offset += 1
            }
            return ~remainder
        }
    }
}
