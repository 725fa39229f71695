import FleetModel
import FleetRuntime
import GRDB
import SeriesCodec
import Synchronization

/// A segment as far as it is in memory: its directory, and what was asked for of its columns.
///
/// Nothing of it changes, there only comes more.
final class KnownSegment: Sendable {
    let id: Int64
    /// The times of its first and its last row.
    let first: Int64
    let last: Int64
    let rowCount: Int
    let directory: SegmentDirectory
    private let checksum: UInt32
    private let total: ByteTotal
    /// The change of segments as of which it is there; see `SegmentCatalogue`.
    private let change = Atomic(Int64(-1))
    private let loaded = Mutex(Loaded())

    private struct Loaded {
        var byteCount = 0
        var rows: StoredBytes?
        var columns: [Int64: ColumnCopy] = [:]
        var times: RowTimes?
        var tags: TagRuns?
    }

    /// Reads what its row says.
    init(_ place: SegmentCatalogue.Place, of machine: MachineKey, _ total: ByteTotal, _ db: Database) throws {
        id = place.id
        first = place.first
        last = place.last
        self.total = total
        guard
            let row = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT rows, directory FROM segment WHERE id = ?"), arguments: [id])
        else { throw KnownSegment.failure("its row is missing", place, machine) }
        let rowCount: Int = try row.decode(atIndex: 0)
        guard (1...SegmentLimits.rows).contains(rowCount) else {
            throw StoreFailure.damaged(
                "the segment \(id) of \(machine) is said to have \(rowCount) rows; restore a backup, the rest stays readable"
            )
        }
        self.rowCount = rowCount
        do {
            (directory, checksum) = try row.withUnsafeBlob(1) { bytes in
                // Without its own at the end, with which that of all bytes is always the same.
                (try SegmentDirectory(bytes), CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes.dropLast(4))))
            }
        } catch let damage as Damage {
            throw KnownSegment.failure(damage.description, place, machine)
        }
        guard directory.columns.allSatisfy({ $0.statistics.count <= rowCount }) else {
            throw KnownSegment.failure("a column is said to have more values than rows", place, machine)
        }
        let own = 256 + directory.columns.count * MemoryLayout<SegmentDirectory.Column>.stride
        loaded.withLock { $0.byteCount = own }
        total.add(own)
    }

    deinit { total.remove(byteCount) }

    private static func failure(
        _ what: String, _ place: SegmentCatalogue.Place, _ machine: MachineKey
    ) -> StoreFailure {
        SegmentColumns.failure(Damage(what), place.id, machine, place.first, place.last, signal: nil)
    }

    /// How many bytes it takes.
    var byteCount: Int { loaded.withLock { $0.byteCount } }

    func isRight(as change: Int64) -> Bool { self.change.load(ordering: .relaxed) == change }

    /// It is there as of a change of segments.
    func confirm(as change: Int64) { self.change.store(change, ordering: .relaxed) }

    /// Whether another one, read later under the same number, is this one.
    func isSame(as other: KnownSegment) -> Bool {
        (first, last, rowCount, checksum) == (other.first, other.last, other.rowCount, other.checksum)
    }

    // MARK: What was loaded

    var rows: StoredBytes? { loaded.withLock { $0.rows } }
    func column(_ signal: Int64) -> ColumnCopy? { loaded.withLock { $0.columns[signal] } }
    var times: RowTimes? { loaded.withLock { $0.times } }
    var tags: TagRuns? { loaded.withLock { $0.tags } }

    func keep(rows: StoredBytes) {
        keep(rows.bytes.count) { loaded in
            defer { loaded.rows = rows }
            return loaded.rows == nil
        }
    }

    /// In place of what is there of the column.
    func keep(_ column: ColumnCopy, of signal: Int64) {
        let more = loaded.withLock { loaded in
            let bytes = column.byteCount - (loaded.columns[signal]?.byteCount ?? 0)
            loaded.columns[signal] = column
            loaded.byteCount += bytes
            return bytes
        }
        total.add(more)
    }

    func keep(times: RowTimes) {
        keep(times.byteCount) { loaded in
            defer { loaded.times = times }
            return loaded.times == nil
        }
    }

    func keep(tags: TagRuns) {
        keep(tags.byteCount) { loaded in
            defer { loaded.tags = tags }
            return loaded.tags == nil
        }
    }

    /// - Parameter isNew: puts it there, and tells whether it was not before.
    private func keep(_ bytes: Int, isNew: (inout Loaded) -> Bool) {
        let counted = loaded.withLock { loaded in
            guard isNew(&loaded) else { return 0 }
            loaded.byteCount += bytes
            return bytes
        }
        total.add(counted)
    }
}

/// A column as it is in memory.
enum ColumnCopy: Sendable {
    case stored(StoredBytes)
    /// Stored in a way that cannot be counted.
    case storedForGood(StoredBytes)
    case counted(CountedColumn)

    var byteCount: Int {
        switch self {
        case .stored(let bytes), .storedForGood(let bytes): bytes.bytes.count
        case .counted(let column): column.byteCount
        }
    }
}

/// Bytes as the file has them.
// They do not change once they are here.
final class StoredBytes: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer

    /// Takes the bytes over.
    init(_ bytes: UnsafeMutableRawBufferPointer) { self.bytes = UnsafeRawBufferPointer(bytes) }

    deinit { bytes.deallocate() }
}
