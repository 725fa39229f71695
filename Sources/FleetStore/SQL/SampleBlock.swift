import FleetModel
import FleetRuntime
import GRDB
import SeriesCodec

/// Rows of one machine as columns, out of one segment or out of the head, and a place among their samples.
///
/// What nobody asks for is not decoded: times, numbers and values are read when the first of them is wanted.
final class SampleBlock {
    /// One signal of it.
    struct Column {
        /// The row of the signal.
        var signal: Int64
        fileprivate var presence: Presence
        fileprivate var isComplete: Bool
        /// Of all rows in `rows`; empty while they are not decoded.
        fileprivate var values: [Double] = []
        fileprivate var encoded: [UInt8] = []
    }

    private(set) var columns: [Column] = []
    /// The rows that are asked for.
    private(set) var rows: Range<Int>
    /// Of all rows; empty while they are not decoded.
    private var times: [Int64]
    private var boots: [UInt32]
    private var seqs: [UInt64]
    private let source: Source?

    // The place: a row and a column.
    private(set) var row = 0
    private(set) var column = 0

    /// The segment, as far as it may have to be read again.
    private struct Source {
        let id: Int64
        let rows: SegmentDirectory.Place
        let reader: SegmentSource
    }

    /// - Parameter known: the directory, when it was read before.
    init(
        _ segment: ListedSegment, _ known: SegmentDirectory?, of reader: SegmentSource, from start: Int64,
        to end: Int64, wanted: (SegmentDirectory.Column) -> Bool
    ) throws {
        let directory = try known ?? reader.directory(of: segment.id)
        source = Source(id: segment.id, rows: directory.rows, reader: reader)
        times = []
        boots = []
        seqs = []
        rows = 0..<0
        let chosen = directory.columns.filter(wanted)
        guard !chosen.isEmpty else { return }
        let rowCount: Int
        if segment.first >= start, segment.last < end {
            rowCount = try reader.rowCount(of: directory.rows, in: segment.id)
            rows = 0..<rowCount
        } else {
            let found = try reader.times(of: directory.rows, in: segment.id, from: start, to: end)
            rowCount = found.times.count
            (times, rows) = (found.times, found.rows)
        }
        guard !rows.isEmpty else { return }
        for column in chosen {
            try Damage.of(reader.columnName(column.signal)) {
                let encoded = try reader.chunks.withBytes(of: column.place, in: segment.id) { Array($0) }
                let presence = try encoded.withUnsafeBytes {
                    try ColumnDecoder($0, using: reader.workspace).presence
                }
                guard presence.rowCount == rowCount else {
                    throw Damage("it has \(presence.rowCount) rows, its segment \(rowCount)")
                }
                columns.append(
                    Column(
                        signal: column.signal, presence: presence, isComplete: presence.isComplete, encoded: encoded))
            }
        }
    }

    /// Frames of the head, in order, with the readings of signals that are wanted.
    init(_ frames: [Frame], signalRow: (Signal) -> Int64?) {
        source = nil
        rows = 0..<frames.count
        times = frames.map(\.observedAt.microseconds)
        boots = frames.map(\.boot)
        seqs = frames.map(\.seq)
        var places: [Signal: Int] = [:]
        var present: [[Bool]] = []
        for (row, frame) in frames.enumerated() {
            for reading in frame.readings {
                let place: Int
                if let known = places[reading.signal] {
                    place = known
                } else {
                    place = columns.count
                    places[reading.signal] = place
                    present.append([])
                    columns.append(Column(signal: 0, presence: .all(0), isComplete: false))
                }
                // A reading comes after any number of frames without it.
                let missing = row - present[place].count
                guard missing >= 0 else { continue }
                if missing > 0 {
                    present[place] += Array(repeating: false, count: missing)
                    columns[place].values += Array(repeating: .nan, count: missing)
                }
                present[place].append(true)
                columns[place].values.append(reading.value)
            }
        }
        for (signal, place) in places {
            let missing = frames.count - present[place].count
            let isPresent = present[place] + Array(repeating: false, count: missing)
            columns[place].values += Array(repeating: .nan, count: missing)
            columns[place].presence = Presence(isPresent)
            columns[place].isComplete = columns[place].presence.isComplete
            columns[place].signal = signalRow(signal) ?? 0
        }
        columns.removeAll { $0.signal == 0 }
        columns.sort { $0.signal < $1.signal }
    }

    // MARK: The place

    /// Goes to the first sample, all of one column before those of the next; `false` when there is none.
    func beginByColumn() -> Bool {
        (row, column) = (rows.lowerBound - 1, 0)
        return nextByColumn()
    }

    func nextByColumn() -> Bool {
        row += 1
        while column < columns.count {
            if columns[column].isComplete {
                if row < rows.upperBound { return true }
            } else {
                while row < rows.upperBound {
                    if columns[column].presence[row] { return true }
                    row += 1
                }
            }
            row = rows.lowerBound
            column += 1
        }
        return false
    }

    /// Goes to the first sample, all of one row before those of the next, forwards or backwards in time.
    func beginByRow(isBackwards: Bool) -> Bool {
        (row, column) = (isBackwards ? rows.upperBound - 1 : rows.lowerBound, -1)
        return nextByRow(isBackwards: isBackwards)
    }

    func nextByRow(isBackwards: Bool) -> Bool {
        column += 1
        while rows.contains(row) {
            while column < columns.count {
                if columns[column].isComplete || columns[column].presence[row] { return true }
                column += 1
            }
            column = 0
            row += isBackwards ? -1 : 1
        }
        return false
    }

    // MARK: What stands there

    var signal: Int64 { columns[column].signal }

    func time() throws -> Int64 {
        if times.isEmpty, let source {
            times = try source.reader.times(of: source.rows, in: source.id, from: .min, to: .max).times
        }
        guard row < times.count else { throw Damage("its times end before its values") }
        return times[row]
    }

    func sequence() throws -> (boot: UInt32, seq: UInt64) {
        if seqs.isEmpty, let source {
            (boots, seqs) = try source.reader.sequence(of: source.rows, in: source.id)
        }
        guard row < seqs.count else { throw Damage("its numbers end before its values") }
        return (boots[row], seqs[row])
    }

    func value() throws -> Double {
        if columns[column].values.isEmpty, let source { try decodeValues(source.reader) }
        return columns[column].values[source == nil ? row : row - rows.lowerBound]
    }

    private func decodeValues(_ reader: SegmentSource) throws {
        var values = [Double](repeating: 0, count: rows.count)
        try Damage.of(reader.columnName(signal)) {
            try columns[column].encoded.withUnsafeBytes { bytes in
                let decoder = try ColumnDecoder(bytes, using: reader.workspace)
                try values.withUnsafeMutableBufferPointer { values in
                    try Result { () throws(Damage) in try decoder.decode(rows, into: values) }.get()
                }
            }
        }
        columns[column].encoded = []
        columns[column].values = values
    }
}

/// A segment by what its index says of it.
struct ListedSegment {
    var id: Int64
    var first: Int64
    var last: Int64
}

/// Reads parts of segments within one transaction.
struct SegmentSource {
    let db: Database
    let chunks: ChunkReader
    let workspace: SegmentWorkspace
    let names: StoredNames

    init(_ db: Database, names: StoredNames) {
        self.db = db
        self.names = names
        chunks = ChunkReader(db)
        workspace = SegmentWorkspace()
    }

    /// The segments of a machine that have anything from `start` up to but without `end`, in order of their first rows.
    func segments(of machine: Int64, from start: Int64, to end: Int64) throws -> [ListedSegment] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id, first, last FROM segment
                    WHERE machine = ? AND level = ? AND last >= ? AND first < ? ORDER BY first, id
                    """), arguments: [machine, SegmentLevel.readings.rawValue, start, end]
        ).map {
            ListedSegment(
                id: try $0.decode(atIndex: 0), first: try $0.decode(atIndex: 1), last: try $0.decode(atIndex: 2))
        }
    }

    func directory(of segment: Int64) throws -> SegmentDirectory {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT directory FROM segment WHERE id = ?"), arguments: [segment])
        guard let row else { throw Damage("its row is missing") }
        return try Damage.of("its directory") { try row.withUnsafeBlob(0) { try SegmentDirectory($0) } }
    }

    func rowCount(of place: SegmentDirectory.Place, in segment: Int64) throws -> Int {
        try Damage.of("its times") {
            try chunks.withBytes(of: place, in: segment) { try RowsDecoder($0, using: workspace).rowCount }
        }
    }

    /// The times of all rows, and which rows lie from `start` up to but without `end`.
    func times(
        of place: SegmentDirectory.Place, in segment: Int64, from start: Int64, to end: Int64
    ) throws -> (times: [Int64], rows: Range<Int>) {
        try Damage.of("its times") {
            try chunks.withBytes(of: place, in: segment) { bytes in
                let decoder = try RowsDecoder(bytes, using: workspace)
                var times = [Int64](repeating: 0, count: decoder.rowCount)
                try times.withUnsafeMutableBufferPointer { times in
                    try Result { () throws(Damage) in try decoder.times(0..<decoder.rowCount, into: times) }.get()
                }
                return (times, try decoder.rows(from: start, until: end))
            }
        }
    }

    func sequence(of place: SegmentDirectory.Place, in segment: Int64) throws -> (boot: [UInt32], seq: [UInt64]) {
        try Damage.of("its numbers") {
            try chunks.withBytes(of: place, in: segment) { bytes in
                let decoder = try RowsDecoder(bytes, using: workspace)
                return try decoder.sequence(0..<decoder.rowCount)
            }
        }
    }

    func columnName(_ signal: Int64) -> String {
        names.signal(signal).map { "the column of \($0)" } ?? "the column of signal \(signal)"
    }
}
