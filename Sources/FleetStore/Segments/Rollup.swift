import FleetModel
import SeriesCodec

/// What is kept of readings that are too old to be kept one by one: of each signal and minute, or hour, how many there were,
/// the smallest, the largest, their sum, the first and the last.
///
/// A minute may lie in several segments, each with a part of it; who reads them puts the parts together.
struct Rollup: Sendable {
    /// A column of a rollup's segment has the number of its signal's row times 8, and one of these.
    enum Part: Int64, CaseIterable {
        case count, minimum, maximum, sum, first, last
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

        init() {}

        init(_ value: Double) {
            count = 1
            (minimum, maximum, sum, first, last) = (value, value, value, value, value)
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
                }
            }
        }

        /// Adds what came later.
        mutating func add(_ later: Summary) {
            guard later.count > 0 else { return }
            if count == 0 { first = later.first }
            count += later.count
            // What is not a number loses against what is.
            if !(minimum <= later.minimum), later.minimum == later.minimum { minimum = later.minimum }
            if !(maximum >= later.maximum), later.maximum == later.maximum { maximum = later.maximum }
            sum += later.sum
            last = later.last
        }
    }

    /// A summary and when its first and last values were read. What comes late lies in a segment of its own, so the
    /// parts of a minute come in any order.
    private struct Partial {
        private(set) var summary = Summary()
        private var firstAt = Int64.max
        private var lastAt = Int64.min

        mutating func add(_ other: Summary, at time: Int64) {
            guard other.count > 0 else { return }
            let last = summary.last
            summary.add(other)
            if time < firstAt {
                summary[.first] = other.first
                firstAt = time
            }
            if time < lastAt { summary[.last] = last } else { lastAt = time }
        }
    }

    let level: SegmentLevel
    /// By the signals' rows and the starts of the minutes or hours, microseconds.
    private var signals: [Int64: [Int64: Partial]] = [:]

    init(_ level: SegmentLevel) { self.level = level }

    /// Adds readings.
    mutating func add(_ frames: [Frame], row: (Signal) throws -> Int64) rethrows {
        var rows: [Signal: Int64] = [:]
        for frame in frames {
            let start = level.start(of: frame.observedAt.microseconds)
            for reading in frame.readings {
                let signal: Int64
                if let known = rows[reading.signal] {
                    signal = known
                } else {
                    signal = try row(reading.signal)
                    rows[reading.signal] = signal
                }
                signals[signal, default: [:]][start, default: Partial()]
                    .add(Summary(reading.value), at: frame.observedAt.microseconds)
            }
        }
    }

    /// Adds what a segment of this level, or of a finer one, has kept. Of the parts of one minute, which say no times,
    /// the one that is added first is taken for the earlier.
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
                for part in parts { summary[part.part] = part.values[row] }
                signals[signal, default: [:]][level.start(of: time), default: Partial()].add(summary, at: time)
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
            let rows = starts.map { summaries[$0]?.summary }
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
