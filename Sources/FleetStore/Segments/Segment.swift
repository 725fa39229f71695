import FleetModel
import SeriesCodec

/// A segment on its way into the database: rows of one machine that say the same signals, or nearly, column by column.
struct Segment {
    /// The most rows of one: enough that what a column costs beside its values is little, and little enough to read one
    /// column of a day.
    static let rowsMax = 16_384
    /// The most rows times signals: whoever reads all of it, to merge it or to keep less of it, has it in memory.
    static let valuesMax = 1 << 20
    /// The longest time from its first row to its last, so that what is too old can go.
    static let spanMax = Duration.days(31)
    /// About the most bytes of its rows' fault codes; the format allows four times as many.
    static let noteBytesMax = SegmentLimits.noteBytes / 4

    var machine: Int64
    var level = SegmentLevel.readings
    var first: Timestamp
    var last: Timestamp
    var rowCount: Int
    var directory: SegmentDirectory
    /// Its columns one behind the other, cut so that a column never spans two.
    var chunks: [[UInt8]]
}

/// What the rows of a segment are.
enum SegmentLevel: Int64, CaseIterable {
    /// Readings as they came.
    case readings = 0
    /// What is kept of the readings of a minute.
    case minutes = 1
    /// What is kept of the readings of an hour.
    case hours = 2
}

/// Makes segments of a machine's frames.
struct SegmentMaker {
    private let workspace = SegmentWorkspace()
    /// The rows of signals.
    let row: (Signal) throws -> Int64

    init(row: @escaping (Signal) throws -> Int64) { self.row = row }

    /// The frames, in any order, as segments.
    func segments(of frames: [Frame], of machine: Int64) throws -> [Segment] {
        var segments: [Segment] = []
        for track in Track.split(frames) {
            let sorted = track.frames.sorted { $0.isBefore($1) }
            let cuts = Segment.cuts(
                of: sorted.count, signals: track.signals.count,
                noteBytes: { (sorted[$0].faults?.count ?? 0) * FaultNote.bytesOfFault },
                time: { sorted[$0].observedAt.microseconds })
            for cut in cuts {
                segments.append(try segment(of: sorted[cut], signals: track.signals, machine: machine))
            }
        }
        return segments
    }

    private func segment(of frames: ArraySlice<Frame>, signals: [Signal], machine: Int64) throws -> Segment {
        let rows = SegmentRows(
            observedAt: frames.map(\.observedAt.microseconds), boot: frames.map(\.boot), seq: frames.map(\.seq))
        let notes = frames.enumerated().compactMap { row, frame in
            frame.faults.map { (row: row, bytes: FaultNote.bytes(of: $0)) }
        }
        let columns = Columns(of: frames, signals: signals)
        let order = try signals.enumerated().map { ($0, try row($1)) }.sorted { $0.1 < $1.1 }
        return columns.withValues { values in
            segment(of: machine, rows: rows, notes: notes, signals: order.map(\.1)) { column in
                let place = order[column].0
                return (
                    UnsafeBufferPointer(rebasing: values[(place * rows.seq.count)..<((place + 1) * rows.seq.count)]),
                    columns.presence(of: place)
                )
            }
        }
    }

    /// A segment of at least one row.
    ///
    /// - Parameters:
    ///   - notes: What rows carry beside values, in the order of the rows.
    ///   - signals: The rows of the signals, in their order.
    ///   - column: The values of a signal by its place in `signals`, one a row, and which rows have one. They must stay until
    ///     it is called again.
    func segment(
        of machine: Int64, rows: SegmentRows, notes: [(row: Int, bytes: [UInt8])], signals: [Int64],
        column: (Int) -> (values: UnsafeBufferPointer<Double>, presence: Presence)
    ) -> Segment {
        var chunks = ChunkPacker()
        let count = rows.observedAt.count
        var directory = SegmentDirectory(rows: chunks.add(RowsEncoder(using: workspace).encode(rows)))
        if !notes.isEmpty {
            directory.notes = chunks.add(NotesEncoder(using: workspace).encode(notes, rowCount: count))
        }
        let encoder = ColumnEncoder(using: workspace)
        for (place, signal) in signals.enumerated() {
            let (values, presence) = column(place)
            // Only when the rows of a track were cut: the signal stands in other rows of it.
            guard presence.valueCount > 0 else { continue }
            let (bytes, statistics) = encoder.encode(values, presence: presence)
            directory.columns.append(
                SegmentDirectory.Column(
                    signal: signal, place: chunks.add(bytes), statistics: ColumnSummary(statistics)))
        }
        var segment = Segment(
            machine: machine, first: Timestamp(microseconds: rows.observedAt[0]),
            last: Timestamp(microseconds: rows.observedAt[count - 1]), rowCount: count, directory: directory,
            chunks: chunks.chunks)
        segment.fitPages()
        return segment
    }
}

extension Segment {
    /// Where rows in the order of time are cut: no segment is too large to be read whole, and none spans so long that
    /// what is too old cannot go.
    static func cuts(
        of count: Int, signals: Int, noteBytes: (Int) -> Int = { _ in 0 }, time: (Int) -> Int64
    ) -> [Range<Int>] {
        let rows = max(1, min(rowsMax, valuesMax / max(1, signals)))
        var cuts: [Range<Int>] = []
        var start = 0
        var bytes = 0
        for row in 0..<count {
            let added = noteBytes(row)
            bytes += added
            guard row > start else { continue }
            let isLong = time(row) &- time(start) > Segment.spanMax.microseconds
            guard isLong || row - start == rows || bytes > noteBytesMax else { continue }
            cuts.append(start..<row)
            start = row
            bytes = added
        }
        if start < count { cuts.append(start..<count) }
        return cuts
    }
}

extension Frame {
    /// In the order of a machine's clock; frames of one instant in that in which it numbered them.
    func isBefore(_ other: Frame) -> Bool {
        (observedAt, boot, seq) < (other.observedAt, other.boot, other.seq)
    }
}

/// The values of frames, signal by signal.
private struct Columns {
    private let rowCount: Int
    private var values: [Double]
    private var bitmaps: [UInt64]
    private let wordCount: Int

    init(of frames: ArraySlice<Frame>, signals: [Signal]) {
        rowCount = frames.count
        wordCount = (rowCount + 63) / 64
        values = Array(repeating: 0, count: rowCount * signals.count)
        bitmaps = Array(repeating: 0, count: wordCount * signals.count)
        let places = Dictionary(uniqueKeysWithValues: signals.enumerated().map { ($1, $0) })
        // Frames of a track mostly have its signals in one order.
        var lastShape: [Signal] = []
        var lastPlaces: [Int] = []
        for (row, frame) in frames.enumerated() {
            if frame.readings.count != lastShape.count
                || !zip(frame.readings, lastShape).allSatisfy({ $0.signal == $1 })
            {
                lastShape = frame.readings.map(\.signal)
                lastPlaces = lastShape.map { places[$0]! }
            }
            for (reading, place) in zip(frame.readings, lastPlaces) {
                values[place * rowCount + row] = reading.value
                bitmaps[place * wordCount + row / 64] |= 1 << UInt64(row % 64)
            }
        }
    }

    func presence(of column: Int) -> Presence {
        Presence(rowCount: rowCount, bitmap: Array(bitmaps[(column * wordCount)..<((column + 1) * wordCount)]))
    }

    /// The values of all columns, one column after the other.
    func withValues<Result>(_ body: (UnsafeBufferPointer<Double>) throws -> Result) rethrows -> Result {
        try values.withUnsafeBufferPointer(body)
    }
}

/// Puts columns one behind the other into chunks of about the same size.
struct ChunkPacker {
    /// Reading a column walks through the pages of its chunk before it; a longer one makes better use of its last page.
    private static let bytesMax = 64 << 10

    private(set) var chunks: [[UInt8]] = []

    mutating func add(_ bytes: [UInt8]) -> SegmentDirectory.Place {
        if chunks.isEmpty || chunks[chunks.count - 1].count + bytes.count > ChunkPacker.bytesMax { chunks.append([]) }
        let chunk = chunks.count - 1
        defer { chunks[chunk] += bytes }
        return SegmentDirectory.Place(chunk: chunk, offset: chunks[chunk].count, length: bytes.count)
    }
}

/// The fault codes of one row.
enum FaultNote {
    /// No code takes more.
    static let bytesOfFault = 24

    static func bytes(of faults: [DiagnosticTroubleCode]) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(varint: UInt64(faults.count))
        for fault in faults { writer.append(fault) }
        return writer.bytes
    }

    static func faults(of bytes: UnsafeRawBufferPointer) throws(Damage) -> [DiagnosticTroubleCode] {
        var reader = ByteReader(bytes)
        var faults: [DiagnosticTroubleCode] = []
        for _ in 0..<(try reader.count(of: "fault codes")) { faults.append(try reader.fault()) }
        return faults
    }
}
