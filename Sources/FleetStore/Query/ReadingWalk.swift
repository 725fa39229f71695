import FleetModel
import SeriesCodec

/// Goes through the readings of one signal of one machine in the order of time, boot and seq.
///
/// Most segments lie one behind the other, so their readings are handed on as they were decoded, many at once. Where they
/// overlap, as late data does, they are merged.
struct ReadingWalk {
    /// Where readings are.
    enum Source {
        case segment(SegmentColumns)
        case head(HeadColumns)
        /// What is kept of readings that are gone, minute by minute or hour by hour.
        case rollup(SegmentColumns, SegmentLevel)

        fileprivate var first: Int64 {
            switch self {
            case .segment(let segment), .rollup(let segment, _): segment.first
            case .head(let head): head.times.first ?? .max
            }
        }

        fileprivate var last: Int64 {
            switch self {
            case .segment(let segment): segment.last
            // Its last minute or hour goes on from there.
            case .rollup(let segment, let level): segment.last + level.length - 1
            case .head(let head): head.times.last ?? .max
            }
        }
    }

    /// Some readings that follow one another.
    enum Part {
        case readings(times: UnsafePointer<Int64>, values: UnsafePointer<Double>, count: Int)
        /// All readings of a segment that lies in one step, or of a minute or an hour, which count where that begins.
        case summary(ColumnSummary, begin: Int64, first: Int64, last: Int64)
    }

    let column: Int
    let from: Int64
    let to: Int64
    let scratch: QueryScratch
    let deadline: ReadDeadline
    /// Those that have the signal, by their first rows, the last first.
    private var waiting: [(source: Source, isSummary: Bool)]
    private var open: [OpenSource] = []
    private var emits = 0

    /// - Parameter sources: in order of their first rows, each with whether its summary will do.
    init(
        _ sources: [(source: Source, isSummary: Bool)], column: Int, from: Int64, to: Int64, scratch: QueryScratch,
        deadline: ReadDeadline
    ) {
        waiting = sources.reversed()
        self.column = column
        self.from = from
        self.to = to
        self.scratch = scratch
        self.deadline = deadline
    }

    /// Which of the sources, in order of their first rows, no other overlaps.
    static func areAlone(_ sources: [Source]) -> [Bool] {
        var end = Int64.min
        var alone: [Bool] = []
        for (index, source) in sources.enumerated() {
            let isBeforeNext = index + 1 == sources.count || source.last < sources[index + 1].first
            alone.append(source.first > end && isBeforeNext)
            end = max(end, source.last)
        }
        return alone
    }

    mutating func forEach(_ body: (Part) throws -> Void) throws {
        while let earliest = try earliest() {
            switch earliest {
            case .summary(let segment, let summary):
                try body(.summary(summary, begin: segment.first, first: segment.first, last: segment.last))
            case .open(let index): try emit(index, body)
            }
        }
    }

    private enum Earliest {
        case summary(SegmentColumns, ColumnSummary)
        case open(Int)
    }

    /// Opens what may have the next reading, and tells where that is; `nil` when there are no more.
    private mutating func earliest() throws -> Earliest? {
        while true {
            let index = try open.indices.min { try open[$0].isBefore(open[$1]) }
            guard let next = waiting.last, index.map({ open[$0].time >= next.source.first }) ?? true else {
                return index.map { .open($0) }
            }
            waiting.removeLast()
            try deadline.check()
            switch next.source {
            case .segment(let segment):
                if next.isSummary, let summary = segment.columns[column]?.statistics {
                    return .summary(segment, summary)
                }
                let source = try OpenSource(segment, column, from: from, to: to, scratch)
                if source.count > 0 { open.append(source) } else { source.close(scratch) }
            case .rollup(let segment, let level):
                let source = try OpenSource(segment, level, column, from: from, to: to, scratch)
                if source.count > 0 { open.append(source) } else { source.close(scratch) }
            case .head(let head):
                let source = OpenSource(head, column, from: from, to: to)
                if source.count > 0 { open.append(source) }
            }
        }
    }

    /// Hands on what comes before everything else.
    private mutating func emit(_ index: Int, _ body: (Part) throws -> Void) throws {
        // Sources that overlap are gone through reading by reading, which may be for long.
        emits &+= 1
        if emits & 1_023 == 0 { try deadline.check() }
        var limit = waiting.last?.source.first ?? .max
        for other in open.indices where other != index { limit = min(limit, open[other].time) }
        let source = open[index]
        var count = source.countBefore(limit)
        // At the very time of another one it is said to be the earliest, one by one.
        if count == 0 { count = 1 }
        if source.isRollup {
            for row in 0..<count { try body(source.summary(row)) }
        } else {
            try body(.readings(times: source.times, values: source.values, count: count))
        }
        source.position += count
        if source.position == source.count {
            source.close(scratch)
            open.remove(at: index)
        }
    }
}

/// A source whose readings are decoded.
private final class OpenSource {
    let count: Int
    var position = 0
    private var buffer: ColumnBuffer
    private let isBorrowed: Bool
    /// What is kept of each minute or hour, in the order of `Rollup.Part`; the counts are the values.
    private var parts: [ColumnBuffer] = []
    /// Microseconds of a minute or hour.
    private var length: Int64 = 0
    private var knownNumbers: (boot: [UInt32], seq: [UInt64])?
    /// Numbers of rows are read only when two readings have one time.
    private let readNumbers: () throws -> (boot: [UInt32], seq: [UInt64])

    init(_ segment: SegmentColumns, _ column: Int, from: Int64, to: Int64, _ scratch: QueryScratch) throws {
        buffer = scratch.buffer()
        isBorrowed = true
        let workspace = scratch.workspace
        let rows = try segment.times(from: from, to: to, into: buffer.times, using: workspace)
        let (count, presence) = try segment.readings(of: column, rows, buffer, using: workspace)
        self.count = count
        readNumbers = {
            var (boot, seq) = try segment.sequence(rows, using: workspace)
            if let words = presence.words {
                boot.withUnsafeMutableBufferPointer { SegmentColumns.compress($0.baseAddress!, rows, words) }
                seq.withUnsafeMutableBufferPointer { SegmentColumns.compress($0.baseAddress!, rows, words) }
            }
            return (boot, seq)
        }
    }

    /// - Parameter column: as of readings; what is kept of it are several.
    init(
        _ segment: SegmentColumns, _ level: SegmentLevel, _ column: Int, from: Int64, to: Int64, _ scratch: QueryScratch
    ) throws {
        let workspace = scratch.workspace
        buffer = scratch.buffer()
        isBorrowed = true
        length = level.length
        let rows = try segment.times(from: from, to: to, into: buffer.times, using: workspace)
        parts = Rollup.Part.allCases.map { _ in scratch.buffer() }
        for (index, part) in parts.enumerated() {
            let place = RollupSignals.place(of: column) + index
            if try !segment.values(of: place, rows, into: part.values, using: workspace) {
                part.values.update(repeating: .nan, count: rows.count)
            }
        }
        // Minutes in which the signal was not read have no count.
        var next = 0
        for row in 0..<rows.count where parts[0].values[row] > 0 {
            buffer.times[next] = buffer.times[row]
            for part in parts { part.values[next] = part.values[row] }
            next += 1
        }
        count = next
        readNumbers = { (Array(repeating: 0, count: next), Array(repeating: 0, count: next)) }
    }

    init(_ head: HeadColumns, _ column: Int, from: Int64, to: Int64) {
        let said = head.columns[column]
        let places = said.rows.indices.filter {
            let time = head.times[Int(said.rows[$0])]
            return time >= from && time < to
        }
        let rows = places.map { Int(said.rows[$0]) }
        buffer = ColumnBuffer(capacity: rows.count)
        isBorrowed = false
        count = rows.count
        for (index, row) in rows.enumerated() {
            buffer.times[index] = head.times[row]
            buffer.values[index] = said.values[places[index]]
        }
        readNumbers = { (rows.map { head.boot[$0] }, rows.map { head.seq[$0] }) }
    }

    var times: UnsafePointer<Int64> { UnsafePointer(buffer.times + position) }
    var values: UnsafePointer<Double> { UnsafePointer(buffer.values + position) }
    var time: Int64 { buffer.times[position] }

    var isRollup: Bool { !parts.isEmpty }

    /// What is kept of one of the next minutes or hours.
    func summary(_ row: Int) -> ReadingWalk.Part {
        let index = position + row
        // More than any machine says in an hour, or outside of it, is damage, and must not trap, nor their sum.
        let count = Int(exactly: parts[0].values[index].rounded()) ?? 0
        var summary = ColumnSummary(count: (0...1 << 40).contains(count) ? count : 0)
        summary.minimum = parts[1].values[index]
        summary.maximum = parts[2].values[index]
        summary.sum = parts[3].values[index]
        summary.first = parts[4].values[index]
        summary.last = parts[5].values[index]
        let begin = buffer.times[index]
        func time(_ after: Double) -> Int64 { begin &+ (after >= 0 && after < Double(length) ? Int64(after) : 0) }
        return .summary(
            summary, begin: begin, first: time(parts[6].values[index]), last: time(parts[7].values[index]))
    }

    func isBefore(_ other: OpenSource) throws -> Bool {
        guard time == other.time else { return time < other.time }
        let (boot, seq) = try numbers()
        let (otherBoot, otherSeq) = try other.numbers()
        return (boot[position], seq[position]) < (otherBoot[other.position], otherSeq[other.position])
    }

    private func numbers() throws -> (boot: [UInt32], seq: [UInt64]) {
        if let knownNumbers { return knownNumbers }
        let numbers = try readNumbers()
        knownNumbers = numbers
        return numbers
    }

    /// How many of the next readings are before `limit`.
    func countBefore(_ limit: Int64) -> Int {
        if buffer.times[count - 1] < limit { return count - position }
        var range = position..<count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = buffer.times[middle] < limit ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound - position
    }

    func close(_ scratch: QueryScratch) {
        if isBorrowed { scratch.giveBack(buffer) }
        parts.forEach(scratch.giveBack)
    }
}
