/// Reads times and numbers of the rows of a segment.
///
/// It refers to the bytes it was made with: use it only while they are there.
package struct RowsDecoder {
    package let rowCount: Int

    private let workspace: SegmentWorkspace
    private let first: Int64
    /// What the times are multiples of, counted from the first; microseconds.
    package let unit: UInt64
    private let timePart: ByteReader
    private let seqPart: ByteReader
    private let bootPart: ByteReader

    /// Checks the bytes.
    package init(_ bytes: UnsafeRawBufferPointer, using workspace: SegmentWorkspace) throws(Damage) {
        self.workspace = workspace
        var reader: ByteReader
        (rowCount, reader) = try BlobKind.rows.opened(bytes)
        first = try reader.signed()
        unit = try reader.varint()
        timePart = try reader.part()
        seqPart = try reader.part()
        bootPart = try reader.part()
        try reader.expectEnd()
    }

    /// Reads the times of `rows`, microseconds: `times[0]` becomes that of the first of them.
    package func times(_ rows: Range<Int>, into times: UnsafeMutableBufferPointer<Int64>) throws(Damage) {
        precondition(times.count >= rows.count, "room for a time a row")
        guard let target = times.baseAddress else { return }
        try readTimes(rows)
        target.update(from: workspace.numbers + rows.lowerBound, count: rows.count)
    }

    /// The rows measured at `start` or later and before `end`, microseconds.
    package func rows(from start: Int64, until end: Int64) throws(Damage) -> Range<Int> {
        try readTimes(0..<rowCount)
        let times = UnsafeBufferPointer(start: workspace.numbers, count: rowCount)
        let lower = RowsDecoder.firstIndex(notBefore: start, in: times)
        return lower..<max(lower, RowsDecoder.firstIndex(notBefore: end, in: times))
    }

    /// Reads the times of the rows measured at `start` or later and before `end`, and returns which rows they are.
    package func times(
        from start: Int64, until end: Int64, into times: UnsafeMutableBufferPointer<Int64>
    ) throws(Damage) -> Range<Int> {
        let rows = try rows(from: start, until: end)
        precondition(times.count >= rows.count, "room for a time a row")
        if let target = times.baseAddress {
            target.update(from: workspace.numbers + rows.lowerBound, count: rows.count)
        }
        return rows
    }

    /// Calls `body` with the times of all rows, which are there for that long only.
    package func withTimes<Result>(_ body: (UnsafeBufferPointer<Int64>) -> Result) throws(Damage) -> Result {
        try readTimes(0..<rowCount)
        return body(UnsafeBufferPointer(start: workspace.numbers, count: rowCount))
    }

    /// Reads what the machine called `rows`.
    package func sequence(_ rows: Range<Int>) throws(Damage) -> (boot: [UInt32], seq: [UInt64]) {
        let seq = try read(rows, of: seqPart).map { UInt64(bitPattern: $0) }
        let wide = try read(rows, of: bootPart)
        var boot: [UInt32] = []
        boot.reserveCapacity(wide.count)
        for number in wide {
            guard let number = UInt32(exactly: number) else { throw Damage("\(number) is no number of a start") }
            boot.append(number)
        }
        return (boot, seq)
    }

    /// All rows.
    package func all() throws(Damage) -> SegmentRows {
        try readTimes(0..<rowCount)
        let times = Array(UnsafeBufferPointer(start: workspace.numbers, count: rowCount))
        let (boot, seq) = try sequence(0..<rowCount)
        return SegmentRows(observedAt: times, boot: boot, seq: seq)
    }

    /// Leaves the times of `rows` in the workspace.
    private func readTimes(_ rows: Range<Int>) throws(Damage) {
        try readNumbers(rows, of: timePart)
        let numbers = workspace.numbers
        var isSorted = true
        var previous = Int64.min
        for row in rows {
            let time = first &+ Int64(bitPattern: UInt64(bitPattern: numbers[row]) &* unit)
            isSorted = isSorted && previous <= time
            numbers[row] = time
            previous = time
        }
        guard isSorted else { throw Damage("the times are not in order") }
    }

    private func read(_ rows: Range<Int>, of part: ByteReader) throws(Damage) -> [Int64] {
        try readNumbers(rows, of: part)
        return Array(UnsafeBufferPointer(start: workspace.numbers + rows.lowerBound, count: rows.count))
    }

    private func readNumbers(_ rows: Range<Int>, of part: ByteReader) throws(Damage) {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows of the segment")
        var reader = part
        try NumberSeries.read(
            rows, blockSizes: Presence.all(rowCount).blockSizes, from: &reader, using: workspace)
        try reader.expectEnd()
    }

    private static func firstIndex(notBefore time: Int64, in times: UnsafeBufferPointer<Int64>) -> Int {
        var range = 0..<times.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = times[middle] < time ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }
}
