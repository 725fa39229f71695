import FleetModel
import SeriesCodec

/// Writes frames of one machine one behind the other, each as differences from the one before.
///
/// Numbers are varints (seven bits a byte, least significant first), signed ones in zigzag. A frame is:
///
/// 1. `boot` and `seq - 1` as differences from the frame before (from zero in the first);
/// 2. `observedAt` and `receivedAt`, microseconds, as differences from the frame before;
/// 3. its shape, which is the list of its signals: the shape's row, or 0 and the list (how many, then each signal's row
///    as a difference from the one before);
/// 4. a value for each: `integer × 8 + k` for what is exactly `integer / 10^k`, k from 0 to 6; 7 and eight bytes
///    of the double for everything else;
/// 5. fault codes: 0 when it does not speak of them, else 1 + how many, and for each SPN, FMI, source address and
///    0 or 1 + occurrence count.
///
/// What a control unit sends are counts times a decimal scale, so nearly every value is one to three bytes; and a
/// machine sends the same signals in the same order for hours, so their names cost one byte a frame.
struct FrameWriter: Sendable {
    static let powersOfTen: [Double] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]

    /// The number that is exactly `value` when it is divided by the power of ten; `nil` when there is none.
    static func whole(_ value: Double, places: Int) -> Int64? {
        let power = powersOfTen[places]
        let scaled = (value * power).rounded()
        // NaN is not less than anything.
        guard abs(scaled) < 0x10_0000_0000_0000 else { return nil }
        let integer = Int64(scaled)
        // Compared bit by bit: -0.0 equals 0.0 but is not the same value.
        return (Double(integer) / power).bitPattern == value.bitPattern ? integer : nil
    }

    /// How a frame says which signals it has.
    enum Shape {
        /// The row of a list that is stored.
        case stored(Int64)
        /// The rows of the signals themselves, in the order of the readings.
        case listed([Int64])
    }

    private(set) var frameCount = 0
    private var writer = ByteWriter()
    var bytes: [UInt8] { writer.bytes }
    private var boot: UInt32 = 0
    private var seq: UInt64 = 0
    private var observedAt: Int64 = 0
    private var receivedAt: Int64 = 0

    mutating func append(_ frame: Frame, receivedAt arrival: Timestamp, shape: Shape) {
        frameCount += 1
        writer.append(signed: Int64(frame.boot) - Int64(boot))
        boot = frame.boot
        writer.append(signed: Int64(bitPattern: frame.seq &- seq &- 1))
        seq = frame.seq
        writer.append(signed: frame.observedAt.microseconds &- observedAt)
        observedAt = frame.observedAt.microseconds
        writer.append(signed: arrival.microseconds &- receivedAt)
        receivedAt = arrival.microseconds
        switch shape {
        case .stored(let row): writer.append(varint: UInt64(bitPattern: row))
        case .listed(let rows):
            writer.append(0)
            writer.append(shape: rows)
        }
        for reading in frame.readings { writer.append(value: reading.value) }
        appendFaults(frame.faults)
    }

    private mutating func appendFaults(_ faults: [DiagnosticTroubleCode]?) {
        guard let faults else {
            writer.append(0)
            return
        }
        writer.append(varint: UInt64(faults.count) + 1)
        for fault in faults { writer.append(fault) }
    }
}

extension ByteWriter {
    /// A value, as a whole number and its decimal places where that is the same to the bit.
    mutating func append(value: Double) {
        for places in FrameWriter.powersOfTen.indices {
            guard let whole = FrameWriter.whole(value, places: places) else { continue }
            append(varint: zigzag(whole) << 3 | UInt64(places))
            return
        }
        append(7)
        append(word: value.bitPattern, byteCount: 8)
    }

    /// A list of signals by their rows.
    mutating func append(shape rows: [Int64]) {
        append(varint: UInt64(rows.count))
        var previous: Int64 = 0
        for row in rows {
            append(signed: row - previous)
            previous = row
        }
    }

    mutating func append(_ fault: DiagnosticTroubleCode) {
        append(varint: UInt64(fault.key.spn.number))
        append(fault.key.fmi.number)
        append(fault.key.sourceAddress.number)
        append(varint: fault.occurrenceCount.map { UInt64($0) + 1 } ?? 0)
    }
}
