/// What rows said beside their values, as runs of rows that said the same: a machine has one driver for a day.
struct TagRuns: Sendable {
    struct Run {
        var rows: Range<Int>
        /// What was said: a place among `sets`.
        var set: Int
        /// A row of the sets of tags; NaN for none.
        var value: Double
    }

    /// Where each run ends.
    private let ends: [Int32]
    /// What each run says: a place among `sets`.
    private let said: [Int32]
    /// The sets of tags that there are, each once.
    let sets: [Double]

    /// All rows say nothing.
    init(none rowCount: Int) {
        ends = [Int32(rowCount)]
        said = [0]
        sets = [.nan]
    }

    init(_ tags: UnsafeBufferPointer<Double>) {
        var ends: [Int32] = []
        var said: [Int32] = []
        var sets: [Double] = []
        var places: [UInt64: Int32] = [:]
        var start = 0
        while start < tags.count {
            let bits = tags[start].bitPattern
            var end = start + 1
            while end < tags.count, tags[end].bitPattern == bits { end += 1 }
            ends.append(Int32(end))
            let place = places[bits] ?? Int32(sets.count)
            if place == sets.count {
                places[bits] = place
                sets.append(tags[start])
            }
            said.append(place)
            start = end
        }
        self.ends = ends
        self.said = said
        self.sets = sets
    }

    var byteCount: Int { ends.count * 8 + sets.count * 8 }

    private func run(_ rows: Range<Int>, _ index: Int) -> Run {
        let set = Int(said[index])
        return Run(rows: rows, set: set, value: sets[set])
    }

    /// The runs of some rows, in order.
    func forEach(in rows: Range<Int>, _ body: (Run) throws -> Void) rethrows {
        guard !rows.isEmpty else { return }
        var index = place(of: rows.lowerBound)
        var start = rows.lowerBound
        while start < rows.upperBound {
            let end = min(Int(ends[index]), rows.upperBound)
            try body(run(start..<end, index))
            start = end
            index += 1
        }
    }

    /// The runs of some rows, the last first, until `body` returns false.
    func forEachBackwards(in rows: Range<Int>, _ body: (Run) throws -> Bool) rethrows {
        guard !rows.isEmpty else { return }
        var index = place(of: rows.upperBound - 1)
        var end = rows.upperBound
        while end > rows.lowerBound {
            let start = max(index > 0 ? Int(ends[index - 1]) : 0, rows.lowerBound)
            guard try body(run(start..<end, index)) else { return }
            end = start
            index -= 1
        }
    }

    /// The run that a row is in.
    private func place(of row: Int) -> Int {
        var range = 0..<ends.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = Int(ends[middle]) <= row ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }
}
