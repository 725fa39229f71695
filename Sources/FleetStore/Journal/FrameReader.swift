import FleetModel
import SeriesCodec

/// A frame and when it arrived.
struct ReceivedFrame: Hashable {
    var frame: Frame
    var receivedAt: Timestamp
}

/// Reads what `FrameWriter` wrote, in the order it was written.
struct FrameReader {
    /// Which number a frame has, and when it was measured and received.
    struct Mark {
        var boot: UInt32
        var seq: UInt64
        var observedAt: Timestamp
        var receivedAt: Timestamp
    }

    private var reader: ByteReader
    private let names: StoredNames
    /// The lists of signals so far, where frames mean them by their number; else `nil`.
    private var countedShapes: [[Signal]]?
    private var boot: UInt32 = 0
    private var seq: UInt64 = 0
    private var observedAt: Int64 = 0
    private var receivedAt: Int64 = 0

    init(_ bytes: UnsafeRawBufferPointer, names: StoredNames) {
        self.init(ByteReader(bytes), names: names)
    }

    init(_ reader: ByteReader, names: StoredNames, countsShapes: Bool = false) {
        self.reader = reader
        self.names = names
        countedShapes = countsShapes ? [] : nil
    }

    /// When the first of some frames arrived.
    static func firstArrival(of bytes: UnsafeRawBufferPointer) -> Timestamp? {
        var reader = FrameReader(bytes, names: StoredNames())
        return try? reader.nextMark()?.receivedAt
    }

    /// `nil` after the last.
    mutating func next() throws(Damage) -> ReceivedFrame? {
        guard let mark = try nextMark() else { return nil }
        let shape = try shape()
        var readings: [Reading] = []
        readings.reserveCapacity(min(shape.count, reader.remaining))
        for signal in shape { readings.append(Reading(signal, try reader.value())) }
        let frame = Frame(
            boot: mark.boot, seq: mark.seq, observedAt: mark.observedAt, readings: readings,
            faults: try reader.faults())
        return ReceivedFrame(frame: frame, receivedAt: mark.receivedAt)
    }

    /// The next frame without what it says.
    mutating func skip() throws(Damage) -> Mark? {
        guard let mark = try nextMark() else { return nil }
        for _ in 0..<(try shape().count) {
            if try reader.varint() & 7 == 7 { _ = try reader.word() }
        }
        _ = try reader.faults()
        return mark
    }

    /// Which number the next frame has; `body` is called with each of its readings. `nil` after the last.
    mutating func next(_ body: (Signal, Double) -> Void) throws(Damage) -> Mark? {
        guard let mark = try nextMark() else { return nil }
        for signal in try shape() { body(signal, try reader.value()) }
        _ = try reader.faults()
        return mark
    }

    mutating func rest() throws(Damage) -> [ReceivedFrame] {
        var frames: [ReceivedFrame] = []
        while let frame = try next() { frames.append(frame) }
        return frames
    }

    private mutating func nextMark() throws(Damage) -> Mark? {
        guard !reader.isAtEnd else { return nil }
        boot = UInt32(truncatingIfNeeded: Int64(boot) &+ (try reader.signed()))
        seq = seq &+ 1 &+ UInt64(bitPattern: try reader.signed())
        observedAt &+= try reader.signed()
        receivedAt &+= try reader.signed()
        return Mark(
            boot: boot, seq: seq, observedAt: Timestamp(microseconds: observedAt),
            receivedAt: Timestamp(microseconds: receivedAt))
    }

    private mutating func shape() throws(Damage) -> [Signal] {
        let row = try reader.varint()
        guard row > 0 else {
            let shape = try reader.shape(names)
            countedShapes?.append(shape)
            return shape
        }
        if let countedShapes {
            guard row <= UInt64(countedShapes.count) else { throw Damage("it has no list of signals \(row)") }
            return countedShapes[Int(row) - 1]
        }
        guard let shape = names.shape(Int64(bitPattern: row)) else {
            throw Damage("no list of signals is stored under row \(row)")
        }
        return shape
    }
}

extension ByteReader {
    /// A list of signals.
    mutating func shape(_ names: StoredNames) throws(Damage) -> [Signal] {
        var shape: [Signal] = []
        let count = try count(of: "signals")
        shape.reserveCapacity(count)
        var row: Int64 = 0
        for _ in 0..<count {
            row &+= try signed()
            guard let signal = names.signal(row) else {
                throw Damage("no signal is stored under row \(row)")
            }
            shape.append(signal)
        }
        return shape
    }

    mutating func value() throws(Damage) -> Double {
        let tagged = try varint()
        let places = Int(tagged & 7)
        guard places < 7 else { return Double(bitPattern: try word()) }
        return Double(unzigzag(tagged >> 3)) / FrameWriter.powersOfTen[places]
    }

    fileprivate mutating func faults() throws(Damage) -> [DiagnosticTroubleCode]? {
        let tagged = try varint()
        guard tagged > 0 else { return nil }
        guard tagged - 1 <= UInt64(remaining) else { throw Damage("it ends within the fault codes") }
        var faults: [DiagnosticTroubleCode] = []
        for _ in 0..<Int(tagged - 1) { faults.append(try fault()) }
        return faults
    }

    mutating func fault() throws(Damage) -> DiagnosticTroubleCode {
        let spn = UInt32(exactly: try varint()).flatMap { SPN($0) }
        let fmi = FMI(try byte())
        let source = SourceAddress(try byte())
        let count = try varint()
        guard let spn, let fmi, count <= 256 else { throw Damage("a fault code is outside J1939") }
        return DiagnosticTroubleCode(
            spn: spn, fmi: fmi, sourceAddress: source, occurrenceCount: count == 0 ? nil : UInt8(count - 1))
    }
}
