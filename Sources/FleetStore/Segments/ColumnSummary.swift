import SeriesCodec

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

/// As directories have it, but for the count.
///
/// A byte says in its low three bits the decimal places, 0 to 6, at which the values are whole; then the smallest
/// (signed), and how much larger than it the largest, the first and the last are. When all are the same, `isOneValue` is
/// set, and these are left out. The sum follows, less the count times the smallest (signed); with `isSumApart`, the 8
/// bytes of the double instead. When the low bits are 7, there are the 8 bytes of smallest, largest, first, last and sum.
extension ColumnSummary {
    private static let asDoubles: UInt8 = 7
    private static let isOneValue: UInt8 = 8
    private static let isSumApart: UInt8 = 16

    func append(to writer: inout ByteWriter) {
        guard let places = FrameWriter.powersOfTen.indices.first(where: { wholes(places: $0) != nil }),
            let (minimum, maximum, first, last) = wholes(places: places)
        else {
            writer.append(ColumnSummary.asDoubles)
            for value in [self.minimum, self.maximum, self.first, self.last, self.sum] {
                writer.append(word: value.bitPattern, byteCount: 8)
            }
            return
        }
        let sum = FrameWriter.whole(self.sum, places: places)
        let isOne = maximum == minimum && first == minimum && last == minimum
        writer.append(
            UInt8(places) | (isOne ? ColumnSummary.isOneValue : 0) | (sum == nil ? ColumnSummary.isSumApart : 0))
        writer.append(signed: minimum)
        if !isOne {
            for value in [maximum, first, last] { writer.append(varint: UInt64(bitPattern: value - minimum)) }
        }
        if let sum {
            writer.append(signed: sum &- Int64(count) &* minimum)
        } else {
            writer.append(word: self.sum.bitPattern, byteCount: 8)
        }
    }

    private func wholes(places: Int) -> (minimum: Int64, maximum: Int64, first: Int64, last: Int64)? {
        guard let minimum = FrameWriter.whole(minimum, places: places),
            let maximum = FrameWriter.whole(maximum, places: places),
            let first = FrameWriter.whole(first, places: places), let last = FrameWriter.whole(last, places: places)
        else { return nil }
        return (minimum, maximum, first, last)
    }

    init(count: Int, from reader: inout ByteReader) throws(Damage) {
        self.count = count
        let form = try reader.byte()
        let places = Int(form & ColumnSummary.asDoubles)
        guard places < FrameWriter.powersOfTen.count else {
            minimum = Double(bitPattern: try reader.word())
            maximum = Double(bitPattern: try reader.word())
            first = Double(bitPattern: try reader.word())
            last = Double(bitPattern: try reader.word())
            sum = Double(bitPattern: try reader.word())
            return
        }
        let power = FrameWriter.powersOfTen[places]
        let smallest = try reader.signed()
        minimum = Double(smallest) / power
        if form & ColumnSummary.isOneValue != 0 {
            (maximum, first, last) = (minimum, minimum, minimum)
        } else {
            maximum = Double(smallest &+ Int64(bitPattern: try reader.varint())) / power
            first = Double(smallest &+ Int64(bitPattern: try reader.varint())) / power
            last = Double(smallest &+ Int64(bitPattern: try reader.varint())) / power
        }
        sum =
            form & ColumnSummary.isSumApart != 0
            ? Double(bitPattern: try reader.word())
            : Double(Int64(count) &* smallest &+ (try reader.signed())) / power
    }
}
