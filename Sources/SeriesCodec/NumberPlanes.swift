/// Whole numbers cut into planes: the lowest bytes of all of them, then the next bytes, and so on.
///
/// Above the whole bytes what is left takes 1, 2 or 4 bits a number where that is enough, so several numbers share a
/// byte. Each plane is compressed on its own, because the low ones are noise and the high ones nearly constant.
struct NumberPlanes {
    /// Bits of each number: whole bytes, and 0, 1, 2 or 4 above them.
    let bits: Int

    init(widest: UInt64) {
        let width = 64 - widest.leadingZeroBitCount
        bits =
            switch width % 8 {
            case 3: width + 1
            case 5...7: width / 8 * 8 + 8
            default: width
            }
    }

    init(bits: UInt8) throws(Damage) {
        guard bits <= 64, [0, 1, 2, 4].contains(bits % 8) else {
            throw Damage("numbers of \(bits) bits cannot be in planes")
        }
        self.bits = Int(bits)
    }

    /// How many bits of each number the planes take, from the lowest.
    private var planeBits: [Int] {
        Array(repeating: 8, count: bits / 8) + (bits % 8 > 0 ? [bits % 8] : [])
    }

    func append(_ numbers: UnsafeBufferPointer<UInt64>, to writer: inout ByteWriter, using workspace: SegmentWorkspace) {
        for (index, width) in planeBits.enumerated() {
            let size = BitPacking.byteCount(numbers.count, width: width)
            let plane = UnsafeMutableRawBufferPointer(rebasing: workspace.plane[..<size])
            cut(numbers, from: 8 * index, width: width, into: plane)
            if let compressed = workspace.compressNoise(UnsafeRawBufferPointer(plane)) {
                writer.append(varint: UInt64(compressed.count))
                writer.append(compressed)
            } else {
                writer.append(varint: 0)
                writer.append(UnsafeRawBufferPointer(plane))
            }
        }
    }

    private func cut(
        _ numbers: UnsafeBufferPointer<UInt64>, from low: Int, width: Int, into plane: UnsafeMutableRawBufferPointer
    ) {
        guard let target = plane.baseAddress else { return }
        let shift = UInt64(low)
        if width == 8 {
            for index in 0..<numbers.count {
                target.storeBytes(of: UInt8(truncatingIfNeeded: numbers[index] &>> shift), toByteOffset: index, as: UInt8.self)
            }
            return
        }
        plane.initializeMemory(as: UInt8.self, repeating: 0)
        for index in 0..<numbers.count {
            let bit = index &* width
            plane[bit >> 3] |= UInt8(truncatingIfNeeded: (numbers[index] &>> shift) &<< UInt64(bit & 7))
        }
    }

    /// Puts the first `needed` of `count` numbers together. The reader stands behind the planes afterwards.
    func read(
        _ count: Int, needed: Int, from reader: inout ByteReader, into numbers: UnsafeMutablePointer<Int64>,
        using workspace: SegmentWorkspace
    ) throws(Damage) {
        precondition(needed <= count && count <= SegmentLimits.rows)
        if bits == 0 { numbers.update(repeating: 0, count: needed) }
        for (index, width) in planeBits.enumerated() {
            let size = BitPacking.byteCount(count, width: width)
            let length = try reader.count(atMost: size, of: "bytes of a plane")
            let stored = try reader.take(length == 0 ? size : length)
            var plane = stored
            if length > 0 {
                let target = UnsafeMutableRawBufferPointer(rebasing: workspace.plane[..<size])
                try workspace.decompress(stored, into: target)
                plane = UnsafeRawBufferPointer(target)
            }
            NumberPlanes.join(plane, width: width, above: 8 * index, needed: needed, into: numbers)
        }
    }

    /// `plane` holds at least `needed` numbers.
    private static func join(
        _ plane: UnsafeRawBufferPointer, width: Int, above low: Int, needed: Int,
        into numbers: UnsafeMutablePointer<Int64>
    ) {
        guard let bytes = plane.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        if width < 8 {
            let mask = UInt8.max >> UInt8(8 - width)
            for index in 0..<needed {
                let bit = index &* width
                let part = Int64(bytes[bit >> 3] &>> UInt8(truncatingIfNeeded: bit & 7) & mask) &<< Int64(low)
                numbers[index] = low == 0 ? part : numbers[index] | part
            }
        } else if low == 0 {
            for index in 0..<needed { numbers[index] = Int64(bytes[index]) }
        } else {
            for index in 0..<needed { numbers[index] |= Int64(bytes[index]) &<< Int64(low) }
        }
    }
}
