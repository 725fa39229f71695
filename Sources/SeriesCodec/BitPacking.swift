/// Whole numbers in as few bits as the largest of them needs, one after the other, least significant bit first.
enum BitPacking {
    /// A width that can be written for numbers of `width` bits: a number must lie within eight bytes wherever it begins.
    static func storable(width: Int) -> Int { width <= 56 ? width : 64 }

    static func byteCount(_ count: Int, width: Int) -> Int { (count * width + 7) / 8 }

    static func pack(_ numbers: UnsafeBufferPointer<UInt64>, width: Int, into writer: inout ByteWriter) {
        guard width > 0 else { return }
        if width == 64 {
            for number in numbers { writer.append(word: number, byteCount: 8) }
            return
        }
        var pending: UInt64 = 0
        var pendingBits = 0
        for number in numbers {
            pending |= number << UInt64(pendingBits)
            pendingBits += width
            // Up to 7 bits wait, and up to 56 come: they fit.
            while pendingBits >= 8 {
                writer.append(UInt8(truncatingIfNeeded: pending))
                pending >>= 8
                pendingBits -= 8
            }
        }
        if pendingBits > 0 { writer.append(UInt8(truncatingIfNeeded: pending)) }
    }

    /// Unpacks `count` numbers of `width` bits. `bytes` has exactly `byteCount(count, width:)` bytes.
    static func unpack(
        _ bytes: UnsafeRawBufferPointer, count: Int, width: Int, into numbers: UnsafeMutablePointer<Int64>
    ) {
        precondition(bytes.count == byteCount(count, width: width))
        guard width > 0, let base = bytes.baseAddress else {
            numbers.update(repeating: 0, count: count)
            return
        }
        let mask = UInt64.max >> UInt64(64 - width)
        // Those that eight whole bytes can be loaded for; the rest would reach beyond the end.
        let fast = bytes.count < 8 ? 0 : min(count, (bytes.count - 8) * 8 / width + 1)
        var bit = 0
        for index in 0..<fast {
            let word = base.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self).littleEndian
            numbers[index] = Int64(bitPattern: (word &>> UInt64(bit & 7)) & mask)
            bit &+= width
        }
        for index in fast..<count {
            var word: UInt64 = 0
            for place in 0..<min(8, bytes.count - bit >> 3) {
                word |= UInt64(bytes[bit >> 3 + place]) << UInt64(8 * place)
            }
            numbers[index] = Int64(bitPattern: (word >> UInt64(bit & 7)) & mask)
            bit += width
        }
    }
}
