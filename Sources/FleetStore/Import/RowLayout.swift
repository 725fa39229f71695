import FleetModel

/// The columns of rows that are of one kind: the fields of a measurement, or the signals of a machine's frames.
///
/// Columns are added as they appear and never go, so rows gathered before one was added simply do not have it.
final class RowLayout {
    /// The most columns of one: what a machine may send.
    static let columnsMax = 1_024

    /// Which number of a start its rows get; `nil` when they have numbers of their own.
    let boot: UInt32?
    private(set) var signals: [Signal] = []
    private var places: [Signal: Int] = [:]
    /// As fields are spelled in line protocol, with the equals sign; parallel to `signals`. It never moves.
    let fields: UnsafeMutablePointer<PaddedBytes>

    init(boot: UInt32?) {
        self.boot = boot
        // Of frames no line is read by its spelling.
        fields = .allocate(capacity: boot == nil ? 0 : RowLayout.columnsMax)
    }

    deinit {
        if boot != nil { for index in signals.indices { fields[index].deallocate() } }
        fields.deallocate()
    }

    func place(of signal: Signal) -> Int? { places[signal] }

    /// - Parameter field: How the column is spelled; empty when no line spells it.
    func add(_ signal: Signal, field: [UInt8] = []) -> Int {
        precondition(signals.count < RowLayout.columnsMax)
        if boot != nil { (fields + signals.count).initialize(to: PaddedBytes(field)) }
        places[signal] = signals.count
        signals.append(signal)
        return signals.count - 1
    }
}

/// Bytes that are compared eight at a time: as many more may be read behind them.
struct PaddedBytes {
    let start: UnsafeMutablePointer<UInt8>
    let count: Int
    /// What may be read behind a text that is compared, whatever stands there.
    static let padding = 8

    init(_ bytes: some Collection<UInt8>) {
        count = bytes.count
        start = .allocate(capacity: count + PaddedBytes.padding)
        start.initialize(repeating: 0, count: count + PaddedBytes.padding)
        for (index, byte) in bytes.enumerated() { start[index] = byte }
    }

    /// Bytes that somebody else keeps, with as much behind them.
    init(_ start: UnsafeMutablePointer<UInt8>, count: Int) {
        self.start = start
        self.count = count
    }

    func deallocate() { start.deallocate() }

    /// Whether `text` begins with these bytes.
    @inline(__always) func begins(_ text: UnsafePointer<UInt8>) -> Bool {
        let (here, there) = (UnsafeRawPointer(start), UnsafeRawPointer(text))
        var offset = 0
        while offset &+ 8 <= count {
            let ours = here.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if ours != there.loadUnaligned(fromByteOffset: offset, as: UInt64.self) { return false }
            offset &+= 8
        }
        let rest = count &- offset
        guard rest > 0 else { return true }
        let ours = here.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        let theirs = there.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        return (ours ^ theirs).littleEndian &<< UInt64(truncatingIfNeeded: 64 &- 8 &* rest) == 0
    }
}
