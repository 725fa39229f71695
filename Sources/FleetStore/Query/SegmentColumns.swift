import FleetModel
import FleetRuntime
import SeriesCodec

/// A segment of which some columns are wanted: first what its directory says of them, then their bytes.
// Filled by the thread that reads the file, then given to one that decodes.
final class SegmentColumns: @unchecked Sendable {
    let id: Int64
    let machine: MachineKey
    /// The times of its first and its last row.
    let first: Int64
    let last: Int64
    let rowCount: Int
    /// By the wanted signals; `nil` where it does not have one.
    let columns: [SegmentDirectory.Column?]
    private let rows: SegmentDirectory.Place
    private let names: [String]
    private var rowBytes: UnsafeMutableRawBufferPointer?
    private var columnBytes: [UnsafeMutableRawBufferPointer?]

    init(
        id: Int64, machine: MachineKey, first: Int64, last: Int64, rowCount: Int, directory: UnsafeRawBufferPointer,
        wanted: WantedSignals
    ) throws {
        self.id = id
        self.machine = machine
        self.first = first
        self.last = last
        self.rowCount = rowCount
        names = wanted.names
        do throws(Damage) {
            (rows, columns) = try SegmentDirectory.columns(of: wanted.rows, in: directory)
        } catch {
            throw SegmentColumns.failure(error, id, machine, first, last, signal: nil)
        }
        columnBytes = Array(repeating: nil, count: columns.count)
    }

    deinit {
        rowBytes?.deallocate()
        for bytes in columnBytes { bytes?.deallocate() }
    }

    /// How many bytes are loaded.
    var byteCount: Int { (rowBytes?.count ?? 0) + columnBytes.reduce(0) { $0 + ($1?.count ?? 0) } }

    /// Reads the bytes of a column, and of the times.
    func load(_ column: Int, from chunks: ChunkReader) throws {
        try naming(column) {
            if rowBytes == nil { rowBytes = try chunks.read(rows, of: id) }
            if columnBytes[column] == nil, let wanted = columns[column] {
                columnBytes[column] = try chunks.read(wanted.place, of: id)
            }
        }
    }

    // MARK: Decoding

    /// The times of the rows from `start` up to but without `end`, and which rows these are.
    func times(
        from start: Int64, to end: Int64, into target: UnsafeMutablePointer<Int64>, using workspace: SegmentWorkspace
    ) throws -> Range<Int> {
        try naming(nil) {
            let decoder = try rowsDecoder(workspace)
            return try decoder.times(
                from: start, until: end, into: UnsafeMutableBufferPointer(start: target, count: rowCount))
        }
    }

    /// The times of `rows`.
    func times(
        of rows: Range<Int>, into target: UnsafeMutablePointer<Int64>, using workspace: SegmentWorkspace
    ) throws {
        try naming(nil) {
            try rowsDecoder(workspace).times(rows, into: UnsafeMutableBufferPointer(start: target, count: rows.count))
        }
    }

    func sequence(_ rows: Range<Int>, using workspace: SegmentWorkspace) throws -> (boot: [UInt32], seq: [UInt64]) {
        try naming(nil) { try rowsDecoder(workspace).sequence(rows) }
    }

    /// The values of `rows`, NaN where there is none; `false` when it does not have the signal.
    func values(
        of column: Int, _ rows: Range<Int>, into target: UnsafeMutablePointer<Double>, using workspace: SegmentWorkspace
    ) throws -> Bool {
        guard columns[column] != nil else { return false }
        try naming(column) {
            try decoder(column, workspace).decode(
                rows, into: UnsafeMutableBufferPointer(start: target, count: rows.count))
        }
        return true
    }

    /// The readings of `rows` side by side, their times in place of those of all `rows`; returns how many there are, and
    /// which rows have one.
    func readings(
        of column: Int, _ rows: Range<Int>, _ buffer: ColumnBuffer, using workspace: SegmentWorkspace
    ) throws -> (count: Int, presence: Presence) {
        try naming(column) {
            let decoder = try decoder(column, workspace)
            let count = try decoder.decodePresent(
                rows, into: UnsafeMutableBufferPointer(start: buffer.values, count: rows.count))
            if let words = decoder.presence.words { SegmentColumns.compress(buffer.times, rows, words) }
            return (count, decoder.presence)
        }
    }

    /// The last row before `end` that has a value.
    func lastRow(of column: Int, before end: Int, using workspace: SegmentWorkspace) throws -> Int? {
        try naming(column) {
            let presence = try decoder(column, workspace).presence
            return (0..<end).last { presence[$0] }
        }
    }

    func value(of column: Int, _ row: Int, using workspace: SegmentWorkspace) throws -> Double {
        var value = Double.nan
        try naming(column) {
            try withUnsafeMutablePointer(to: &value) {
                try decoder(column, workspace).decode(
                    row..<row + 1, into: UnsafeMutableBufferPointer(start: $0, count: 1))
            }
        }
        return value
    }

    /// Moves what belongs to rows with a value to the front.
    static func compress<Element>(_ list: UnsafeMutablePointer<Element>, _ rows: Range<Int>, _ words: [UInt64]) {
        var next = 0
        for row in rows where words[row / 64] >> UInt64(row % 64) & 1 == 1 {
            list[next] = list[row - rows.lowerBound]
            next += 1
        }
    }

    private func rowsDecoder(_ workspace: SegmentWorkspace) throws(Damage) -> RowsDecoder {
        guard let rowBytes else { preconditionFailure("the times are loaded before they are decoded") }
        let decoder = try RowsDecoder(UnsafeRawBufferPointer(rowBytes), using: workspace)
        // What is decoded goes into memory for as many.
        guard decoder.rowCount == rowCount else {
            throw Damage("it has \(decoder.rowCount) times, and \(rowCount) rows are said to be in it")
        }
        return decoder
    }

    private func decoder(_ column: Int, _ workspace: SegmentWorkspace) throws(Damage) -> ColumnDecoder {
        guard let bytes = columnBytes[column] else { preconditionFailure("a column is loaded before it is decoded") }
        let decoder = try ColumnDecoder(UnsafeRawBufferPointer(bytes), using: workspace)
        guard decoder.rowCount == rowCount else {
            throw Damage("its column has \(decoder.rowCount) rows, and \(rowCount) are said to be in it")
        }
        return decoder
    }

    /// Says of damage where it is.
    private func naming<Result>(_ column: Int?, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let damage as Damage {
            throw SegmentColumns.failure(damage, id, machine, first, last, signal: column.map { names[$0] })
        }
    }

    private static func failure(
        _ damage: Damage, _ id: Int64, _ machine: MachineKey, _ first: Int64, _ last: Int64, signal: String?
    ) -> StoreFailure {
        let what = signal.map { "signal \($0) of " } ?? ""
        let span = "\(Timestamp(microseconds: first).iso8601) to \(Timestamp(microseconds: last).iso8601)"
        return .damaged(
            "the segment \(id) of \(what)\(machine) from \(span) is damaged: \(damage.description); restore a backup, the rest stays readable"
        )
    }
}

/// Signals that a question looks at, and under which rows they are stored.
struct WantedSignals: Sendable {
    var signals: [Signal]
    var names: [String]
    /// 0 for one that no machine has ever sent.
    var rows: [Int64]

    init(_ signals: [Signal], _ stored: StoredNames) {
        self.signals = signals
        names = signals.map(\.name)
        rows = signals.map { signal in stored.signals.firstIndex(of: signal).map { Int64($0) + 1 } ?? 0 }
    }
}
