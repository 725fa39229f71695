import SeriesCodec

extension SegmentDirectory {
    /// Where the rows lie, and the columns of some signals, in their order; `nil` for those that it does not have.
    static func columns(
        of wanted: [Int64], in bytes: UnsafeRawBufferPointer
    ) throws(Damage) -> (rows: Place, columns: [Column?]) {
        var reader = try ByteReader.body(of: bytes, version: SegmentDirectory.version)
        let rows = try reader.place()
        _ = try reader.place()
        var columns = [Column?](repeating: nil, count: wanted.count)
        var signal: Int64 = 0
        for _ in 0..<(try reader.count(of: "columns")) {
            signal &+= try reader.signed()
            let place = try reader.place()
            let count = try reader.count(atMost: SegmentLimits.rows, of: "values")
            if let index = wanted.firstIndex(of: signal) {
                var statistics = ColumnSummary(count: count)
                for place in ColumnSummary.places { statistics[keyPath: place] = try reader.value() }
                columns[index] = Column(signal: signal, place: place, statistics: statistics)
            } else {
                for _ in ColumnSummary.places where try reader.varint() & 7 == 7 { _ = try reader.word() }
            }
        }
        return (rows, columns)
    }
}
