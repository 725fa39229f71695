import FleetModel
import SeriesCodec

/// What is kept of readings that are too old to be kept one by one: of each signal and minute, or hour, how many there were,
/// the smallest, the largest, their sum, the first and the last.
///
/// A minute may lie in several segments, each with a part of it; who reads them puts the parts together, in any order,
/// because each says when its first and last values were read.
struct Rollup: Sendable {
    /// A column of a rollup's segment has the number of its signal's row times 8, and one of these. The last two are
    /// microseconds after the minute or hour began.
    enum Part: Int64, CaseIterable {
        case count, minimum, maximum, sum, first, last, firstAt, lastAt
    }

    /// The row of the signal that a column is of.
    static func signal(ofColumn number: Int64) -> Int64 { number >> 3 }

    /// What is known of one signal in one minute or hour.
    struct Summary: Hashable, Sendable {
        private(set) var count = 0.0
        /// NaN when no value is a number.
        private(set) var minimum = Double.nan
        private(set) var maximum = Double.nan
        private(set) var sum = 0.0
        private(set) var first = Double.nan
        private(set) var last = Double.nan
        private(set) var firstAt = Double.infinity
        private(set) var lastAt = -Double.infinity

        init() {}

        /// - Parameter microseconds: after the minute or hour began.
        init(_ value: Double, at microseconds: Int64) {
            count = 1
            (minimum, maximum, sum, first, last) = (value, value, value, value, value)
            (firstAt, lastAt) = (Double(microseconds), Double(microseconds))
        }

        subscript(part: Part) -> Double {
            get {
                switch part {
                case .count: count
                case .minimum: minimum
                case .maximum: maximum
                case .sum: sum
                case .first: first
                case .last: last
                case .firstAt: firstAt
                case .lastAt: lastAt
                }
            }
            set {
                switch part {
                case .count: count = newValue
                case .minimum: minimum = newValue
                case .maximum: maximum = newValue
                case .sum: sum = newValue
                case .first: first = newValue
                case .last: last = newValue
                case .firstAt: firstAt = newValue
                case .lastAt: lastAt = newValue
                }
            }
        }

        /// Adds another part. Of values read at one time the one that was added first is the first.
        ///
        /// - Parameter delay: microseconds by which the other's minute began later.
        mutating func add(_ other: Summary, after delay: Int64 = 0) {
            guard other.count > 0 else { return }
            count += other.count
            // What is not a number loses against what is.
            if !(minimum <= other.minimum), other.minimum == other.minimum { minimum = other.minimum }
            if !(maximum >= other.maximum), other.maximum == other.maximum { maximum = other.maximum }
            sum += other.sum
            let (otherFirst, otherLast) = (other.firstAt + Double(delay), other.lastAt + Double(delay))
            if otherFirst < firstAt { (first, firstAt) = (other.first, otherFirst) }
            if otherLast >= lastAt { (last, lastAt) = (other.last, otherLast) }
        }
    }

    let level: SegmentLevel
    /// By the signals' rows and the starts of the minutes or hours, microseconds.
    private var signals: [Int64: [Int64: Summary]] = [:]

    init(_ level: SegmentLevel) { self.level = level }

    /// Adds readings.
    mutating func add(_ frames: [Frame], row: (Signal) throws -> Int64) rethrows {
        var rows: [Signal: Int64] = [:]
        for frame in frames {
            let time = frame.observedAt.microseconds
            let start = level.start(of: time)
            for reading in frame.readings {
                let signal: Int64
                if let known = rows[reading.signal] {
                    signal = known
                } else {
                    signal = try row(reading.signal)
                    rows[reading.signal] = signal
                }
                signals[signal, default: [:]][start, default: Summary()].add(Summary(reading.value, at: time - start))
            }
        }
    }

    /// Adds what a segment of this level, or of a finer one, has kept.
    mutating func add(_ segment: StoredSegment, _ reader: SegmentReader) throws {
        var columns: [Int64: [(part: Part, values: [Double], presence: Presence)]] = [:]
        let times = try reader.columns(of: segment) { number, values, presence in
            guard let part = Part(rawValue: number & 7) else {
                throw Damage("it keeps what this program does not know")
            }
            columns[Rollup.signal(ofColumn: number), default: []].append((part, values, presence))
        }
        for (signal, parts) in columns {
            for (row, time) in times.enumerated() where parts[0].presence[row] {
                var summary = Summary()
                // A damaged segment may lack these two.
                (summary[.firstAt], summary[.lastAt]) = (0, 0)
                for part in parts { summary[part.part] = part.values[row] }
                let start = level.start(of: time)
                signals[signal, default: [:]][start, default: Summary()].add(summary, after: time - start)
            }
        }
    }

    /// All of it, as segments of a machine.
    func segments(of machine: Int64) -> [Segment] {
        let starts = Set(signals.values.flatMap(\.keys)).sorted()
        return Segment.cuts(of: starts.count, signals: signals.count, time: { starts[$0] }).map {
            segment(of: starts[$0], machine)
        }
    }

    private func segment(of starts: ArraySlice<Int64>, _ machine: Int64) -> Segment {
        let workspace = SegmentWorkspace()
        var chunks = ChunkPacker()
        let nothing = SegmentRows(
            observedAt: Array(starts), boot: Array(repeating: 0, count: starts.count),
            seq: Array(repeating: 0, count: starts.count))
        var directory = SegmentDirectory(rows: chunks.add(RowsEncoder(using: workspace).encode(nothing)))
        let encoder = ColumnEncoder(using: workspace)
        for (signal, summaries) in signals.sorted(by: { $0.key < $1.key }) {
            let rows = starts.map { summaries[$0] }
            let presence = Presence(rows.map { $0 != nil })
            guard presence.valueCount > 0 else { continue }
            for part in Part.allCases {
                let values = rows.map { $0?[part] ?? 0 }
                let (bytes, statistics) = values.withUnsafeBufferPointer { encoder.encode($0, presence: presence) }
                directory.columns.append(
                    SegmentDirectory.Column(
                        signal: signal << 3 | part.rawValue, place: chunks.add(bytes),
                        statistics: ColumnSummary(statistics)))
            }
        }
        let last = Timestamp(microseconds: starts.last! + level.length - 1)
        return Segment(
            machine: machine, level: level, first: Timestamp(microseconds: starts.first!), last: last,
            rowCount: starts.count, directory: directory, chunks: chunks.chunks)
    }
}

extension SegmentLevel {
    /// Microseconds that a row stands for; 0 for readings, which stand for an instant.
    var length: Int64 {
        switch self {
        case .readings: 0
        case .minutes: 60_000_000
        case .hours: 3_600_000_000
        }
    }

    /// Where the row begins in which `time` lies.
    func start(of time: Int64) -> Int64 {
        guard length > 0 else { return time }
        let rest = time % length
        return time - (rest < 0 ? rest + length : rest)
    }

    /// What readings of this level become when they are too old for it.
    var coarser: SegmentLevel? { SegmentLevel(rawValue: rawValue + 1) }
}
