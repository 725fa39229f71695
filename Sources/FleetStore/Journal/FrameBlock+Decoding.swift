import FleetModel

extension FrameBlock {
    /// What is wrong with a block's bytes.
    struct Damage: Error, Hashable {
        var description: String
    }

    /// A frame and when it arrived.
    struct Entry: Hashable {
        var frame: Frame
        var receivedAt: Timestamp
    }

    /// Whether a block's check sum says that it is what was written.
    static func isWhole(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 5 else { return false }
        let end = bytes.count - 4
        let expected = bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self).littleEndian
        return CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<end])) == expected
    }

    /// The frames of a block, in the order they were added.
    ///
    /// Whatever the bytes are, this returns or throws.
    static func entries(
        of bytes: UnsafeRawBufferPointer, signal: (Int64) -> Signal?
    ) throws(Damage) -> [Entry] {
        guard bytes.count >= 5 else { throw Damage(description: "\(bytes.count) bytes are no block") }
        guard isWhole(bytes) else { throw Damage(description: "the check sum does not match") }
        let end = bytes.count - 4
        guard bytes[0] == version else { throw Damage(description: "unknown block format \(bytes[0])") }
        var reader = ByteReader(bytes: UnsafeRawBufferPointer(rebasing: bytes[1..<end]))
        var entries: [Entry] = []
        var shapes: [[Signal]] = []
        var boot: UInt32 = 0
        var seq: UInt64 = 0
        var observedAt: Int64 = 0
        var receivedAt: Int64 = 0
        while !reader.isAtEnd {
            boot = UInt32(truncatingIfNeeded: Int64(boot) &+ (try reader.signed()))
            seq = seq &+ 1 &+ UInt64(bitPattern: try reader.signed())
            observedAt &+= try reader.signed()
            receivedAt &+= try reader.signed()
            let shape = try reader.shape(knowing: &shapes, signal: signal)
            var readings: [Reading] = []
            readings.reserveCapacity(min(shape.count, reader.remaining))
            for signal in shape { readings.append(Reading(signal, try reader.value())) }
            let faults = try reader.faults()
            let frame = Frame(
                boot: boot, seq: seq, observedAt: Timestamp(microseconds: observedAt), readings: readings,
                faults: faults)
            entries.append(Entry(frame: frame, receivedAt: Timestamp(microseconds: receivedAt)))
        }
        return entries
    }
}

/// Takes a block apart from its first byte to its last.
private struct ByteReader {
    let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - offset }
    var isAtEnd: Bool { offset == bytes.count }

    mutating func byte() throws(FrameBlock.Damage) -> UInt8 {
        guard offset < bytes.count else { throw FrameBlock.Damage(description: "the block ends within a frame") }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func unsigned() throws(FrameBlock.Damage) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let next = try byte()
            let bits = UInt64(next & 0x7F)
            guard shift < 63 || bits <= 1 else { break }
            value |= bits << shift
            if next < 0x80 { return value }
        }
        throw FrameBlock.Damage(description: "a number is longer than 64 bits")
    }

    mutating func signed() throws(FrameBlock.Damage) -> Int64 {
        let value = try unsigned()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func shape(
        knowing shapes: inout [[Signal]], signal: (Int64) -> Signal?
    ) throws(FrameBlock.Damage) -> [Signal] {
        let number = try unsigned()
        if number > 0 {
            guard number <= UInt64(shapes.count) else {
                throw FrameBlock.Damage(description: "a frame refers to a list of signals that is not in the block")
            }
            return shapes[Int(number) - 1]
        }
        let count = try unsigned()
        // Each signal takes at least one byte: a longer list is damage, and must not be allocated.
        guard count <= UInt64(remaining) else {
            throw FrameBlock.Damage(description: "the block ends within a list of signals")
        }
        var shape: [Signal] = []
        shape.reserveCapacity(Int(count))
        var row: Int64 = 0
        for _ in 0..<Int(count) {
            row &+= try signed()
            guard let found = signal(row) else {
                throw FrameBlock.Damage(description: "no signal is stored under row \(row)")
            }
            shape.append(found)
        }
        shapes.append(shape)
        return shape
    }

    mutating func value() throws(FrameBlock.Damage) -> Double {
        let tagged = try unsigned()
        let places = Int(tagged & 7)
        guard places == 7 else {
            let zigzag = tagged >> 3
            let integer = Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1)
            return Double(integer) / FrameBlock.powersOfTen[places]
        }
        guard remaining >= 8 else { throw FrameBlock.Damage(description: "the block ends within a value") }
        defer { offset += 8 }
        return Double(bitPattern: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian)
    }

    mutating func faults() throws(FrameBlock.Damage) -> [DiagnosticTroubleCode]? {
        let tagged = try unsigned()
        guard tagged > 0 else { return nil }
        guard tagged - 1 <= UInt64(remaining) else {
            throw FrameBlock.Damage(description: "the block ends within the fault codes")
        }
        var faults: [DiagnosticTroubleCode] = []
        for _ in 0..<Int(tagged - 1) {
            let spn = UInt32(exactly: try unsigned()).flatMap { SPN($0) }
            let fmi = FMI(try byte())
            let source = SourceAddress(try byte())
            let count = try unsigned()
            guard let spn, let fmi, count <= 256 else {
                throw FrameBlock.Damage(description: "a fault code is outside J1939")
            }
            faults.append(
                DiagnosticTroubleCode(
                    spn: spn, fmi: fmi, sourceAddress: source,
                    occurrenceCount: count == 0 ? nil : UInt8(count - 1)))
        }
        return faults
    }
}
