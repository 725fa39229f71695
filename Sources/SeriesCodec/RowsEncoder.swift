/// Writes times and numbers of the rows of a segment.
package struct RowsEncoder {
    private let workspace: SegmentWorkspace

    package init(using workspace: SegmentWorkspace) { self.workspace = workspace }

    package func encode(_ rows: SegmentRows) -> [UInt8] {
        let times = rows.observedAt
        precondition(rows.boot.count == times.count && rows.seq.count == times.count, "arrays of one length")
        precondition(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 }, "rows in the order of time")
        var writer = BlobKind.rows.begun(rowCount: times.count)
        let first = times.first ?? 0
        let unit = RowsEncoder.unit(of: times)
        writer.append(signed: first)
        writer.append(varint: unit)
        appendPart(times.map { Int64(bitPattern: UInt64(bitPattern: $0 &- first) / unit) }, to: &writer)
        appendPart(rows.seq.map { Int64(bitPattern: $0) }, to: &writer)
        appendPart(rows.boot.map(Int64.init), to: &writer)
        return writer.sealed()
    }

    private func appendPart(_ numbers: [Int64], to writer: inout ByteWriter) {
        var part = ByteWriter()
        numbers.withUnsafeBufferPointer {
            NumberSeries.append(
                $0, blockSizes: Presence.all($0.count).blockSizes, to: &part, using: workspace)
        }
        writer.append(varint: UInt64(part.bytes.count))
        writer.append(part)
    }

    /// The longest time in which all differences of `times` can be counted: a machine that reports every ten seconds
    /// has steps of 1, and after a lost message of 2.
    private static func unit(of times: [Int64]) -> UInt64 {
        var unit: UInt64 = 0
        for (earlier, later) in zip(times, times.dropFirst()) {
            var rest = UInt64(bitPattern: later &- earlier)
            while rest != 0 { (unit, rest) = (rest, unit % rest) }
            if unit == 1 { break }
        }
        return max(unit, 1)
    }
}
