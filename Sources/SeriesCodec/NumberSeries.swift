/// The whole numbers of a column, however they are written.
///
/// Two forms: *packed*, in blocks that can be unpacked one by one, each with as few bits as its own numbers need;
/// and *planes*, the numbers of the whole segment cut into bytes and compressed. Planes are written when they save
/// more than one byte in 32.
///
/// Planes have the last number first: the newest rows are asked for most, and only as much is decoded as lies
/// before what is asked for.
enum NumberSeries {
    /// How a series is written. The raw value is its first byte.
    private enum Form: UInt8 {
        case packed = 0
        /// Planes of the numbers above the smallest of them.
        case values = 1
        /// Planes of the differences between neighbours, above the smallest of them.
        case rises = 2
        /// Planes of the differences between neighbours, of either sign, counted from the usual one.
        case differences = 3
    }

    /// In a packed block's first byte, beside the width: the differences are packed.
    private static let differenceFlag: UInt8 = 0x80

    /// Writes `numbers`, of which `blockSizes` are in each block.
    static func append(
        _ numbers: UnsafeBufferPointer<Int64>, blockSizes: [Int], to writer: inout ByteWriter,
        using workspace: SegmentWorkspace
    ) {
        guard !numbers.isEmpty else { return }
        let values = planesOfValues(numbers, using: workspace)
        let differences = planesOfDifferences(numbers, using: workspace)
        let planes = differences.bytes.count < values.bytes.count ? differences : values
        let packed = packed(numbers, blockSizes: blockSizes, using: workspace)
        let isWorthIt = planes.bytes.count < packed.bytes.count - packed.bytes.count / 32
        writer.append(isWorthIt ? planes : packed)
    }

    /// Reads numbers back: afterwards `workspace.numbers[range]` are those of `range`.
    static func read(
        _ range: Range<Int>, blockSizes: [Int], from reader: inout ByteReader, using workspace: SegmentWorkspace
    ) throws(Damage) {
        let count = blockSizes.reduce(0, +)
        precondition(count <= SegmentLimits.rows && range.lowerBound >= 0 && range.upperBound <= count)
        guard count > 0 else { return }
        let tag = try reader.byte()
        switch Form(rawValue: tag) {
        case .packed: try readPacked(range, blockSizes: blockSizes, from: &reader, using: workspace)
        case .values: try readValues(range, of: count, from: &reader, using: workspace)
        case .rises:
            try readDifferences(range, of: count, from: &reader, using: workspace) { Int64(bitPattern: $0) }
        case .differences:
            try readDifferences(range, of: count, from: &reader, using: workspace, unzigzag)
        case nil: throw Damage("numbers cannot be written in the form \(tag)")
        }
    }

    // MARK: Planes

    private static func planesOfValues(
        _ numbers: UnsafeBufferPointer<Int64>, using workspace: SegmentWorkspace
    ) -> ByteWriter {
        let base = smallest(numbers)
        var widest: UInt64 = 0
        for index in 0..<numbers.count {
            let residual = UInt64(bitPattern: numbers[numbers.count - 1 - index] &- base)
            workspace.residuals[index] = residual
            widest |= residual
        }
        let planes = NumberPlanes(widest: widest)
        var writer = ByteWriter()
        writer.append(Form.values.rawValue)
        writer.append(signed: base)
        writer.append(UInt8(planes.count))
        planes.append(
            UnsafeBufferPointer(start: workspace.residuals, count: numbers.count), to: &writer, using: workspace)
        return writer
    }

    private static func readValues(
        _ range: Range<Int>, of count: Int, from reader: inout ByteReader, using workspace: SegmentWorkspace
    ) throws(Damage) {
        let base = try reader.signed()
        let planes = try NumberPlanes(count: try reader.byte())
        let residuals = workspace.residuals
        try planes.read(count, needed: count - range.lowerBound, from: &reader, into: residuals, using: workspace)
        let numbers = workspace.numbers
        for index in range { numbers[index] = base &+ Int64(bitPattern: residuals[count - 1 - index]) }
    }

    private static func planesOfDifferences(
        _ numbers: UnsafeBufferPointer<Int64>, using workspace: SegmentWorkspace
    ) -> ByteWriter {
        let residuals = workspace.residuals
        let count = numbers.count - 1
        let usual = usualDifference(numbers)
        var smallest = Int64.max
        var widest: UInt64 = 0
        for index in 0..<max(0, count) {
            let difference = numbers[index + 1] &- numbers[index]
            let residual = zigzag(difference &- usual)
            smallest = min(smallest, difference)
            residuals[count - 1 - index] = residual
            widest |= residual
        }
        var widestRise: UInt64 = 0
        for index in 0..<max(0, count) {
            widestRise |= UInt64(bitPattern: numbers[index + 1] &- numbers[index] &- smallest)
        }
        // Noise in both directions is written from its middle, where its high bits are nearly always zero. But a clock
        // that only loses time needs half the bits when none is there for the other direction.
        let areRises = count > 0 && NumberPlanes(widest: widestRise).count < NumberPlanes(widest: widest).count
        if areRises {
            for index in 0..<count {
                residuals[count - 1 - index] = UInt64(bitPattern: numbers[index + 1] &- numbers[index] &- smallest)
            }
        }
        let planes = NumberPlanes(widest: areRises ? widestRise : widest)
        var writer = ByteWriter()
        writer.append((areRises ? Form.rises : .differences).rawValue)
        writer.append(signed: numbers[count])
        writer.append(signed: areRises ? smallest : usual)
        writer.append(UInt8(planes.count))
        planes.append(UnsafeBufferPointer(start: residuals, count: count), to: &writer, using: workspace)
        return writer
    }

    /// - Parameter difference: What a residual says of the difference, counted from the step.
    @inline(__always) private static func readDifferences(
        _ range: Range<Int>, of count: Int, from reader: inout ByteReader, using workspace: SegmentWorkspace,
        _ difference: (UInt64) -> Int64
    ) throws(Damage) {
        let last = try reader.signed()
        let step = try reader.signed()
        let planes = try NumberPlanes(count: try reader.byte())
        let (numbers, residuals) = (workspace.numbers, workspace.residuals)
        let needed = max(0, count - 1 - range.lowerBound)
        try planes.read(count - 1, needed: needed, from: &reader, into: residuals, using: workspace)
        var number = last
        numbers[count - 1] = number
        for index in 0..<needed {
            number = number &- step &- difference(residuals[index])
            numbers[count - 2 - index] = number
        }
    }

    /// The middle one of up to 63 differences, taken evenly from all: what a counter or a clock mostly goes on by.
    private static func usualDifference(_ numbers: UnsafeBufferPointer<Int64>) -> Int64 {
        guard numbers.count > 1 else { return 0 }
        let stride = (numbers.count - 1 + 62) / 63
        let differences = Swift.stride(from: 1, to: numbers.count, by: stride).map { numbers[$0] &- numbers[$0 - 1] }
        return differences.sorted()[differences.count / 2]
    }

    // MARK: Packed blocks

    private static func packed(
        _ numbers: UnsafeBufferPointer<Int64>, blockSizes: [Int], using workspace: SegmentWorkspace
    ) -> ByteWriter {
        var writer = ByteWriter()
        writer.append(Form.packed.rawValue)
        var start = 0
        for size in blockSizes where size > 0 {
            appendBlock(UnsafeBufferPointer(rebasing: numbers[start..<start + size]), to: &writer, using: workspace)
            start += size
        }
        return writer
    }

    private static func appendBlock(
        _ numbers: UnsafeBufferPointer<Int64>, to writer: inout ByteWriter, using workspace: SegmentWorkspace
    ) {
        let residuals = workspace.residuals
        let base = smallest(numbers)
        var widest: UInt64 = 0
        var step = Int64.max
        for index in 0..<numbers.count { widest |= UInt64(bitPattern: numbers[index] &- base) }
        for index in 1..<max(1, numbers.count) { step = min(step, numbers[index] &- numbers[index - 1]) }
        var widestDifference: UInt64 = 0
        for index in 1..<max(1, numbers.count) {
            widestDifference |= UInt64(bitPattern: numbers[index] &- numbers[index - 1] &- step)
        }
        let width = BitPacking.storable(width: 64 - widest.leadingZeroBitCount)
        let differenceWidth = BitPacking.storable(width: 64 - widestDifference.leadingZeroBitCount)
        guard numbers.count > 1, differenceWidth < width else {
            for index in 0..<numbers.count { residuals[index] = UInt64(bitPattern: numbers[index] &- base) }
            writer.append(UInt8(width))
            writer.append(signed: base)
            BitPacking.pack(UnsafeBufferPointer(start: residuals, count: numbers.count), width: width, into: &writer)
            return
        }
        for index in 1..<numbers.count {
            residuals[index - 1] = UInt64(bitPattern: numbers[index] &- numbers[index - 1] &- step)
        }
        writer.append(UInt8(differenceWidth) | differenceFlag)
        writer.append(signed: numbers[0])
        writer.append(signed: step)
        BitPacking.pack(
            UnsafeBufferPointer(start: residuals, count: numbers.count - 1), width: differenceWidth, into: &writer)
    }

    private static func readPacked(
        _ range: Range<Int>, blockSizes: [Int], from reader: inout ByteReader, using workspace: SegmentWorkspace
    ) throws(Damage) {
        var start = 0
        for size in blockSizes where size > 0 {
            let isNeeded = start < range.upperBound && range.lowerBound < start + size
            try readBlock(size, from: &reader, into: isNeeded ? workspace.numbers + start : nil)
            start += size
        }
    }

    /// Reads a block of `size` numbers, or goes past it when nobody wants them.
    private static func readBlock(
        _ size: Int, from reader: inout ByteReader, into numbers: UnsafeMutablePointer<Int64>?
    ) throws(Damage) {
        let head = try reader.byte()
        let width = Int(head & ~differenceFlag)
        guard width == BitPacking.storable(width: width) else {
            throw Damage("numbers cannot be packed in \(width) bits")
        }
        let first = head & differenceFlag == 0 ? nil : try reader.signed()
        let base = try reader.signed()
        let count = first == nil ? size : size - 1
        let bytes = try reader.take(BitPacking.byteCount(count, width: width))
        guard let numbers else { return }
        BitPacking.unpack(bytes, count: count, width: width, into: numbers)
        if let first {
            var number = first
            for index in 0..<count {
                let difference = numbers[index] &+ base
                numbers[index] = number
                number &+= difference
            }
            numbers[count] = number
        } else {
            for index in 0..<count { numbers[index] &+= base }
        }
    }

    private static func smallest(_ numbers: UnsafeBufferPointer<Int64>) -> Int64 {
        var smallest = Int64.max
        for index in 0..<numbers.count { smallest = min(smallest, numbers[index]) }
        return smallest
    }
}
