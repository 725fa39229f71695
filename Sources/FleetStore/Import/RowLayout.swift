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
    /// The fields of line protocol in the order in which lines have them, and behind them an end. It never moves.
    let fields: UnsafeMutablePointer<Field>
    private var fieldCount = 0

    /// How a field is spelled, with the equals sign, and its column.
    struct Field {
        let spelling: PaddedBytes
        let column: Int
    }

    init(boot: UInt32?) {
        self.boot = boot
        // Of frames no line is read by its spelling.
        fields = .allocate(capacity: boot == nil ? 0 : RowLayout.columnsMax + 1)
        // Any text begins with nothing, and no row has that column.
        if boot != nil { fields.initialize(to: Field(spelling: PaddedBytes([]), column: .max)) }
    }

    deinit {
        if boot != nil { for index in 0...fieldCount { fields[index].spelling.deallocate() } }
        fields.deallocate()
    }

    func place(of signal: Signal) -> Int? { places[signal] }

    func add(_ signal: Signal) -> Int {
        precondition(signals.count < RowLayout.columnsMax)
        places[signal] = signals.count
        signals.append(signal)
        return signals.count - 1
    }

    /// - Parameters:
    ///   - field: How the column is spelled.
    ///   - before: The column of the field before it in its line. The first line need not have all fields: one that comes
    ///     later is looked for where lines have it, not behind all others.
    func add(_ signal: Signal, field: [UInt8], behind before: Int?) -> Int {
        let column = add(signal)
        let place = (0..<fieldCount).first { fields[$0].column == before }.map { $0 + 1 } ?? 0
        (fields + place + 1).moveInitialize(from: fields + place, count: fieldCount + 1 - place)
        (fields + place).initialize(to: Field(spelling: PaddedBytes(field), column: column))
        fieldCount += 1
        return column
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
