import FleetModel
import SeriesCodec

/// What of a machine's head is wanted, in order of time, boot and seq.
struct HeadColumns: Sendable {
    /// The readings of one signal.
    struct Column: Sendable {
        /// In which rows they are, in order.
        fileprivate(set) var rows: [Int32] = []
        fileprivate(set) var values: [Double] = []
    }

    private(set) var times: [Int64] = []
    private(set) var boot: [UInt32] = []
    private(set) var seq: [UInt64] = []
    /// By the wanted signals, empty for one that was not sent: a machine may know a thousand, and send one at a time.
    private(set) var columns: [Column]

    var isEmpty: Bool { times.isEmpty }
    var readingCount: Int { columns.reduce(0) { $0 + $1.values.count } }

    /// The rows from `start` up to but without `end` that have at least one of the signals.
    ///
    /// - Throws: `Damage` when the head is damaged.
    init(
        _ run: Head.Run, after position: Int64, _ wanted: WantedSignals, names: StoredNames, from start: Int64,
        to end: Int64, _ deadline: ReadDeadline
    ) throws {
        columns = Array(repeating: Column(), count: wanted.signals.count)
        let places = SignalPlaces(wanted.signals)
        var said: [(place: Int, value: Double)] = []
        var interruption: (any Error)?
        try run.forEach(after: position) { (bytes) throws(Damage) in
            guard interruption == nil else { return }
            do { try deadline.check() } catch { interruption = error }
            var reader = FrameReader(bytes, names: names)
            while true {
                said.removeAll(keepingCapacity: true)
                let mark = try reader.next { signal, value in
                    if let place = places[signal] { said.append((place, value)) }
                }
                guard let mark else { return }
                let time = mark.observedAt.microseconds
                if time >= start, time < end, !said.isEmpty { append(mark, said) }
            }
        }
        if let interruption { throw interruption }
        sort()
    }

    private mutating func append(_ mark: FrameReader.Mark, _ said: [(place: Int, value: Double)]) {
        let row = Int32(times.count)
        times.append(mark.observedAt.microseconds)
        boot.append(mark.boot)
        seq.append(mark.seq)
        for (place, value) in said {
            // Of what a frame says twice the latter counts.
            if columns[place].rows.last == row {
                columns[place].values[columns[place].values.count - 1] = value
            } else {
                columns[place].rows.append(row)
                columns[place].values.append(value)
            }
        }
    }

    /// Frames come in order but for the late ones.
    private mutating func sort() {
        func isBefore(_ a: Int, _ b: Int) -> Bool { (times[a], boot[a], seq[a]) < (times[b], boot[b], seq[b]) }
        guard !(1..<max(1, times.count)).allSatisfy({ isBefore($0 - 1, $0) }) else { return }
        let order = times.indices.sorted(by: isBefore)
        var moved = [Int32](repeating: 0, count: order.count)
        for (row, old) in order.enumerated() { moved[old] = Int32(row) }
        times = order.map { times[$0] }
        boot = order.map { boot[$0] }
        seq = order.map { seq[$0] }
        for index in columns.indices where !columns[index].rows.isEmpty {
            let column = columns[index]
            let rows = column.rows.map { moved[Int($0)] }
            let order = rows.indices.sorted { rows[$0] < rows[$1] }
            columns[index].rows = order.map { rows[$0] }
            columns[index].values = order.map { column.values[$0] }
        }
    }
}

/// Which place signals have in a list.
private struct SignalPlaces {
    private let signals: [Signal]
    /// Only when there are so many that a look is quicker than a search.
    private let places: [Signal: Int]?

    init(_ signals: [Signal]) {
        self.signals = signals
        places =
            signals.count > 8
            ? Dictionary(zip(signals, signals.indices), uniquingKeysWith: { first, _ in first }) : nil
    }

    subscript(signal: Signal) -> Int? { places.map { $0[signal] } ?? signals.firstIndex(of: signal) }
}
