import FleetModel

/// The frames of one machine in few bytes, as one row of the journal holds them.
///
/// Format 1, in order: the byte 1; the frames one after the other; CRC-32C of all before, four bytes, least
/// significant first. Numbers are varints (seven bits a byte, least significant first), signed ones in zigzag.
/// A frame is:
///
/// 1. `boot` and `seq - 1` as differences from the frame before (from zero in the first);
/// 2. `observedAt` and `receivedAt`, microseconds, as differences from the frame before;
/// 3. its shape, which is the list of its signals: 0 and the list when it is new in this block (how many, then each
///    signal's row number as a difference from the one before), else which one it was, counted from 1;
/// 4. a value for each: `integer × 8 + k` for what is exactly `integer / 10^k`, k from 0 to 6; 7 and eight bytes
///    of the double for everything else;
/// 5. fault codes: 0 when it does not speak of them, else 1 + how many, and for each SPN, FMI, source address and
///    0 or 1 + occurrence count.
///
/// What a control unit sends are counts times a decimal scale, so nearly every value is one to three bytes; and a
/// machine sends the same signals in the same order for hours, so their names cost one byte a frame.
struct FrameBlock {
    static let version: UInt8 = 1
    static let powersOfTen: [Double] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]

    private(set) var frameCount = 0
    private var bytes: [UInt8] = [FrameBlock.version]
    private var boot: UInt32 = 0
    private var seq: UInt64 = 0
    private var observedAt: Int64 = 0
    private var receivedAt: Int64 = 0
    private var shapes: [[Signal]] = []
    private var lastShape = 0

    /// Adds a frame; `row` tells the row number under which a signal's name is stored.
    mutating func append(_ frame: Frame, receivedAt arrival: Timestamp, row: (Signal) -> Int64) {
        frameCount += 1
        appendSigned(Int64(frame.boot) - Int64(boot))
        boot = frame.boot
        appendSigned(Int64(bitPattern: frame.seq &- seq &- 1))
        seq = frame.seq
        appendSigned(frame.observedAt.microseconds &- observedAt)
        observedAt = frame.observedAt.microseconds
        appendSigned(arrival.microseconds &- receivedAt)
        receivedAt = arrival.microseconds
        appendShape(of: frame.readings, row: row)
        for reading in frame.readings { appendValue(reading.value) }
        appendFaults(frame.faults)
    }

    /// The block with its check sum. It takes no more frames after this.
    consuming func sealed() -> [UInt8] {
        let checksum = bytes.withUnsafeBytes { CRC32C.checksum($0) }
        for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: checksum >> shift)) }
        return bytes
    }

    private mutating func appendShape(of readings: [Reading], row: (Signal) -> Int64) {
        func fits(_ shape: [Signal]) -> Bool {
            guard shape.count == readings.count else { return false }
            for index in shape.indices where shape[index] != readings[index].signal { return false }
            return true
        }
        if shapes.indices.contains(lastShape), fits(shapes[lastShape]) {
            appendUnsigned(UInt64(lastShape + 1))
            return
        }
        if let known = shapes.firstIndex(where: fits) {
            lastShape = known
            appendUnsigned(UInt64(known + 1))
            return
        }
        lastShape = shapes.count
        shapes.append(readings.map(\.signal))
        appendUnsigned(0)
        appendUnsigned(UInt64(readings.count))
        var previous: Int64 = 0
        for reading in readings {
            let number = row(reading.signal)
            appendSigned(number - previous)
            previous = number
        }
    }

    private mutating func appendValue(_ value: Double) {
        for (places, power) in FrameBlock.powersOfTen.enumerated() {
            let scaled = (value * power).rounded()
            guard abs(scaled) < 0x10_0000_0000_0000 else { break }
            let integer = Int64(scaled)
            // Compared bit by bit: -0.0 equals 0.0 but is not the same value.
            if (Double(integer) / power).bitPattern == value.bitPattern {
                appendUnsigned(FrameBlock.zigzag(integer) << 3 | UInt64(places))
                return
            }
        }
        appendUnsigned(7)
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
        }
    }

    private mutating func appendFaults(_ faults: [DiagnosticTroubleCode]?) {
        guard let faults else {
            appendUnsigned(0)
            return
        }
        appendUnsigned(UInt64(faults.count) + 1)
        for fault in faults {
            appendUnsigned(UInt64(fault.key.spn.number))
            bytes.append(fault.key.fmi.number)
            bytes.append(fault.key.sourceAddress.number)
            appendUnsigned(fault.occurrenceCount.map { UInt64($0) + 1 } ?? 0)
        }
    }

    private mutating func appendUnsigned(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func appendSigned(_ value: Int64) { appendUnsigned(FrameBlock.zigzag(value)) }

    private static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }
}
