/// Which numbers of one boot of one machine are stored, exactly, as ranges.
///
/// It answers both questions that the numbers are there for: whether a frame has come before, and which ones are
/// missing. A machine whose frames come in order is one range, however long it runs.
struct SequenceRanges: Sendable, Hashable {
    private(set) var ranges: [ClosedRange<UInt64>]
    /// How many numbers the ranges hold.
    private var count: UInt64
    /// What must be written since `settle`: the first numbers of ranges that are gone, and of those new or longer.
    private(set) var removed: [UInt64] = []
    private(set) var changed: [UInt64] = []

    /// `ranges` in any order.
    ///
    /// Ours never overlap or touch, but a damaged table's may: they are joined, and noted to be written as one.
    init(_ ranges: [ClosedRange<UInt64>] = []) {
        self.ranges = []
        self.ranges.reserveCapacity(ranges.count)
        count = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard let last = self.ranges.last, last.upperBound == .max || range.lowerBound <= last.upperBound + 1 else {
                self.ranges.append(range)
                continue
            }
            self.ranges[self.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            if range.lowerBound != last.lowerBound { removed.append(range.lowerBound) }
            note(last.lowerBound)
        }
        count = self.ranges.reduce(0) { $0 &+ ($1.upperBound - $1.lowerBound) &+ 1 }
    }

    /// Takes a number in; `false` when it was there.
    mutating func insert(_ number: UInt64) -> Bool {
        guard let last = ranges.last else {
            add(number, at: 0)
            return true
        }
        if last.upperBound < number {
            if last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
                note(last.lowerBound)
                count &+= 1
            } else {
                add(number, at: ranges.count)
            }
            return true
        }
        let next = indexOfFirstRange(endingAtOrAfter: number)
        guard !ranges[next].contains(number) else { return false }
        let joinsPrevious = next > 0 && ranges[next - 1].upperBound + 1 == number
        let joinsNext = ranges[next].lowerBound - 1 == number
        switch (joinsPrevious, joinsNext) {
        case (true, true):
            let previous = ranges[next - 1].lowerBound
            removed.append(ranges[next].lowerBound)
            ranges[next - 1] = previous...ranges[next].upperBound
            ranges.remove(at: next)
            note(previous)
            count &+= 1
        case (true, false):
            let previous = ranges[next - 1].lowerBound
            ranges[next - 1] = previous...number
            note(previous)
            count &+= 1
        case (false, true):
            removed.append(ranges[next].lowerBound)
            ranges[next] = number...ranges[next].upperBound
            note(number)
            count &+= 1
        case (false, false):
            add(number, at: next)
        }
        return true
    }

    /// Takes in as many numbers as said behind the last; returns the first of them, `nil` when there are not so many left.
    mutating func append(_ count: Int) -> UInt64? {
        precondition(count > 0)
        guard let last = ranges.last else {
            ranges.append(0...UInt64(count - 1))
            note(0)
            self.count = UInt64(count)
            return 0
        }
        let (end, isTooFar) = last.upperBound.addingReportingOverflow(UInt64(count))
        guard !isTooFar else { return nil }
        ranges[ranges.count - 1] = last.lowerBound...end
        note(last.lowerBound)
        self.count &+= UInt64(count)
        return last.upperBound + 1
    }

    func contains(_ number: UInt64) -> Bool {
        guard let last = ranges.last, number <= last.upperBound else { return false }
        return ranges[indexOfFirstRange(endingAtOrAfter: number)].contains(number)
    }

    /// The ranges that must be written; the ones in `removed` go first.
    var rangesToWrite: [ClosedRange<UInt64>] {
        changed.compactMap { first in
            guard let last = ranges.last, first <= last.upperBound else { return nil }
            let range = ranges[indexOfFirstRange(endingAtOrAfter: first)]
            return range.lowerBound == first ? range : nil
        }
    }

    /// Everything is written.
    mutating func settle() {
        removed.removeAll(keepingCapacity: true)
        changed.removeAll(keepingCapacity: true)
    }

    /// The holes between the ranges.
    var gaps: [ClosedRange<UInt64>] {
        zip(ranges, ranges.dropFirst()).map { ($0.upperBound + 1)...($1.lowerBound - 1) }
    }

    /// How many holes there are.
    var gapCount: Int64 { Int64(max(0, ranges.count - 1)) }

    /// How many numbers lie in the holes; a trillion when there are more. A machine may send any number, and a million boots
    /// that do must still have a sum.
    var missing: Int64 {
        guard let first = ranges.first, let last = ranges.last else { return 0 }
        return Int64(min((last.upperBound - first.lowerBound) &+ 1 &- count, 1_000_000_000_000))
    }

    private mutating func add(_ number: UInt64, at index: Int) {
        ranges.insert(number...number, at: index)
        note(number)
        count &+= 1
    }

    private mutating func note(_ first: UInt64) {
        if changed.last != first { changed.append(first) }
    }

    private func indexOfFirstRange(endingAtOrAfter number: UInt64) -> Int {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
