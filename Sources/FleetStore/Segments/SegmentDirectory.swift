import FleetModel
import SeriesCodec

/// What a segment holds, and where in its chunks.
///
/// Format 1, in order: the byte 1; where the rows lie, and where the notes; how many columns there are, and for each the row of
/// its signal as a difference from the one before, where it lies, and its statistics: count, smallest, largest, sum, first
/// and last value; CRC-32C. A place is the number of a chunk, and the first byte and the length in it; a length of 0 is
/// nowhere.
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
        writer.append(rows)
        writer.append(notes)
        writer.append(varint: UInt64(columns.count))
        var signal: Int64 = 0
        for column in columns {
            writer.append(signed: column.signal - signal)
            signal = column.signal
            writer.append(column.place)
            writer.append(varint: UInt64(column.statistics.count))
            for value in column.statistics.values { writer.append(value: value) }
        }
        return writer.sealed()
    }

    init(rows: Place) { self.rows = rows }

    init(_ bytes: UnsafeRawBufferPointer) throws(Damage) {
        var reader = try ByteReader.body(of: bytes, version: SegmentDirectory.version)
        rows = try reader.place()
        notes = try reader.place()
        let count = try reader.count(of: "columns")
        columns.reserveCapacity(count)
        var signal: Int64 = 0
        for _ in 0..<count {
            signal &+= try reader.signed()
            let place = try reader.place()
            let count = try reader.count(atMost: SegmentLimits.rows, of: "values")
            var statistics = ColumnSummary(count: count)
            for place in ColumnSummary.places { statistics[keyPath: place] = try reader.value() }
            columns.append(Column(signal: signal, place: place, statistics: statistics))
        }
    }
}

/// What is known of a column without reading it; of what `ColumnStatistics` says, that which is stored.
struct ColumnSummary: Hashable {
    /// How many rows have a value.
    var count: Int
    /// NaN when no value is a number.
    var minimum = Double.nan
    var maximum = Double.nan
    /// NaN when only the values tell.
    var sum = Double.nan
    var first = Double.nan
    var last = Double.nan

    /// In the order in which they are stored.
    static let places: [WritableKeyPath<ColumnSummary, Double> & Sendable] = [
        \.minimum, \.maximum, \.sum, \.first, \.last,
    ]

    var values: [Double] { ColumnSummary.places.map { self[keyPath: $0] } }

    init(count: Int) { self.count = count }

    init(_ statistics: ColumnStatistics) {
        count = statistics.count
        minimum = statistics.minimum
        maximum = statistics.maximum
        sum = statistics.sum
        first = statistics.first
        last = statistics.last
    }
}

extension ByteWriter {
    fileprivate mutating func append(_ place: SegmentDirectory.Place) {
        append(varint: UInt64(place.chunk))
        append(varint: UInt64(place.offset))
        append(varint: UInt64(place.length))
    }
}

extension ByteReader {
    mutating func place() throws(Damage) -> SegmentDirectory.Place {
        let (chunk, offset, length) = (try varint(), try varint(), try varint())
        guard chunk < UInt64(SegmentDirectory.chunksMax), let offset = Int(exactly: offset),
            let length = Int(exactly: length)
        else { throw Damage("a column lies beyond what a segment may have") }
        return SegmentDirectory.Place(chunk: Int(chunk), offset: offset, length: length)
    }
}
