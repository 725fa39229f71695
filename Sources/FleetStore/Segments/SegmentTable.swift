import FleetModel
import FleetRuntime
import FoundationEssentials
import GRDB
import SeriesCodec

/// The tables of segments and of their chunks.
enum SegmentTable {
    /// The row of a chunk is the row of its segment, shifted, and its number: so it needs no index.
    static let chunkBits = Int64(SegmentDirectory.chunksMax.trailingZeroBitCount)

    static func chunkRow(_ segment: Int64, _ chunk: Int) -> Int64 { segment << chunkBits | Int64(chunk) }

    static func insert(_ segment: Segment, _ db: Database) throws {
        guard segment.chunks.count < SegmentDirectory.chunksMax else {
            throw Damage("a segment of \(segment.rowCount) rows has too many columns to be stored as one")
        }
        try Cursor.segments.advance(db)
        try db.cachedStatement(
            sql: "INSERT INTO segment (machine, level, first, last, rows, directory) VALUES (?, ?, ?, ?, ?, ?)"
        ).execute(
            arguments: [
                segment.machine, segment.level.rawValue, segment.first.microseconds, segment.last.microseconds,
                segment.rowCount,
                Data(segment.directory.bytes),
            ])
        let id = db.lastInsertedRowID
        let insert = try HotStatement(db, "INSERT INTO chunk (id, data) VALUES (?, ?)")
        for (number, chunk) in segment.chunks.enumerated() {
            insert.bind(chunkRow(id, number), at: 1)
            try insert.run(binding: chunk, at: 2)
        }
    }

    static func delete(_ segments: [Int64], _ db: Database) throws {
        try Cursor.segments.advance(db)
        for id in segments {
            try db.cachedStatement(sql: "DELETE FROM chunk WHERE id BETWEEN ? AND ?")
                .execute(arguments: [chunkRow(id, 0), chunkRow(id, SegmentDirectory.chunksMax - 1)])
            try db.cachedStatement(sql: "DELETE FROM segment WHERE id = ?").execute(arguments: [id])
        }
    }

    /// The segments of a machine that have anything from `start` up to but without `end`, in order of their first rows.
    static func segments(
        of machine: Int64, _ level: SegmentLevel = .readings, from start: Timestamp, to end: Timestamp, _ db: Database
    ) throws -> [StoredSegment] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id, first, last, rows, directory FROM segment
                    WHERE machine = ? AND level = ? AND last >= ? AND first < ? ORDER BY first, id
                    """), arguments: [machine, level.rawValue, start.microseconds, end.microseconds]
        ).map { try StoredSegment($0) }
    }
}

extension SegmentTable {
    /// A segment with fewer rows is merged with others when there are enough of them. The index of small segments says the
    /// same number.
    static let smallRows = 8_192

    /// The small segments of a machine, in order of their first rows.
    static func smallSegments(of machine: Int64, _ level: SegmentLevel, _ db: Database) throws -> [StoredSegment] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id, first, last, rows, directory FROM segment INDEXED BY segment_small
                    WHERE machine = ? AND level = ? AND rows < \(smallRows) ORDER BY first, id
                    """), arguments: [machine, level.rawValue]
        ).map { try StoredSegment($0) }
    }

    /// The machines that have at least so many small segments of one level.
    static func machines(withSmallSegments count: Int, _ db: Database) throws -> [Int64] {
        try Int64.fetchAll(
            db,
            sql: """
                SELECT DISTINCT machine FROM (
                    SELECT machine FROM segment INDEXED BY segment_small WHERE rows < \(smallRows)
                    GROUP BY machine, level HAVING COUNT(*) >= ?)
                """, arguments: [count])
    }
}

/// A segment as its table describes it; its directory is not read yet.
struct StoredSegment {
    var id: Int64
    var first: Timestamp
    var last: Timestamp
    var rowCount: Int
    private var row: Row

    init(_ row: Row) throws {
        id = try row.decode(atIndex: 0)
        first = try row.time(1)
        last = try row.time(2)
        // A damaged row may say anything; who adds such numbers up must not get beyond what a number can hold.
        rowCount = min(max(0, try row.decode(atIndex: 3)), SegmentLimits.rows)
        self.row = row
    }

    func directory() throws(Damage) -> SegmentDirectory {
        let result = Result { try row.withUnsafeBlob(4) { try SegmentDirectory($0) } }
        switch result {
        case .success(let directory): return directory
        case .failure(let damage as Damage): throw damage
        case .failure(let error): throw Damage("its directory cannot be read: \(error)")
        }
    }
}
