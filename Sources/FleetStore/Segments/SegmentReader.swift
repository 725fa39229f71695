import FleetModel
import GRDB
import GRDBSQLite
import SeriesCodec

/// Reads segments within one transaction; keeps its buffers from one to the next.
struct SegmentReader {
    private let db: Database
    private let names: StoredNames
    private let workspace = SegmentWorkspace()
    private let chunks: ChunkReader

    init(_ db: Database, names: StoredNames) {
        self.db = db
        self.names = names
        chunks = ChunkReader(db)
    }

    /// The frames of a segment from `start` up to but without `end`, with the readings of all signals or of one.
    ///
    /// - Parameter without: is told of a signal, or of fault codes (`nil`), that cannot be read, and may throw; when it does
    ///   not, the frames are without it.
    func frames(
        of segment: StoredSegment, from start: Timestamp, to end: Timestamp, only wanted: Signal? = nil,
        without: (Signal?, any Error) throws -> Void = { throw $1 }
    ) throws -> [Frame] {
        let directory = try segment.directory()
        let (rows, empty) = try Damage.of("its times") {
            try chunks.withBytes(of: directory.rows, in: segment.id) { bytes in
                let decoder = try RowsDecoder(bytes, using: workspace)
                let rows = try decoder.rows(from: start.microseconds, until: end.microseconds)
                let times = try times(rows, decoder)
                let (boot, seq) = try decoder.sequence(rows)
                let frames = rows.indices.map { row in
                    let place = row - rows.lowerBound
                    return Frame(boot: boot[place], seq: seq[place], observedAt: times[place])
                }
                return (rows, frames)
            }
        }
        guard !rows.isEmpty else { return [] }
        var frames = empty
        for column in directory.columns {
            guard let signal = names.signal(column.signal) else {
                throw Damage("no signal is stored under row \(column.signal)")
            }
            guard wanted == nil || signal == wanted else { continue }
            do {
                try Damage.of("the column of \(signal)") {
                    try append(column, signal, rows, to: &frames, of: segment.id)
                }
            } catch {
                try without(signal, error)
            }
        }
        if wanted == nil {
            do {
                try Damage.of("its fault codes") { try addFaults(directory, rows, to: &frames, of: segment.id) }
            } catch {
                try without(nil, error)
            }
        }
        return frames
    }

    /// The times of all rows of a rollup, microseconds, and the values of all columns by their numbers.
    func columns(
        of segment: StoredSegment, _ body: (_ number: Int64, _ values: [Double], _ presence: Presence) throws -> Void
    ) throws -> [Int64] {
        let directory = try segment.directory()
        let times = try Damage.of("its times") {
            try chunks.withBytes(of: directory.rows, in: segment.id) { bytes in
                let decoder = try RowsDecoder(bytes, using: workspace)
                return try decoder.all().observedAt
            }
        }
        for column in directory.columns {
            let signal = Rollup.signal(ofColumn: column.signal)
            try Damage.of("what is kept of \(names.signal(signal)?.name ?? "signal \(signal)")") {
                try chunks.withBytes(of: column.place, in: segment.id) { bytes in
                    let decoder = try ColumnDecoder(bytes, using: workspace)
                    guard decoder.rowCount == times.count else { throw Damage("it is as long as no other") }
                    var values = [Double](repeating: 0, count: times.count)
                    let result = values.withUnsafeMutableBufferPointer { values in
                        Result { () throws(Damage) in try decoder.decode(0..<values.count, into: values) }
                    }
                    try result.get()
                    try body(column.signal, values, decoder.presence)
                }
            }
        }
        return times
    }

    private func times(_ rows: Range<Int>, _ decoder: RowsDecoder) throws(Damage) -> [Timestamp] {
        var times = [Int64](repeating: 0, count: rows.count)
        let result = times.withUnsafeMutableBufferPointer { times in
            Result { () throws(Damage) in try decoder.times(rows, into: times) }
        }
        try result.get()
        return times.map { Timestamp(microseconds: $0) }
    }

    private func append(
        _ column: SegmentDirectory.Column, _ signal: Signal, _ rows: Range<Int>, to frames: inout [Frame],
        of segment: Int64
    ) throws {
        try chunks.withBytes(of: column.place, in: segment) { bytes in
            let decoder = try ColumnDecoder(bytes, using: workspace)
            guard decoder.rowCount >= rows.upperBound else {
                throw Damage("it is shorter than its segment")
            }
            var values = [Double](repeating: 0, count: rows.count)
            let result = values.withUnsafeMutableBufferPointer { values in
                Result { () throws(Damage) in try decoder.decode(rows, into: values) }
            }
            try result.get()
            for (place, value) in values.enumerated() where decoder.presence[rows.lowerBound + place] {
                frames[place].readings.append(Reading(signal, value))
            }
        }
    }

    private func addFaults(
        _ directory: SegmentDirectory, _ rows: Range<Int>, to frames: inout [Frame], of segment: Int64
    ) throws {
        guard directory.notes != .nowhere else { return }
        try chunks.withBytes(of: directory.notes, in: segment) { bytes in
            for note in try NotesDecoder(bytes, using: workspace).notes where rows.contains(note.row) {
                frames[note.row - rows.lowerBound].faults = try note.bytes.withUnsafeBytes {
                    try FaultNote.faults(of: $0)
                }
            }
        }
    }
}

extension Damage {
    /// Runs `body`; damage that it finds is said to be that of `part`.
    static func of<Result>(_ part: @autoclosure () -> String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let damage as Damage {
            throw Damage("\(part()): \(damage.description)")
        }
    }
}

/// Reads parts of chunks without reading the chunks.
final class ChunkReader {
    private let db: Database
    private var blob: OpaquePointer?
    private var row: Int64?

    init(_ db: Database) { self.db = db }

    deinit { close() }

    /// Lets go of the chunk it has read last, which keeps the connection's transaction from ending.
    func close() {
        sqlite3_blob_close(blob)
        blob = nil
        row = nil
    }

    /// Calls `body` with the bytes at a place, which are there for that long only.
    func withBytes<Result>(
        of place: SegmentDirectory.Place, in segment: Int64, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        // Of its own, because a caller reads another column while it has this one.
        let bytes = try read(place, of: segment)
        defer { bytes.deallocate() }
        return try body(UnsafeRawBufferPointer(bytes))
    }

    /// The bytes at a place, which the caller frees.
    func read(_ place: SegmentDirectory.Place, of segment: Int64) throws -> UnsafeMutableRawBufferPointer {
        try open(SegmentTable.chunkRow(segment, place.chunk))
        guard place.length > 0, place.offset <= Int(sqlite3_blob_bytes(blob)) - place.length else {
            throw Damage("it lies beyond the end of its chunk")
        }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: place.length, alignment: 8)
        let code = sqlite3_blob_read(blob, bytes.baseAddress, Int32(place.length), Int32(place.offset))
        if code != SQLITE_OK { bytes.deallocate() }
        try check(code)
        return bytes
    }

    private func open(_ chunk: Int64) throws {
        guard row != chunk else { return }
        row = nil
        if blob == nil {
            try check(sqlite3_blob_open(db.sqliteConnection, "main", "chunk", "data", chunk, 0, &blob), chunk)
        } else {
            try check(sqlite3_blob_reopen(blob, chunk), chunk)
        }
        row = chunk
    }

    private func check(_ code: Int32, _ chunk: Int64? = nil) throws {
        guard code != SQLITE_OK else { return }
        close()
        // What SQLite says of a row that is not there.
        if code == SQLITE_ERROR { throw Damage("its chunk \(chunk ?? 0) is missing") }
        throw DatabaseError(code: code, of: db.sqliteConnection)
    }
}
