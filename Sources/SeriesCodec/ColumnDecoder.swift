/// Reads the values of one signal in the rows of a segment.
///
/// It refers to the bytes it was made with: use it only while they are there.
package struct ColumnDecoder {
    /// Which rows have a value.
    package let presence: Presence

    private let workspace: SegmentWorkspace
    /// `nil`: the numbers are the bits of the doubles.
    private let scale: DecimalScale?
    /// Values that are not on the scale, by their place among the values that are present.
    private let misfits: [(place: Int, bits: UInt64)]
    private let series: ByteReader

    /// Checks the bytes and reads all but the numbers.
    package init(_ bytes: UnsafeRawBufferPointer, using workspace: SegmentWorkspace) throws(Damage) {
        self.workspace = workspace
        var (rowCount, reader) = try BlobKind.column.opened(bytes)
        presence = try Presence(rowCount: rowCount, from: &reader)
        let places = try reader.byte()
        if places == ColumnEncoder.bitPatterns {
            scale = nil
            misfits = []
        } else {
            guard let scale = DecimalScale(places: Int(places)) else {
                throw Damage("values cannot have \(places) decimal places")
            }
            self.scale = scale
            misfits = try ColumnDecoder.misfits(among: presence.valueCount, from: &reader)
        }
        series = reader
    }

    private static func misfits(
        among valueCount: Int, from reader: inout ByteReader
    ) throws(Damage) -> [(place: Int, bits: UInt64)] {
        let count = try reader.count(atMost: valueCount, of: "values off the scale")
        guard count > 0 else { return [] }
        var misfits: [(place: Int, bits: UInt64)] = []
        var place = -1
        for distance in try NumberList.read(count, from: &reader) {
            place += distance + 1
            guard place < valueCount else { throw Damage("a value off the scale lies beyond the last") }
            misfits.append((place, 0))
        }
        for index in misfits.indices { misfits[index].bits = try reader.word() }
        return misfits
    }

    package var rowCount: Int { presence.rowCount }

    /// The scale that all values are on.
    var scaleOfAll: DecimalScale? { misfits.isEmpty ? scale : nil }

    /// Calls `body` with the numbers of all rows that have a value, which are there for that long only.
    func withNumbers<Result>(_ body: (UnsafeBufferPointer<Int64>) -> Result) throws(Damage) -> Result {
        let count = presence.valueCount
        var reader = series
        try NumberSeries.read(0..<count, blockSizes: presence.blockSizes, from: &reader, using: workspace)
        try reader.expectEnd()
        return body(UnsafeBufferPointer(start: workspace.numbers, count: count))
    }

    /// Reads the values of `rows`: `values[0]` becomes that of the first of them. Rows without a value become NaN;
    /// `presence` tells them from values that are NaN.
    package func decode(_ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Double>) throws(Damage) {
        precondition(values.count >= rows.count, "room for a value a row")
        let count = try decodePresent(rows, into: values)
        if let words = presence.words, let target = values.baseAddress { spread(count, over: rows, words, in: target) }
    }

    /// Reads the values that `rows` have, side by side, and returns how many they are.
    package func decodePresent(
        _ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Double>
    ) throws(Damage) -> Int {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows of the segment")
        guard let target = values.baseAddress, !rows.isEmpty else { return 0 }
        let places = presence.rank(of: rows.lowerBound)..<presence.rank(of: rows.upperBound)
        precondition(values.count >= places.count, "room for a value a row that has one")
        var reader = series
        try NumberSeries.read(places, blockSizes: presence.blockSizes, from: &reader, using: workspace)
        try reader.expectEnd()
        let numbers = workspace.numbers + places.lowerBound
        if let scale {
            scale.values(of: numbers, count: places.count, into: target)
        } else {
            for index in 0..<places.count { target[index] = Double(bitPattern: UInt64(bitPattern: numbers[index])) }
        }
        for misfit in misfits where places.contains(misfit.place) {
            target[misfit.place - places.lowerBound] = Double(bitPattern: misfit.bits)
        }
        return places.count
    }

    /// Moves values that stand side by side to their rows, from the last, so that none is written over.
    private func spread(
        _ count: Int, over rows: Range<Int>, _ words: [UInt64], in values: UnsafeMutablePointer<Double>
    ) {
        var rest = count
        var row = rows.upperBound
        // When as many values are left as rows, all of them are where they belong.
        while rest < row - rows.lowerBound {
            let top = (row - 1) % 64
            let limit = min(top + 1, row - rows.lowerBound)
            let word = words[(row - 1) / 64] << UInt64(63 - top)
            let present = min((~word).leadingZeroBitCount, limit)
            let absent = min(word.leadingZeroBitCount, limit)
            row -= present + absent
            rest -= present
            let target = values + (row - rows.lowerBound)
            if present > 0 {
                target.update(from: values + rest, count: present)
            } else {
                target.update(repeating: .nan, count: absent)
            }
        }
    }
}
