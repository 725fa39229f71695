/// What is known of a column without reading it.
package struct ColumnStatistics: Hashable, Sendable {
    /// How many rows have a value.
    package private(set) var count = 0
    /// The smallest and the largest value that is a number; NaN when there is none. Of 0 and −0 it is the first.
    package private(set) var minimum = Double.nan
    package private(set) var maximum = Double.nan
    /// The sum of all values, to about the last bit of a double; that of decimals as if they had been added on paper.
    /// NaN when a value is NaN or both infinities occur: then only the values themselves tell.
    package internal(set) var sum = 0.0
    /// The value of the first and of the last row that has one; NaN when there is none.
    package private(set) var first = Double.nan
    package private(set) var last = Double.nan

    package init(_ values: UnsafeBufferPointer<Double>) {
        count = values.count
        guard let first = values.first, let last = values.last else { return }
        self.first = first
        self.last = last
        var smallest = Double.infinity
        var largest = -Double.infinity
        var hasNumber = false
        var sum = 0.0
        // What rounding takes from the sum (Neumaier 1974): 65,536 roundings would be seen in a mean.
        var lost = 0.0
        for index in 0..<values.count {
            let value = values[index]
            smallest = value < smallest ? value : smallest
            largest = value > largest ? value : largest
            hasNumber = hasNumber || value == value
            let next = sum + value
            lost += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
            sum = next
        }
        self.sum = sum.isFinite ? sum + lost : sum
        if hasNumber {
            minimum = smallest
            maximum = largest
        }
    }
}
