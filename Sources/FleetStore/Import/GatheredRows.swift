import FleetModel

/// Rows of one machine and one layout, until they are written.
///
/// A row is words of 64 bits: its time; boot and seq when rows have numbers of their own; a bit for each column that has a
/// value; the values, by column. Rows lie in blocks that begin small, because ten thousand machines have as many of them.
final class GatheredRows {
    let machine: MachineKey
    let layout: RowLayout
    /// What a few rows carry beside values, by row.
    private(set) var notes: [Int: [UInt8]] = [:]
    /// The block that rows are added to. Of its own in memory, because lines that are read quickly write to it directly.
    let open: UnsafeMutablePointer<OpenBlock>
    private var closed: [GatheredBlock] = []
    private(set) var bytes = 0

    private static let rowsMax = 1_024

    init(machine: MachineKey, layout: RowLayout) {
        self.machine = machine
        self.layout = layout
        open = .allocate(capacity: 1)
        open.initialize(to: OpenBlock())
    }

    deinit {
        close()
        for block in closed { block.words.deallocate() }
        open.deallocate()
    }

    var rowCount: Int { closed.reduce(open.pointee.rowCount) { $0 + $1.rowCount } }

    /// Makes room for rows with all columns of the layout; returns how many bytes it took.
    func makeRoom() -> Int {
        close()
        let rows = min(max(16, rowCount), GatheredRows.rowsMax)
        open.pointee = OpenBlock(rows: rows, columns: layout.signals.count, headWords: layout.boot == nil ? 3 : 1)
        let added = rows * open.pointee.stride * 8
        bytes += added
        return added
    }

    private func close() {
        guard let base = open.pointee.base else { return }
        closed.append(
            GatheredBlock(
                words: base, rowCount: open.pointee.rowCount, stride: open.pointee.stride,
                columns: open.pointee.columns, presence: open.pointee.presence, values: open.pointee.values))
        open.pointee = OpenBlock()
    }

    /// Whether a row with all columns can be added as it is.
    var hasRoom: Bool {
        open.pointee.next != open.pointee.end && open.pointee.columns == layout.signals.count
    }

    /// Adds a row; there is room for it.
    func add(
        at time: Int64, boot: UInt32 = 0, seq: UInt64 = 0, _ values: some Sequence<(column: Int, value: Double)>,
        note: [UInt8]? = nil
    ) {
        precondition(hasRoom)
        if let note { notes[rowCount] = note }
        let block = open.pointee
        let row = block.next!
        row[0] = UInt64(bitPattern: time)
        if layout.boot == nil {
            row[1] = UInt64(boot)
            row[2] = seq
        }
        for word in block.presence..<block.values { row[word] = 0 }
        for (column, value) in values {
            row[block.presence + column / 64] |= 1 << UInt64(column % 64)
            row[block.values + column] = value.bitPattern
        }
        open.pointee.next = row + block.stride
    }

    /// The rows in the order of time, those of one time in the order they came.
    func sorted() -> [GatheredRow] {
        close()
        var rows: [GatheredRow] = []
        rows.reserveCapacity(rowCount)
        var isSorted = true
        var last = Int64.min
        for block in closed {
            for index in 0..<block.rowCount {
                let row = GatheredRow(
                    words: block.words + index * block.stride, presence: Int32(block.presence),
                    values: Int32(block.values), columns: Int32(block.columns), number: Int32(rows.count))
                isSorted = isSorted && last <= row.time
                last = row.time
                rows.append(row)
            }
        }
        if !isSorted { rows.sort { ($0.time, $0.number) < ($1.time, $1.number) } }
        return rows
    }
}

/// The block that rows are added to.
struct OpenBlock {
    var base: UnsafeMutablePointer<UInt64>?
    var next: UnsafeMutablePointer<UInt64>?
    var end: UnsafeMutablePointer<UInt64>?
    var stride = 0
    var columns = 0
    /// Where in a row the bits of presence begin, and the values.
    var presence = 0
    var values = 0

    init() {}

    init(rows: Int, columns: Int, headWords: Int) {
        self.columns = columns
        presence = headWords
        values = headWords + (columns + 63) / 64
        stride = values + columns
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: rows * stride)
        base = words
        next = words
        end = words + rows * stride
    }

    var rowCount: Int {
        guard let base, let next else { return 0 }
        return (next - base) / stride
    }
}

private struct GatheredBlock {
    var words: UnsafeMutablePointer<UInt64>
    var rowCount: Int
    var stride: Int
    var columns: Int
    var presence: Int
    var values: Int
}

/// A row where it lies.
struct GatheredRow {
    fileprivate let words: UnsafeMutablePointer<UInt64>
    fileprivate let presence: Int32
    fileprivate let values: Int32
    fileprivate let columns: Int32
    /// Which of the machine's rows it was.
    let number: Int32

    var time: Int64 { Int64(bitPattern: words[0]) }
    var boot: UInt32 { UInt32(truncatingIfNeeded: words[1]) }
    var seq: UInt64 { words[2] }

    @inline(__always) func has(_ column: Int) -> Bool {
        column < Int(columns) && words[Int(presence) &+ column >> 6] >> UInt64(column & 63) & 1 == 1
    }

    /// The value of a column that it has.
    @inline(__always) func value(_ column: Int) -> Double { Double(bitPattern: words[Int(values) &+ column]) }

    /// Takes a value out.
    func remove(_ column: Int) { words[Int(presence) + column / 64] &= ~(1 << UInt64(column % 64)) }

    var valueCount: Int {
        (Int(presence)..<Int(values)).reduce(0) { $0 + words[$1].nonzeroBitCount }
    }
}
