import Support
import Testing

@testable import FleetStore

@Suite("Sequence ranges")
struct SequenceRangesTests {
    @Test("they hold exactly what was put in, whatever the order", arguments: 0..<200 as Range<UInt64>)
    func sameAsSet(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let base: UInt64 = seed % 3 == 0 ? UInt64.max - 60 : seed % 3 == 1 ? 0 : UInt64(Int64.max) - 30
        var ranges = SequenceRanges()
        var expected: Set<UInt64> = []
        var stored: [UInt64: UInt64] = [:]
        for _ in 0..<120 {
            let number = base + UInt64.random(in: 0...60, using: &generator)
            let wasThere = ranges.contains(number)
            let isNew = ranges.insert(number)
            let isExpected = expected.insert(number).inserted
            #expect(isNew == isExpected)
            #expect(wasThere != isExpected)
            guard Int.random(in: 0...4, using: &generator) == 0 else { continue }
            for first in ranges.removed { stored[first] = nil }
            for range in ranges.rangesToWrite { stored[range.lowerBound] = range.upperBound }
            ranges.settle()
            #expect(SequenceRanges(stored.map { $0...$1 }).ranges == ranges.ranges, "seed \(seed)")
        }
        let held = Set(ranges.ranges.flatMap { Array($0) })
        #expect(held == expected, "seed \(seed)")
        #expect(ranges.missing == ranges.gaps.reduce(0) { $0 + Int64($1.count) })
        #expect(ranges.gapCount == Int64(ranges.gaps.count))
        #expect(zip(ranges.ranges, ranges.ranges.dropFirst()).allSatisfy { $0.upperBound + 1 < $1.lowerBound })
    }

    @Test("a number that is there is refused, at both ends and within", arguments: [5, 6, 7] as [UInt64])
    func duplicates(number: UInt64) {
        var ranges = SequenceRanges([5...7])
        let isNew = ranges.insert(number)
        #expect(!isNew)
        #expect(ranges.rangesToWrite.isEmpty)
    }

    @Test(
        "ranges that overlap, touch or repeat are joined, and written as one",
        arguments: [
            (given: [5...10, 7...20], joined: [5...20], removed: [7]),
            (given: [7...8, 5...20], joined: [5...20], removed: [7]),
            (given: [1...2, 3...4, 6...7], joined: [1...4, 6...7], removed: [3]),
            (given: [0...UInt64.max, 5...UInt64.max], joined: [0...UInt64.max], removed: [5]),
            (given: [1...2, 4...5], joined: [1...2, 4...5], removed: []),
        ] as [(given: [ClosedRange<UInt64>], joined: [ClosedRange<UInt64>], removed: [UInt64])])
    func overlapping(given: [ClosedRange<UInt64>], joined: [ClosedRange<UInt64>], removed: [UInt64]) {
        let ranges = SequenceRanges(given)
        #expect(ranges.ranges == joined)
        #expect(ranges.removed == removed)
        #expect(ranges.rangesToWrite == (removed.isEmpty ? [] : [joined[0]]))
        #expect(ranges.missing == ranges.gaps.reduce(0) { $0 + Int64($1.count) })
    }

    @Test("the whole range of numbers does not trap")
    func extremes() {
        var ranges = SequenceRanges()
        let inserted = [0, .max, 0, .max].map { ranges.insert($0) }
        #expect(inserted == [true, true, false, false])
        #expect(ranges.gaps == [1...UInt64.max - 1])
        #expect(ranges.append(1) == nil)
        _ = ranges.insert(.max - 1)
        #expect(ranges.ranges == [0...0, UInt64.max - 1...UInt64.max])
    }
}
