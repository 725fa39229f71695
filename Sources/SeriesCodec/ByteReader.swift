/// Takes a blob apart from its first byte to its last. Whatever the bytes are, it returns or throws.
package struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    package var remaining: Int { bytes.count - offset }

    package mutating func byte() throws(Damage) -> UInt8 {
        guard offset < bytes.count else { throw Damage("the bytes end too early") }
        defer { offset += 1 }
        return bytes[offset]
    }

    package mutating func varint() throws(Damage) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let next = try byte()
            let bits = UInt64(next & 0x7F)
            guard shift < 63 || bits <= 1 else { break }
            value |= bits << shift
            if next < 0x80 { return value }
        }
        throw Damage("a number is longer than 64 bits")
    }

    package mutating func signed() throws(Damage) -> Int64 { unzigzag(try varint()) }

    /// A number of things that cannot be more than `limit`.
    package mutating func count(atMost limit: Int, of things: String) throws(Damage) -> Int {
        let value = try varint()
        guard value <= UInt64(limit) else { throw Damage("\(value) \(things), where at most \(limit) can be") }
        return Int(value)
    }

    package mutating func word() throws(Damage) -> UInt64 {
        let bytes = try take(8)
        return bytes.loadUnaligned(as: UInt64.self).littleEndian
    }

    /// The next `count` bytes.
    package mutating func take(_ count: Int) throws(Damage) -> UnsafeRawBufferPointer {
        guard count <= remaining else {
            throw Damage("the bytes end too early: \(count) are needed and \(remaining) are left")
        }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    /// The next part, which says its own length, as a reader of its own.
    package mutating func part() throws(Damage) -> ByteReader {
        let length = try count(atMost: remaining, of: "bytes of a part")
        return ByteReader(try take(length))
    }

    package func expectEnd() throws(Damage) {
        guard remaining == 0 else { throw Damage("\(remaining) bytes are left over") }
    }
}
