/// Whole numbers cut into planes: the lowest bytes of all of them, then the next bytes, and so on.
///
/// Each plane is coded on its own, because the low ones are noise and the high ones nearly constant.
struct NumberPlanes {
    /// How a plane is written. The raw value is its first byte.
    private enum Form: UInt8 {
        case raw = 0
        case constant = 1
        case coded = 2
    }

    /// How many bytes of each number are written.
    let count: Int

    init(widest: UInt64) { count = (64 - widest.leadingZeroBitCount + 7) / 8 }

    init(count: UInt8) throws(Damage) {
        guard count <= 8 else { throw Damage("numbers cannot be of \(count) bytes") }
        self.count = Int(count)
    }

    func append(_ numbers: UnsafeBufferPointer<UInt64>, to writer: inout ByteWriter, using workspace: SegmentWorkspace)
    {
        guard let first = numbers.first else { return }
        for index in 0..<count {
            let shift = UInt64(8 * index)
            let plane = UnsafeMutableRawBufferPointer(rebasing: workspace.plane[..<numbers.count])
            var differing: UInt8 = 0
            for place in 0..<numbers.count {
                let byte = UInt8(truncatingIfNeeded: numbers[place] &>> shift)
                differing |= byte ^ UInt8(truncatingIfNeeded: first &>> shift)
                plane[place] = byte
            }
            if differing == 0 {
                writer.append(Form.constant.rawValue)
                writer.append(plane[0])
            } else if let coded = EntropyCoder.encode(UnsafeRawBufferPointer(plane), using: workspace) {
                writer.append(Form.coded.rawValue)
                writer.append(varint: UInt64(coded.bytes.count))
                writer.append(coded)
            } else {
                writer.append(Form.raw.rawValue)
                writer.append(UnsafeRawBufferPointer(plane))
            }
        }
    }

    /// Puts the first `needed` of `numberCount` numbers together. The reader stands behind the planes afterwards.
    func read(
        _ numberCount: Int, needed: Int, from reader: inout ByteReader, into numbers: UnsafeMutablePointer<UInt64>,
        using workspace: SegmentWorkspace
    ) throws(Damage) {
        precondition(needed <= numberCount && numberCount <= SegmentLimits.rows)
        numbers.update(repeating: 0, count: count == 0 ? needed : 0)
        guard numberCount > 0 else { return }
        for index in 0..<count {
            let tag = try reader.byte()
            guard let form = Form(rawValue: tag) else { throw Damage("a plane cannot be written in the form \(tag)") }
            switch form {
            case .raw:
                NumberPlanes.join(try reader.take(numberCount), index, needed, into: numbers)
            case .constant:
                let part = UInt64(try reader.byte()) << UInt64(8 * index)
                for place in 0..<needed { numbers[place] = index == 0 ? part : numbers[place] | part }
            case .coded:
                var coded = try reader.part()
                let plane = UnsafeMutableRawBufferPointer(rebasing: workspace.plane[..<needed])
                try EntropyCoder.decode(&coded, of: numberCount, into: plane, using: workspace)
                NumberPlanes.join(UnsafeRawBufferPointer(plane), index, needed, into: numbers)
            }
        }
    }

    private static func join(
        _ plane: UnsafeRawBufferPointer, _ index: Int, _ needed: Int, into numbers: UnsafeMutablePointer<UInt64>
    ) {
        guard let bytes = plane.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        if index == 0 {
            for place in 0..<needed { numbers[place] = UInt64(bytes[place]) }
        } else {
            let shift = UInt64(8 * index)
            for place in 0..<needed { numbers[place] |= UInt64(bytes[place]) &<< shift }
        }
    }
}
