/// Which rows of a segment have a value of a signal.
package struct Presence: Hashable, Sendable {
    package let rowCount: Int

    /// A bit a row, least significant first, no bit set beyond the last row; `nil` when every row has a value.
    package private(set) var words: [UInt64]?

    /// Every one of `rowCount` rows has a value.
    package static func all(_ rowCount: Int) -> Presence { Presence(rowCount: rowCount, words: nil) }

    /// The rows whose element is true have a value.
    package init(_ rows: some Sequence<Bool>) {
        var words: [UInt64] = []
        var count = 0
        for isPresent in rows {
            if count % 64 == 0 { words.append(0) }
            if isPresent { words[count / 64] |= 1 << UInt64(count % 64) }
            count += 1
        }
        self.init(rowCount: count, words: words)
    }

    /// A bit a row, least significant first. Bits beyond the last row are ignored.
    package init(rowCount: Int, bitmap: [UInt64]) {
        precondition(rowCount >= 0 && bitmap.count == (rowCount + 63) / 64, "a bitmap has 64 rows in a word")
        var words = bitmap
        if rowCount % 64 > 0 { words[words.count - 1] &= UInt64.max >> UInt64(64 - rowCount % 64) }
        self.init(rowCount: rowCount, words: words)
    }

    private init(rowCount: Int, words: [UInt64]?) {
        self.rowCount = rowCount
        let count = words?.reduce(0) { $0 + $1.nonzeroBitCount }
        self.words = count == rowCount ? nil : words
    }

    package var isComplete: Bool { words == nil }

    /// How many rows have a value.
    package var valueCount: Int { rank(of: rowCount) }

    package subscript(row: Int) -> Bool {
        precondition(row >= 0 && row < rowCount)
        guard let words else { return true }
        return words[row / 64] >> UInt64(row % 64) & 1 == 1
    }

    /// How many rows before `row` have a value.
    package func rank(of row: Int) -> Int {
        precondition(row >= 0 && row <= rowCount)
        guard let words else { return row }
        var rank = 0
        for word in words[..<(row / 64)] { rank += word.nonzeroBitCount }
        if row % 64 > 0 { rank += (words[row / 64] & (UInt64.max >> UInt64(64 - row % 64))).nonzeroBitCount }
        return rank
    }

    /// How many values each block of rows has.
    var blockSizes: [Int] {
        var before = 0
        return stride(from: 0, to: rowCount, by: SegmentLimits.blockRows).map { start in
            let after = rank(of: min(start + SegmentLimits.blockRows, rowCount))
            defer { before = after }
            return after - before
        }
    }
}
