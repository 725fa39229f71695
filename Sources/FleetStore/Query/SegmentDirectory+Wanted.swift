import SeriesCodec

extension SegmentDirectory {
    /// Where the rows lie, and the columns of some signals, in their order; `nil` for those that it does not have.
    static func columns(
        of wanted: [Int64], in bytes: UnsafeRawBufferPointer
    ) throws(Damage) -> (rows: Place, columns: [Column?]) {
        var reader = try DirectoryReader(bytes)
        var columns = [Column?](repeating: nil, count: wanted.count)
        while let head = try reader.nextColumn() {
            if let index = wanted.firstIndex(of: head.signal) {
                columns[index] = Column(
                    signal: head.signal, place: head.place,
                    statistics: try ColumnSummary(count: head.count, from: &reader.bytes))
            } else {
                try ColumnSummary.skip(&reader.bytes)
            }
        }
        return (reader.rows, columns)
    }
}
