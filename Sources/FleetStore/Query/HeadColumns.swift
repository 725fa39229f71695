import FleetModel
import SeriesCodec

/// What of a machine's head is wanted, in order of time, boot and seq.
struct HeadColumns: Sendable {
    private(set) var times: [Int64] = []
    private(set) var boot: [UInt32] = []
    private(set) var seq: [UInt64] = []
    /// By the wanted signals a value a row, NaN where there is none.
    private(set) var values: [[Double]]
    private(set) var presence: [[Bool]]

    var isEmpty: Bool { times.isEmpty }

    /// The rows from `start` up to but without `end` that have at least one of the signals.
    init(
        _ run: Head.Run, after position: Int64, _ wanted: WantedSignals, names: StoredNames, from start: Int64,
        to end: Int64
    ) throws(Damage) {
        values = Array(repeating: [], count: wanted.signals.count)
        presence = Array(repeating: [], count: wanted.signals.count)
        var row = [Double](repeating: .nan, count: wanted.signals.count)
        var has = [Bool](repeating: false, count: wanted.signals.count)
        try run.forEach(after: position) { (bytes) throws(Damage) in
            var reader = FrameReader(bytes, names: names)
            while let mark = try reader.next(of: wanted.signals, into: &row, &has) {
                guard mark.observedAt.microseconds >= start, mark.observedAt.microseconds < end, has.contains(true)
                else {
                    continue
                }
                times.append(mark.observedAt.microseconds)
                boot.append(mark.boot)
                seq.append(mark.seq)
                for index in row.indices {
                    values[index].append(row[index])
                    presence[index].append(has[index])
                }
            }
        }
        sort()
    }

    /// Frames come in order but for the late ones.
    private mutating func sort() {
        func isBefore(_ a: Int, _ b: Int) -> Bool { (times[a], boot[a], seq[a]) < (times[b], boot[b], seq[b]) }
        guard !(1..<max(1, times.count)).allSatisfy({ isBefore($0 - 1, $0) }) else { return }
        let order = times.indices.sorted(by: isBefore)
        times = order.map { times[$0] }
        boot = order.map { boot[$0] }
        seq = order.map { seq[$0] }
        for index in values.indices {
            values[index] = order.map { values[index][$0] }
            presence[index] = order.map { presence[index][$0] }
        }
    }
}
