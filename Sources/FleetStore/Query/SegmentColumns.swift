import FleetModel
import FleetRuntime
import SeriesCodec

/// A segment of which some columns are wanted: first what its directory says of them, then their bytes.
// Filled by the thread that reads the file, then given to one that decodes.
final class SegmentColumns: @unchecked Sendable {
    let machine: MachineKey
    /// By the wanted signals; `nil` where it does not have one.
    let columns: [SegmentDirectory.Column?]
    private let known: KnownSegment
    private let catalogue: SegmentCatalogue
    private let names: [String]
    private var rowBytes: StoredBytes?
    private var copies: [ColumnCopy?]
    /// Whether somebody asked for the times, and for a column, before, or this question in its first moment: what is asked
    /// for once is decoded as it is stored.
    private var isRowsKnown = false
    private var isKnown: [Bool]

    init(_ known: KnownSegment, of machine: MachineKey, _ wanted: WantedSignals, _ catalogue: SegmentCatalogue) {
        self.known = known
        self.machine = machine
        self.catalogue = catalogue
        names = wanted.names
        columns = wanted.rows.map { known.directory.column(of: $0) }
        copies = Array(repeating: nil, count: columns.count)
        isKnown = Array(repeating: false, count: columns.count)
    }

    var id: Int64 { known.id }
    /// The times of its first and its last row.
    var first: Int64 { known.first }
    var last: Int64 { known.last }
    var rowCount: Int { known.rowCount }

    /// How many bytes are loaded.
    var byteCount: Int { (rowBytes?.bytes.count ?? 0) + copies.reduce(0) { $0 + ($1?.byteCount ?? 0) } }

    /// Takes the bytes of a column, and of the times, from memory, else from the file.
    func load(_ column: Int, from chunks: ChunkReader) throws {
        try naming(column) {
            if rowBytes == nil {
                rowBytes = known.rows
                isRowsKnown = rowBytes != nil
                if rowBytes == nil {
                    let read = StoredBytes(try chunks.read(known.directory.rows, of: id))
                    if catalogue.hasRoom { known.keep(rows: read) }
                    rowBytes = read
                }
            }
            guard copies[column] == nil, let wanted = columns[column] else { return }
            copies[column] = known.column(wanted.signal)
            isKnown[column] = copies[column] != nil
            if copies[column] == nil {
                let copy = ColumnCopy.stored(StoredBytes(try chunks.read(wanted.place, of: id)))
                if catalogue.hasRoom { known.keep(copy, of: wanted.signal) }
                copies[column] = copy
            }
        }
    }

    // MARK: Decoding

    /// The times of the rows from `start` up to but without `end`, and which rows these are.
    func times(
        from start: Int64, to end: Int64, into target: UnsafeMutablePointer<Int64>, using workspace: SegmentWorkspace
    ) throws -> Range<Int> {
        try naming(nil) {
            if let times = try rowTimes(workspace) {
                let rows = times.rows(from: start, until: end)
                times.copy(rows, to: target)
                return rows
            }
            let decoder = try rowsDecoder(workspace)
            return try decoder.times(
                from: start, until: end, into: UnsafeMutableBufferPointer(start: target, count: rowCount))
        }
    }

    /// The rows from `start` up to but without `end`, and when they were measured.
    ///
    /// - Parameter room: the clock may look at it; it stays as it is as long as the clock is used.
    func clock(
        from start: Int64, to end: Int64, room: UnsafeMutablePointer<Int64>, using workspace: SegmentWorkspace
    ) throws -> (rows: Range<Int>, clock: RowClock) {
        try naming(nil) {
            if let times = try rowTimes(workspace) {
                return (times.rows(from: start, until: end), .counted(times))
            }
            let decoder = try rowsDecoder(workspace)
            let rows = try decoder.times(
                from: start, until: end, into: UnsafeMutableBufferPointer(start: room, count: rowCount))
            return (rows, .listed(UnsafePointer(room), from: rows.lowerBound))
        }
    }

    /// `nil` when nobody asked for them before, or they do not go into it.
    private func rowTimes(_ workspace: SegmentWorkspace) throws(Damage) -> RowTimes? {
        if let times = known.times { return times }
        guard isRowsKnown else { return nil }
        let decoder = try rowsDecoder(workspace)
        guard catalogue.hasRoom, RowTimes.mayCount(from: first, through: last, unit: decoder.unit),
            let times = try decoder.withTimes({ RowTimes($0, unit: decoder.unit) })
        else { return nil }
        known.keep(times: times)
        return times
    }

    /// What the rows said beside their values.
    ///
    /// - Parameter room: for a value a row.
    func tagRuns(
        of column: Int, room: UnsafeMutablePointer<Double>, using workspace: SegmentWorkspace
    ) throws -> TagRuns {
        if let tags = known.tags { return tags }
        var tags = TagRuns(none: rowCount)
        if columns[column] != nil {
            let values = UnsafeMutableBufferPointer(start: room, count: rowCount)
            try naming(column) {
                // Their runs take less, so that the column is not kept.
                if case .counted(let counted)? = copies[column] {
                    counted.decode(0..<rowCount, into: values)
                } else {
                    try decoder(column, workspace).decode(0..<rowCount, into: values)
                }
            }
            tags = TagRuns(UnsafeBufferPointer(values))
        }
        if catalogue.hasRoom { known.keep(tags: tags) }
        return tags
    }

    func sequence(_ rows: Range<Int>, using workspace: SegmentWorkspace) throws -> (boot: [UInt32], seq: [UInt64]) {
        try naming(nil) { try rowsDecoder(workspace).sequence(rows) }
    }

    /// The values of `rows`, NaN where there is none; `false` when it does not have the signal.
    func values(
        of column: Int, _ rows: Range<Int>, into target: UnsafeMutablePointer<Double>, using workspace: SegmentWorkspace
    ) throws -> Bool {
        guard columns[column] != nil else { return false }
        let values = UnsafeMutableBufferPointer(start: target, count: rows.count)
        try naming(column) {
            if let counted = try counted(column, workspace) {
                counted.decode(rows, into: values)
            } else {
                try decoder(column, workspace).decode(rows, into: values)
            }
        }
        return true
    }

    /// The readings of `rows` side by side, their times in place of those of all `rows`; returns how many there are, and
    /// which rows have one.
    func readings(
        of column: Int, _ rows: Range<Int>, _ buffer: ColumnBuffer, using workspace: SegmentWorkspace
    ) throws -> (count: Int, presence: Presence) {
        try naming(column) {
            let values = UnsafeMutableBufferPointer(start: buffer.values, count: rows.count)
            let (count, presence): (Int, Presence)
            if let counted = try counted(column, workspace) {
                (count, presence) = (counted.decodePresent(rows, into: values), counted.presence)
            } else {
                let decoder = try decoder(column, workspace)
                (count, presence) = (try decoder.decodePresent(rows, into: values), decoder.presence)
            }
            if let words = presence.words { SegmentColumns.compress(buffer.times, rows, words) }
            return (count, presence)
        }
    }

    /// The last row before `end` that has a value.
    func lastRow(of column: Int, before end: Int, using workspace: SegmentWorkspace) throws -> Int? {
        try naming(column) {
            let presence =
                try counted(column, workspace)?.presence ?? decoder(column, workspace).presence
            return (0..<end).last { presence[$0] }
        }
    }

    func value(of column: Int, _ row: Int, using workspace: SegmentWorkspace) throws -> Double {
        var value = Double.nan
        _ = try withUnsafeMutablePointer(to: &value) {
            try values(of: column, row..<row + 1, into: $0, using: workspace)
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
        let decoder = try RowsDecoder(rowBytes.bytes, using: workspace)
        // What is decoded goes into memory for as many.
        guard decoder.rowCount == rowCount else {
            throw Damage("it has \(decoder.rowCount) times, and \(rowCount) rows are said to be in it")
        }
        return decoder
    }

    private func decoder(_ column: Int, _ workspace: SegmentWorkspace) throws(Damage) -> ColumnDecoder {
        switch copies[column] {
        case .stored(let bytes), .storedForGood(let bytes): return try decoder(of: bytes, workspace)
        case .counted, nil: preconditionFailure("a column is loaded before it is decoded")
        }
    }

    private func decoder(of bytes: StoredBytes, _ workspace: SegmentWorkspace) throws(Damage) -> ColumnDecoder {
        let decoder = try ColumnDecoder(bytes.bytes, using: workspace)
        guard decoder.rowCount == rowCount else {
            throw Damage("its column has \(decoder.rowCount) rows, and \(rowCount) are said to be in it")
        }
        return decoder
    }

    /// The column as it is kept to be looked at again; `nil` when nobody has before, it cannot be, or there is no room.
    private func counted(_ column: Int, _ workspace: SegmentWorkspace) throws(Damage) -> CountedColumn? {
        switch copies[column] {
        case .counted(let counted): return counted
        case .storedForGood, nil: return nil
        case .stored(let bytes):
            guard isKnown[column], catalogue.hasRoom, let signal = columns[column]?.signal else { return nil }
            // Another part of this question may have done it.
            if case .counted(let counted)? = known.column(signal) { return counted }
            let counted = try CountedColumn(try decoder(of: bytes, workspace))
            known.keep(counted.map { .counted($0) } ?? .storedForGood(bytes), of: signal)
            return counted
        }
    }

    /// Says of damage where it is.
    private func naming<Result>(_ column: Int?, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let damage as Damage {
            throw SegmentColumns.failure(damage, id, machine, first, last, signal: column.map { names[$0] })
        }
    }

    static func failure(
        _ damage: Damage, _ id: Int64, _ machine: MachineKey, _ first: Int64, _ last: Int64, signal: String?
    ) -> StoreFailure {
        .damagedSegment(
            id, of: signal.map { "signal \($0) of \(machine)" } ?? "\(machine)",
            from: Timestamp(microseconds: first), to: Timestamp(microseconds: last), damage)
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
