import FleetModel
import GRDB
import SeriesCodec

/// How closely a database is looked at.
package enum CheckDepth: Sendable {
    /// Check sums: nothing changed since it was written.
    case sums
    /// Every value is decoded, and compared with what is said of it.
    case values
}

/// Looks whether a segment is whole, part by part, so that each part that is not is named.
struct SegmentCheck {
    struct Found {
        var columns = 0
        var samples: Int64 = 0
        /// The damaged parts, with the row of the signal where it is one's.
        var damage: [(signal: Int64?, what: String)] = []
    }

    private let source: SegmentSource
    private let depth: CheckDepth
    private let values = UnsafeMutableBufferPointer<Double>.allocate(capacity: SegmentLimits.rows)

    init(_ source: SegmentSource, _ depth: CheckDepth) {
        self.source = source
        self.depth = depth
    }

    func end() { values.deallocate() }

    /// - Parameters:
    ///   - level: of the readings; of rollups a column's number says more than its signal.
    ///   - rowCount: how many rows the table says it has.
    func check(
        _ segment: ListedSegment, level: Int64, rowCount: Int64, directory bytes: UnsafeRawBufferPointer,
        _ stop: StopSign
    ) throws -> Found {
        var found = Found()
        func look(_ part: String, of signal: Int64? = nil, _ body: () throws -> Void) throws {
            do {
                try body()
            } catch let damage as Damage {
                found.damage.append((signal, "\(part): \(damage.description)"))
            } catch let error as DatabaseError where error.isDamage {
                found.damage.append(
                    (signal, "\(part): SQLite cannot read it (\(error.message ?? "\(error.resultCode)"))"))
            }
        }
        var directory: SegmentDirectory?
        try look("its directory") { directory = try SegmentDirectory(bytes) }
        guard let directory else { return found }
        try look("its times") { try checkRows(segment, level, rowCount, directory.rows) }
        if directory.notes != .nowhere {
            try look("its fault codes") { try checkNotes(segment.id, rowCount, directory.notes) }
        }
        for column in directory.columns {
            try stop.check()
            let isRollup = level != SegmentLevel.readings.rawValue
            let signal = isRollup ? Rollup.signal(ofColumn: column.signal) : column.signal
            try look("its values", of: signal) {
                guard source.names.signal(signal) != nil else {
                    throw Damage("no signal is stored under row \(signal)")
                }
                try check(column, of: segment.id, rowCount)
            }
            found.columns += 1
            let isShown = source.names.signal(signal).map { !$0.name.hasPrefix("@") } ?? true
            if !isRollup, isShown { found.samples += Int64(column.statistics.count) }
        }
        return found
    }

    private func checkRows(
        _ segment: ListedSegment, _ level: Int64, _ rowCount: Int64, _ place: SegmentDirectory.Place
    ) throws {
        try source.chunks.withBytes(of: place, in: segment.id) { bytes in
            guard depth == .values else { return try checkSum(bytes) }
            let rows = try RowsDecoder(bytes, using: source.workspace).all()
            guard rows.observedAt.count == rowCount else {
                throw Damage("there are \(rows.observedAt.count), and \(rowCount) rows by its table")
            }
            // A row of a rollup stands for all of its minute or hour.
            let length = max(1, SegmentLevel(rawValue: level)?.length ?? 0)
            let last = rows.observedAt.last.map { $0 &+ (length - 1) }
            guard rows.observedAt.first == segment.first, last == segment.last else {
                throw Damage("they are not from first to last as its table says")
            }
        }
    }

    private func checkNotes(_ segment: Int64, _ rowCount: Int64, _ place: SegmentDirectory.Place) throws {
        try source.chunks.withBytes(of: place, in: segment) { bytes in
            guard depth == .values else { return try checkSum(bytes) }
            let decoder = try NotesDecoder(bytes, using: source.workspace)
            guard decoder.rowCount == rowCount else {
                throw Damage("they are of \(decoder.rowCount) rows, its table says \(rowCount)")
            }
            for note in decoder.notes { _ = try note.bytes.withUnsafeBytes { try FaultNote.faults(of: $0) } }
        }
    }

    private func check(_ column: SegmentDirectory.Column, of segment: Int64, _ rowCount: Int64) throws {
        try source.chunks.withBytes(of: column.place, in: segment) { bytes in
            guard depth == .values else { return try checkSum(bytes) }
            let decoder = try ColumnDecoder(bytes, using: source.workspace)
            guard decoder.rowCount == rowCount else {
                throw Damage("they are of \(decoder.rowCount) rows, its table says \(rowCount)")
            }
            let all = UnsafeMutableBufferPointer(rebasing: values[..<decoder.rowCount])
            try decoder.decode(0..<decoder.rowCount, into: all)
            var count = decoder.rowCount
            if !decoder.presence.isComplete {
                count = 0
                for row in 0..<decoder.rowCount where decoder.presence[row] {
                    values[count] = values[row]
                    count += 1
                }
            }
            let statistics = ColumnSummary(ColumnStatistics(UnsafeBufferPointer(rebasing: values[..<count])))
            guard statistics.isNearly(column.statistics) else {
                throw Damage("they are not what its directory says of them")
            }
        }
    }

    private func checkSum(_ bytes: UnsafeRawBufferPointer) throws(Damage) {
        guard ByteReader.isWhole(bytes) else { throw Damage("the check sum does not match") }
    }
}

extension ColumnSummary {
    /// The same, but for the last bits of the sum, which depend on the order in which it was made.
    fileprivate func isNearly(_ other: ColumnSummary) -> Bool {
        func isSame(_ a: Double, _ b: Double) -> Bool { a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN) }
        return count == other.count && isSame(minimum, other.minimum) && isSame(maximum, other.maximum)
            && isSame(first, other.first) && isSame(last, other.last)
            && (isSame(sum, other.sum)
                || abs(sum - other.sum) <= 1e-9 * max(abs(sum), abs(other.sum), abs(minimum), abs(maximum)))
    }
}

extension DatabaseError {
    /// What a damaged file makes SQLite say, in contrast to one that cannot be had just now.
    var isDamage: Bool {
        ![.SQLITE_INTERRUPT, .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_NOMEM, .SQLITE_ABORT].contains(resultCode)
    }
}
