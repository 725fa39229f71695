/// Percentiles of some values, exactly: the value at the place `part / 100 × (count - 1)` of them in order, and between two
/// places what lies between their values in proportion. Values that are no numbers do not count.
enum Percentile {
    /// Puts `values` in order and answers for each part; NaN when there is no number.
    static func of(_ values: UnsafeMutableBufferPointer<Double>, _ parts: [Double]) -> [Double] {
        var count = 0
        for index in values.indices where !values[index].isNaN {
            values[count] = values[index]
            count += 1
        }
        guard count > 0 else { return parts.map { _ in .nan } }
        var numbers = UnsafeMutableBufferPointer(rebasing: values[..<count])
        numbers.sort()
        return parts.map { part in
            let place = part / 100 * Double(count - 1)
            let index = min(Int(place), count - 1)
            let (lower, upper) = (numbers[index], numbers[min(index + 1, count - 1)])
            // Of two infinite ones there is nothing in between.
            return lower == upper ? lower : lower + (upper - lower) * (place - Double(index))
        }
    }
}
