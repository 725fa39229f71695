/// The values of a column, decoded and kept to be looked at again: whole numbers counted from the smallest, one, two or
/// four bytes a row. Any row is read without those beside it.
package struct CountedColumn: Sendable {
    /// Which rows have a value.
    package let presence: Presence

    private let scale: DecimalScale
    /// 0 for a row without a value, else the number is `base` more.
    private let counts: Counts
    private let base: Int64

    private enum Counts {
        case bytes([UInt8])
        case shorts([UInt16])
        case words([UInt32])
    }

    /// `nil` when its values are not all on one scale, or lie too far apart.
    package init?(_ decoder: ColumnDecoder) throws(Damage) {
        guard let scale = decoder.scaleOfAll else { return nil }
        let presence = decoder.presence
        let made = try decoder.withNumbers { numbers in CountedColumn.counts(of: numbers, presence) }
        guard let (counts, base) = made else { return nil }
        self.scale = scale
        self.presence = presence
        self.counts = counts
        self.base = base
    }

    private static func counts(
        of numbers: UnsafeBufferPointer<Int64>, _ presence: Presence
    ) -> (Counts, base: Int64)? {
        guard let smallest = numbers.min(), let largest = numbers.max() else { return nil }
        let (range, isTooWide) = largest.subtractingReportingOverflow(smallest)
        let (base, isTooLow) = smallest.subtractingReportingOverflow(1)
        guard !isTooWide, !isTooLow, range < UInt32.max else { return nil }
        if range < UInt8.max { return (.bytes(spread(numbers, base, presence)), base) }
        if range < UInt16.max { return (.shorts(spread(numbers, base, presence)), base) }
        return (.words(spread(numbers, base, presence)), base)
    }

    private static func spread<Count: FixedWidthInteger>(
        _ numbers: UnsafeBufferPointer<Int64>, _ base: Int64, _ presence: Presence
    ) -> [Count] {
        guard let words = presence.words else { return numbers.map { Count(truncatingIfNeeded: $0 &- base) } }
        var counts = [Count](repeating: 0, count: presence.rowCount)
        var next = 0
        for row in 0..<presence.rowCount where words[row / 64] >> UInt64(row % 64) & 1 == 1 {
            counts[row] = Count(truncatingIfNeeded: numbers[next] &- base)
            next += 1
        }
        return counts
    }

    package var byteCount: Int {
        let bitmap = (presence.words?.count ?? 0) * 8
        return switch counts {
        case .bytes(let counts): bitmap + counts.count
        case .shorts(let counts): bitmap + counts.count * 2
        case .words(let counts): bitmap + counts.count * 4
        }
    }

    /// The values of `rows`, NaN for those without one: `values[0]` becomes that of the first of them.
    package func decode(_ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Double>) {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= presence.rowCount && values.count >= rows.count)
        guard let target = values.baseAddress else { return }
        switch counts {
        case .bytes(let counts): fill(target, from: counts, rows)
        case .shorts(let counts): fill(target, from: counts, rows)
        case .words(let counts): fill(target, from: counts, rows)
        }
    }

    @inline(__always) private func fill<Count: FixedWidthInteger>(
        _ target: UnsafeMutablePointer<Double>, from counts: [Count], _ rows: Range<Int>
    ) {
        let (scale, base, start) = (scale, base, rows.lowerBound)
        counts.withUnsafeBufferPointer { counts in
            for index in 0..<rows.count {
                let count = counts[start &+ index]
                let value = scale.value(of: base &+ Int64(truncatingIfNeeded: count))
                target[index] = count == 0 ? .nan : value
            }
        }
    }

    /// The values that `rows` have, side by side; returns how many they are.
    package func decodePresent(_ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Double>) -> Int {
        decode(rows, into: values)
        guard let words = presence.words, let target = values.baseAddress else { return rows.count }
        var next = 0
        for row in rows where words[row / 64] >> UInt64(row % 64) & 1 == 1 {
            target[next] = target[row - rows.lowerBound]
            next += 1
        }
        return next
    }
}
