/// When the rows of a segment were measured, as counts of the longest unit that fits all: two or four bytes a row, in
/// which a time is found without decoding anything.
struct RowTimes: Sendable {
    private let first: Int64
    private let unit: Int64
    /// One of the two has all rows, the other none.
    private let short: [UInt16]
    private let long: [UInt32]
    let rowCount: Int

    /// Whether the counts of such times go into four bytes.
    static func mayCount(from first: Int64, through last: Int64, unit: UInt64) -> Bool {
        let (length, isTooLong) = last.subtractingReportingOverflow(first)
        return !isTooLong && length >= 0 && length < 1 << 52 && unit > 0 && UInt64(length) / unit <= UInt32.max
    }

    /// `nil` when they do not.
    ///
    /// - Parameters:
    ///   - times: of all rows, in order.
    ///   - unit: what all of them are multiples of, counted from the first.
    init?(_ times: UnsafeBufferPointer<Int64>, unit: UInt64) {
        guard let first = times.first, let last = times.last, let unit = Int64(exactly: unit),
            RowTimes.mayCount(from: first, through: last, unit: UInt64(unit))
        else { return nil }
        self.first = first
        self.unit = unit
        rowCount = times.count
        // Of such numbers the product with the inverse is right but for the last bits, and faster than a division.
        let inverse = 1 / Double(unit)
        func count(_ time: Int64) -> Int64 { Int64((Double(time &- first) * inverse).rounded()) }
        if (last - first) / unit <= Int64(UInt16.max) {
            short = times.map { UInt16(truncatingIfNeeded: count($0)) }
            long = []
        } else {
            short = []
            long = times.map { UInt32(truncatingIfNeeded: count($0)) }
        }
    }

    var byteCount: Int { short.count * 2 + long.count * 4 }

    @inline(__always) private func count(_ row: Int) -> Int64 {
        long.isEmpty ? Int64(short[row]) : Int64(long[row])
    }

    subscript(row: Int) -> Int64 { first &+ count(row) &* unit }

    /// The rows measured at `start` or later and before `end`.
    func rows(from start: Int64, until end: Int64) -> Range<Int> {
        let lower = firstRow(notBefore: start)
        return lower..<max(lower, firstRow(notBefore: end))
    }

    func copy(_ rows: Range<Int>, to target: UnsafeMutablePointer<Int64>) {
        let (first, unit, start) = (first, unit, rows.lowerBound)
        if long.isEmpty {
            short.withUnsafeBufferPointer { counts in
                for index in 0..<rows.count { target[index] = first &+ Int64(counts[start &+ index]) &* unit }
            }
        } else {
            long.withUnsafeBufferPointer { counts in
                for index in 0..<rows.count { target[index] = first &+ Int64(counts[start &+ index]) &* unit }
            }
        }
    }

    private func firstRow(notBefore time: Int64) -> Int {
        guard rowCount > 0, time > self[0] else { return 0 }
        guard time <= self[rowCount - 1] else { return rowCount }
        var range = 0..<rowCount
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = self[middle] < time ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }
}

/// When rows were measured, from what is at hand.
enum RowClock {
    case counted(RowTimes)
    /// The times of the rows from one on.
    case listed(UnsafePointer<Int64>, from: Int)

    @inline(__always) func time(of row: Int) -> Int64 {
        switch self {
        case .counted(let times): times[row]
        case .listed(let times, let start): times[row - start]
        }
    }

    /// The first of `rows` that is not before `time`, else their end; quick when it is one of the first.
    func firstRow(notBefore time: Int64, in rows: Range<Int>) -> Int {
        guard !rows.isEmpty, self.time(of: rows.lowerBound) < time else { return rows.lowerBound }
        var low = rows.lowerBound
        var stride = 1
        while low + stride < rows.upperBound, self.time(of: low + stride) < time {
            low += stride
            stride *= 2
        }
        var high = min(low + stride, rows.upperBound)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if self.time(of: middle) < time { low = middle } else { high = middle }
        }
        return high
    }
}
