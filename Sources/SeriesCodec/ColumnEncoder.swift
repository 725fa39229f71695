/// Writes the values of one signal in the rows of a segment.
package struct ColumnEncoder {
    /// In the place of the decimal places: the numbers are the bits of the doubles.
    static let bitPatterns: UInt8 = 255

    private let workspace: SegmentWorkspace

    package init(using workspace: SegmentWorkspace) { self.workspace = workspace }

    /// - Parameters:
    ///   - values: A value for each row; what stands in a row without one is not looked at.
    ///   - presence: Which rows have a value.
    package func encode(
        _ values: UnsafeBufferPointer<Double>, presence: Presence
    ) -> (bytes: [UInt8], statistics: ColumnStatistics) {
        precondition(values.count == presence.rowCount, "a value a row")
        var writer = BlobKind.column.begun(rowCount: values.count)
        presence.append(to: &writer)
        let present = gather(values, presence)
        let scale = appendNumbers(of: present, to: &writer)
        let numbers = UnsafeBufferPointer(start: workspace.numbers, count: present.count)
        NumberSeries.append(numbers, blockSizes: presence.blockSizes, to: &writer, using: workspace)
        var statistics = ColumnStatistics(present)
        if let sum = scale?.sum(of: numbers) { statistics.sum = sum }
        return (writer.sealed(), statistics)
    }

    /// The values of the rows that have one, side by side.
    private func gather(
        _ values: UnsafeBufferPointer<Double>, _ presence: Presence
    ) -> UnsafeBufferPointer<Double> {
        guard let words = presence.words else { return values }
        var count = 0
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                workspace.values[count] = values[index * 64 + rest.trailingZeroBitCount]
                count += 1
                rest &= rest &- 1
            }
        }
        return UnsafeBufferPointer(start: workspace.values, count: count)
    }

    /// Finds the whole numbers for the values, and writes what leads from the ones to the others.
    ///
    /// - Returns: The scale when all values are on it.
    private func appendNumbers(
        of values: UnsafeBufferPointer<Double>, to writer: inout ByteWriter
    ) -> DecimalScale? {
        guard let scale = DecimalScale(fitting: values) else {
            writer.append(ColumnEncoder.bitPatterns)
            for index in 0..<values.count {
                workspace.numbers[index] = Int64(bitPattern: values[index].bitPattern)
            }
            return nil
        }
        let misfits = scale.wholeNumbers(of: values, into: workspace.numbers)
        writer.append(UInt8(scale.places))
        writer.append(varint: UInt64(misfits.count))
        guard !misfits.isEmpty else { return scale }
        NumberList.append(zip(misfits, [-1] + misfits).map { $0 - $1 - 1 }, to: &writer)
        for place in misfits { writer.append(word: values[place].bitPattern, byteCount: 8) }
        return nil
    }
}
