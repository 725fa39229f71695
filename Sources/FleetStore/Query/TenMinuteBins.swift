import FleetModel

/// Sums and counts of values by groups of rows and by ten minutes, counted from 1970.
struct TenMinuteBins {
    static let length: Int64 = 600_000_000

    /// When the first ten minutes begin.
    let start: Int64
    let count: Int
    /// Of each group, ten minutes by ten minutes.
    private(set) var sums: [Double] = []
    private(set) var counts: [Int] = []
    /// How many values are not 0.
    private(set) var others: [Int] = []

    /// For times from `first` to `last`, both included.
    init(from first: Int64, through last: Int64) {
        start = first.flooredDivision(by: TenMinuteBins.length) * TenMinuteBins.length
        count = Int((last - start) / TenMinuteBins.length) + 1
    }

    func time(of bin: Int) -> Int64 { start + Int64(bin) * TenMinuteBins.length }

    var groupCount: Int { count == 0 ? 0 : counts.count / count }

    /// Adds the values of rows to a group, but not NaN, in their order.
    ///
    /// - Parameter values: by the numbers of their rows.
    mutating func add(
        _ values: UnsafePointer<Double>, _ rows: Range<Int>, _ clock: RowClock, to group: Int, wantsOthers: Bool = false
    ) {
        grow(to: group + 1)
        var row = rows.lowerBound
        while row < rows.upperBound {
            let bin = Int((clock.time(of: row) - start) / TenMinuteBins.length)
            let end = clock.firstRow(notBefore: time(of: bin + 1), in: row..<rows.upperBound)
            let index = group * count + bin
            var sum = sums[index]
            var number = 0
            for place in row..<end {
                let value = values[place]
                guard value == value else { continue }
                sum += value
                number &+= 1
            }
            sums[index] = sum
            counts[index] += number
            if wantsOthers {
                for place in row..<end where values[place] == values[place] && values[place] != 0 { others[index] += 1 }
            }
            row = end
        }
    }

    /// Adds what another has of one of its groups.
    mutating func merge(_ other: TenMinuteBins, group: Int, into place: Int) {
        grow(to: place + 1)
        for bin in 0..<count {
            sums[place * count + bin] += other.sums[group * count + bin]
            counts[place * count + bin] += other.counts[group * count + bin]
            others[place * count + bin] += other.others[group * count + bin]
        }
    }

    private mutating func grow(to groups: Int) {
        let more = groups * count - counts.count
        guard more > 0 else { return }
        sums += repeatElement(0, count: more)
        counts += repeatElement(0, count: more)
        others += repeatElement(0, count: more)
    }

    /// `nil` for ten minutes without a value.
    func mean(_ group: Int, _ bin: Int) -> Double? {
        let index = group * count + bin
        return counts[index] > 0 ? sums[index] / Double(counts[index]) : nil
    }

    func valueCount(_ group: Int, _ bin: Int) -> Int { counts[group * count + bin] }
    func otherCount(_ group: Int, _ bin: Int) -> Int { others[group * count + bin] }
}
