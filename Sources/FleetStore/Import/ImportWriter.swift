import Dispatch
import FleetModel
import FoundationEssentials
import GRDB
import SeriesCodec
import Synchronization

/// Writes what was gathered as segments, within a transaction.
struct ImportWriter {
    /// Rows that turned out to be stored already, wholly.
    private(set) var lostRows: Int64 = 0
    private(set) var duplicateSamples: Int64 = 0

    /// Segments that are made at once are in memory at once.
    private static let atOnce = 32

    mutating func write(_ gathering: Gathering, _ ledger: inout Ledger, _ db: Database) throws {
        let names = try StoredNames(db)
        var drafts: [SegmentDraft] = []
        for (_, gathered) in gathering.rows.enumerated().sorted(by: {
            ($0.element.machine, $0.offset) < ($1.element.machine, $1.offset)
        }) {
            let isKnown = try ledger.index(of: gathered.machine, db) != nil
            let index = try ledger.addingIndex(of: gathered.machine, db)
            let machine = ledger.entries[index].id
            let signals = try gathered.layout.signals.map { try ledger.row(of: $0, db) }
            var rows = gathered.sorted()
            if let boot = gathered.layout.boot {
                if isKnown { try removeStored(&rows, gathered, of: machine, boot, names, db) }
                removeRepeated(&rows, gathered.layout)
            } else {
                rows.removeAll { row in
                    let isNew = ledger.withEntry(index) { $0.insert(boot: row.boot, seq: row.seq) }
                    if !isNew { drop(row, gathered.layout) }
                    return !isNew
                }
            }
            guard !rows.isEmpty else { continue }
            for (place, signal) in gathered.layout.signals.enumerated()
            where !ledger.entries[index].knows(signal) && signal != .tags && rows.contains(where: { $0.has(place) }) {
                try db.cachedStatement(sql: "INSERT INTO machine_signal (machine, signal) VALUES (?, ?)")
                    .execute(arguments: [machine, signals[place]])
                ledger.withEntry(index) { $0.add(signal) }
            }
            let first = gathered.layout.boot.map { boot in
                ledger.withEntry(index) { $0.take(rows.count, of: boot) }
            }
            let (gaps, missing) = ledger.withEntry(index) { $0.takeNewGaps() }
            ledger.add(gaps, to: Total.gaps)
            ledger.add(missing, to: Total.missingFrames)
            ledger.add(Int64(rows.count), to: Total.frames)
            try ledger.withEntry(index) { entry in
                try entry.settle { boot, ranges in try ranges.write(of: machine, boot: boot, db) }
            }
            for start in stride(from: 0, to: rows.count, by: Segment.rowsMax) {
                drafts.append(
                    SegmentDraft(
                        machine: machine, gathered: gathered, signals: signals,
                        rows: rows[start..<min(start + Segment.rowsMax, rows.count)],
                        firstSeq: first.map { $0 + UInt64(start) }))
            }
            if drafts.count >= ImportWriter.atOnce {
                try insert(drafts, db)
                drafts = []
            }
        }
        try insert(drafts, db)
        try ledger.settle(db)
    }

    /// Makes segments on all processors and writes them in order.
    private func insert(_ drafts: [SegmentDraft], _ db: Database) throws {
        guard !drafts.isEmpty else { return }
        let segments = Mutex<[Segment?]>(Array(repeating: nil, count: drafts.count))
        let next = Atomic<Int>(0)
        let input = Drafts(all: drafts)
        DispatchQueue.concurrentPerform(iterations: min(drafts.count, 4)) { _ in
            let maker = SegmentMaker { _ in 0 }
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < input.all.count else { return }
                let segment = input.all[index].segment(maker)
                segments.withLock { $0[index] = segment }
            }
        }
        for segment in segments.withLock({ $0 }) { try SegmentTable.insert(segment!, db) }
    }

    /// Read only while segments are made of them.
    private struct Drafts: @unchecked Sendable { let all: [SegmentDraft] }

    /// Notes that nothing of a row is stored.
    private mutating func drop(_ row: GatheredRow, _ layout: RowLayout) {
        lostRows += 1
        duplicateSamples += Int64(row.valueCount - (hasTags(row, layout) ? 1 : 0))
    }

    private func hasTags(_ row: GatheredRow, _ layout: RowLayout) -> Bool {
        layout.place(of: .tags).map { row.has($0) } ?? false
    }

    /// Of rows of one time, a value that an earlier one has.
    private mutating func removeRepeated(_ rows: inout [GatheredRow], _ layout: RowLayout) {
        var doubtful: [Int] = []
        for index in rows.indices.dropFirst() where rows[index].time == rows[index - 1].time { doubtful.append(index) }
        guard !doubtful.isEmpty else { return }
        var empty: Set<Int> = []
        for index in doubtful {
            var earlier = index - 1
            while earlier >= 0, rows[earlier].time == rows[index].time {
                remove(from: rows[index], layout) { rows[earlier].has($0) }
                earlier -= 1
            }
            if isEmpty(rows[index], layout) { empty.insert(index) }
        }
        leaveOut(empty, of: &rows)
    }

    /// What is stored of the same machine, measurement, signal and time.
    private mutating func removeStored(
        _ rows: inout [GatheredRow], _ gathered: GatheredRows, of machine: Int64, _ boot: UInt32, _ names: StoredNames,
        _ db: Database
    ) throws {
        guard let first = rows.first?.time, let last = rows.last?.time else { return }
        let (from, to) = (Timestamp(microseconds: first), Timestamp(microseconds: last + 1))
        let segments = try SegmentTable.segments(of: machine, from: from, to: to, db)
        guard !segments.isEmpty else { return }
        let reader = SegmentReader(db, names: names)
        var touched: Set<Int> = []
        for segment in segments {
            for frame in try reader.frames(of: segment, from: from, to: to) where frame.boot == boot {
                var index = ImportWriter.firstIndex(notBefore: frame.observedAt.microseconds, in: rows)
                while index < rows.count, rows[index].time == frame.observedAt.microseconds {
                    let places = Set(frame.readings.compactMap { gathered.layout.place(of: $0.signal) })
                    remove(from: rows[index], gathered.layout) { places.contains($0) }
                    touched.insert(index)
                    index += 1
                }
            }
        }
        leaveOut(touched.filter { isEmpty(rows[$0], gathered.layout) }, of: &rows)
    }

    private mutating func remove(from row: GatheredRow, _ layout: RowLayout, where isStored: (Int) -> Bool) {
        for (place, signal) in layout.signals.enumerated() where signal != .tags && row.has(place) && isStored(place) {
            row.remove(place)
            duplicateSamples += 1
        }
    }

    private func isEmpty(_ row: GatheredRow, _ layout: RowLayout) -> Bool {
        row.valueCount == (hasTags(row, layout) ? 1 : 0)
    }

    private mutating func leaveOut(_ indices: Set<Int>, of rows: inout [GatheredRow]) {
        guard !indices.isEmpty else { return }
        lostRows += Int64(indices.count)
        rows = rows.enumerated().filter { !indices.contains($0.offset) }.map(\.element)
    }

    private static func firstIndex(notBefore time: Int64, in rows: [GatheredRow]) -> Int {
        var (low, high) = (0, rows.count)
        while low < high {
            let middle = (low + high) / 2
            if rows[middle].time < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Rows that become one segment.
private struct SegmentDraft {
    let machine: Int64
    let gathered: GatheredRows
    /// The rows of the layout's signals.
    let signals: [Int64]
    let rows: ArraySlice<GatheredRow>
    /// Of rows that have no numbers of their own.
    let firstSeq: UInt64?

    func segment(_ maker: SegmentMaker) -> Segment {
        let count = rows.count
        let boots = gathered.layout.boot.map { [UInt32](repeating: $0, count: count) } ?? rows.map(\.boot)
        let seqs = firstSeq.map { first in (0..<UInt64(count)).map { first + $0 } } ?? rows.map(\.seq)
        let times = SegmentRows(observedAt: rows.map(\.time), boot: boots, seq: seqs)
        let notes =
            gathered.notes.isEmpty
            ? []
            : rows.enumerated().compactMap { row, gatheredRow in
                gathered.notes[Int(gatheredRow.number)].map { (row: row, bytes: $0) }
            }
        var values = [Double](repeating: 0, count: count)
        return values.withUnsafeMutableBufferPointer { values in
            let order = signals.indices.sorted { signals[$0] < signals[$1] }
            return maker.segment(of: machine, rows: times, notes: notes, signals: order.map { signals[$0] }) { column in
                let place = order[column]
                var bitmap = [UInt64](repeating: 0, count: (count + 63) / 64)
                bitmap.withUnsafeMutableBufferPointer { bitmap in
                    var row = 0
                    for gatheredRow in rows {
                        if gatheredRow.has(place) {
                            values[row] = gatheredRow.value(place)
                            bitmap[row >> 6] |= 1 &<< UInt64(row & 63)
                        }
                        row &+= 1
                    }
                }
                return (UnsafeBufferPointer(values), Presence(rowCount: count, bitmap: bitmap))
            }
        }
    }
}
