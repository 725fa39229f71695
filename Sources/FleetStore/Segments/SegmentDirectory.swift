import FleetModel
import SeriesCodec

/// What a segment holds, and where in its chunks.
///
/// Format 1, in order: the byte 1; where the rows lie, and where the notes; how many columns there are, and for each the
/// row of its signal and, after its place, its count, both as differences from the column before, and its statistics;
/// CRC-32C.
///
/// A place is four times its length and a number: 0 when it is right behind the last place of the chunk of the place
/// before; 1 when it is behind the last one of another chunk, whose number follows; 2 when the chunk and the first byte
/// follow. A length of 0 is nowhere. Statistics are as `ColumnSummary.append` writes them.
struct SegmentDirectory {
    static let version: UInt8 = 1
    /// A segment has fewer chunks.
    static let chunksMax = 4_096

    struct Place: Hashable {
        var chunk: Int
        var offset: Int
        var length: Int

        static let nowhere = Place(chunk: 0, offset: 0, length: 0)
    }

    struct Column {
        /// The row of the signal.
        var signal: Int64
        var place: Place
        var statistics: ColumnSummary
    }

    var rows: Place
    /// Of the fault codes.
    var notes = Place.nowhere
    /// In order of their signals.
    var columns: [Column] = []

    func column(of signal: Int64) -> Column? { columns.first { $0.signal == signal } }

    var bytes: [UInt8] {
        var writer = ByteWriter(version: SegmentDirectory.version)
        var ends = PlaceEnds()
        writer.append(rows, behind: &ends)
        writer.append(notes, behind: &ends)
        writer.append(varint: UInt64(columns.count))
        var (signal, count): (Int64, Int) = (0, 0)
        for column in columns {
            writer.append(signed: column.signal &- signal)
            writer.append(column.place, behind: &ends)
            writer.append(signed: Int64(column.statistics.count - count))
            column.statistics.append(to: &writer)
            (signal, count) = (column.signal, column.statistics.count)
        }
        return writer.sealed()
    }

    init(rows: Place) { self.rows = rows }

    init(_ bytes: UnsafeRawBufferPointer) throws(Damage) {
        var reader = try ByteReader.body(of: bytes, version: SegmentDirectory.version)
        var ends = PlaceEnds()
        rows = try reader.place(behind: &ends)
        notes = try reader.place(behind: &ends)
        let columnCount = try reader.count(of: "columns")
        columns.reserveCapacity(columnCount)
        var (signal, count): (Int64, Int64) = (0, 0)
        for _ in 0..<columnCount {
            signal &+= try reader.signed()
            let place = try reader.place(behind: &ends)
            count &+= try reader.signed()
            guard (0...Int64(SegmentLimits.rows)).contains(count) else {
                throw Damage("a column has \(count) values, where at most \(SegmentLimits.rows) can be")
            }
            columns.append(
                Column(signal: signal, place: place, statistics: try ColumnSummary(count: Int(count), from: &reader)))
        }
    }
}

/// Where in the first chunks the next place begins that lies right behind the one before it.
private struct PlaceEnds {
    /// Nearly no segment has more chunks.
    private var ends = SIMD4<Int>()
    private(set) var chunk = 0

    /// `nil` for a chunk of which it is not known.
    subscript(chunk: Int) -> Int? { chunk < ends.scalarCount ? ends[chunk] : nil }

    mutating func note(_ place: SegmentDirectory.Place) {
        chunk = place.chunk
        if chunk < ends.scalarCount { ends[chunk] = place.offset + place.length }
    }
}

extension ByteWriter {
    fileprivate mutating func append(_ place: SegmentDirectory.Place, behind ends: inout PlaceEnds) {
        guard place.length > 0 else { return append(0) }
        let length = UInt64(place.length) << 2
        if ends[place.chunk] != place.offset {
            append(varint: length | 2)
            append(varint: UInt64(place.chunk))
            append(varint: UInt64(place.offset))
        } else if ends.chunk != place.chunk {
            append(varint: length | 1)
            append(varint: UInt64(place.chunk))
        } else {
            append(varint: length)
        }
        ends.note(place)
    }
}

extension ByteReader {
    fileprivate mutating func place(behind ends: inout PlaceEnds) throws(Damage) -> SegmentDirectory.Place {
        let tagged = try varint()
        guard tagged > 0 else { return .nowhere }
        let chunk = tagged & 3 == 0 ? UInt64(ends.chunk) : try varint()
        guard chunk < UInt64(SegmentDirectory.chunksMax) else {
            throw Damage("a segment has no chunk \(chunk)")
        }
        let end = ends[Int(chunk)].map { UInt64($0) }
        guard let offset = tagged & 3 == 2 ? try varint() : end, offset <= UInt64(Int32.max), tagged & 3 < 3,
            (1...UInt64(Int32.max)).contains(tagged >> 2)
        else { throw Damage("a column lies beyond what a segment may have") }
        let place = SegmentDirectory.Place(chunk: Int(chunk), offset: Int(offset), length: Int(tagged >> 2))
        ends.note(place)
        return place
    }
}
