import Dispatch
import FleetModel
import FleetRuntime
import FoundationEssentials
import GRDB
import SeriesCodec
import Synchronization

/// Writes what was gathered as segments, within a transaction.
struct ImportWriter {
    /// Rows that turned out to be stored already, wholly.
    private(set) var lostRows: Int64 = 0
    private(set) var duplicateSamples: Int64 = 0
    /// Segments that cannot be read: what they hold of the file's rows is stored again.
    private(set) var damagedSegments: Set<Int64> = []

    /// The rows of so many segments are put in order at once.
    private static let atOnce = 16

    mutating func write(_ gathering: Gathering, _ ledger: inout Ledger, _ db: Database) throws {
        let names = try StoredNames(db)
        var drafts: [SegmentDraft] = []
        // Packed they are a twentieth of what was gathered.
        var segments: [Segment] = []
        for (_, gathered) in gathering.rows.enumerated().sorted(by: {
            ($0.element.machine, $0.offset) < ($1.element.machine, $1.offset)
        }) {
            let isKnown = try ledger.index(of: gathered.machine, db) != nil
            let index = try ledger.addingIndex(of: gathered.machine, db)
            let machine = ledger.entries[index].id
            let signals = try gathered.layout.signals.map { try ledger.row(of: $0, db) }
            var rows = gathered.sorted()
            if gathered.layout.boot != nil {
                if isKnown { try removeStored(&rows, gathered, of: machine, names, db) { _ in true } }
                removeRepeated(&rows, gathered)
            } else {
                var known: Set<Int32> = []
                for row in rows where !ledger.withEntry(index, { $0.insert(boot: row.boot, seq: row.seq) }) {
                    known.insert(row.number)
                }
                if !known.isEmpty {
                    // Not all of it may be: a table can have the values of a row in several places.
                    try removeStored(&rows, gathered, of: machine, names, db) { known.contains($0.number) }
                    removeRepeated(&rows, gathered)
                }
            }
            guard !rows.isEmpty else { continue }
            for (place, signal) in gathered.layout.signals.enumerated()
            where !ledger.entries[index].knows(signal) && signal != .tags && rows.contains(where: { $0.has(place) }) {
                try MachineSignals.add(signals[place], of: machine, db)
                ledger.withEntry(index) { $0.add(signal) }
            }
            let first = try gathered.layout.boot.map { boot in
                guard let first = ledger.withEntry(index, { $0.take(rows.count, of: boot) }) else {
                    throw StoreFailure.damaged(
                        "the numbers of rows of \(gathered.machine) have come to their end; restore a backup")
                }
                return first
            }
            let (gaps, missing) = ledger.withEntry(index) { $0.takeNewGaps() }
            ledger.add(gaps, to: Total.gaps)
            ledger.add(missing, to: Total.missingFrames)
            ledger.add(Int64(rows.count), to: Total.frames)
            try ledger.withEntry(index) { entry in
                try entry.settle { boot, ranges in try ranges.write(of: machine, boot: boot, db) }
            }
            for cut in ImportWriter.cuts(of: rows, gathered) {
                drafts.append(
                    SegmentDraft(
                        machine: machine, gathered: gathered, signals: signals, rows: rows[cut],
                        firstSeq: first.map { $0 + UInt64(cut.lowerBound) }))
            }
            if drafts.count >= ImportWriter.atOnce {
                segments += ImportWriter.segments(of: drafts)
                drafts = []
            }
        }
        segments += ImportWriter.segments(of: drafts)
        for index in LeafPacking.order(segments.map { $0.chunks.map(\.count) }) {
            try SegmentTable.insert(segments[index], db)
        }
        try ledger.settle(db)
    }

    private static func cuts(of rows: [GatheredRow], _ gathered: GatheredRows) -> [Range<Int>] {
        // Of the fields of a measurement, which all machines share, one may have few.
        var signals = gathered.layout.signals.count
        if rows.count * signals > Segment.valuesMax {
            signals = (0..<signals).count { place in rows.contains { $0.has(place) } }
        }
        let notes = gathered.notes
        return Segment.cuts(
            of: rows.count, signals: signals,
            noteBytes: { notes.isEmpty ? 0 : notes[Int(rows[$0].number)]?.count ?? 0 }, time: { rows[$0].time })
    }

    /// Makes segments on all processors.
    private static func segments(of drafts: [SegmentDraft]) -> [Segment] {
        guard !drafts.isEmpty else { return [] }
        let segments = Mutex<[Segment?]>(Array(repeating: nil, count: drafts.count))
        let next = Atomic<Int>(0)
        let input = Drafts(all: drafts)
        DispatchQueue.concurrentPerform(iterations: min(drafts.count, 4)) { _ in
            let maker = SegmentMaker { _ in 0 }
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < input.all.count else { return }
                let made = input.all[index].segment(maker)
                segments.withLock { $0[index] = made }
            }
        }
        return segments.withLock { $0.map { $0! } }
    }

    /// Read only while segments are made of them.
    private struct Drafts: @unchecked Sendable { let all: [SegmentDraft] }

    private func hasTags(_ row: GatheredRow, _ layout: RowLayout) -> Bool {
        layout.place(of: .tags).map { row.has($0) } ?? false
    }

    /// Of rows of one time and, where they have any, number: a value that an earlier one has.
    private mutating func removeRepeated(_ rows: inout [GatheredRow], _ gathered: GatheredRows) {
        let layout = gathered.layout
        var empty: Set<Int> = []
        var start = 0
        while start < rows.count {
            var end = start + 1
            while end < rows.count, rows[end].time == rows[start].time { end += 1 }
            defer { start = end }
            guard end - start > 1 else { continue }
            var seen: Set<Place> = []
            for index in start..<end {
                let row = rows[index]
                let (boot, seq) = layout.boot == nil ? (row.boot, row.seq) : (0, 0)
                remove(from: row, layout) { !seen.insert(Place(boot: boot, seq: seq, column: $0)).inserted }
                if index > start, isEmpty(row, layout), gathered.notes[Int(row.number)] == nil { empty.insert(index) }
            }
        }
        leaveOut(empty, of: &rows)
    }

    private struct Place: Hashable {
        var boot: UInt32
        var seq: UInt64
        var column: Int
    }

    /// What is stored of the same machine, time and signal, and of the same measurement or number, as far as `isDoubtful`.
    private mutating func removeStored(
        _ rows: inout [GatheredRow], _ gathered: GatheredRows, of machine: Int64, _ names: StoredNames, _ db: Database,
        where isDoubtful: (GatheredRow) -> Bool
    ) throws {
        guard let first = rows.first?.time, let last = rows.last?.time else { return }
        let layout = gathered.layout
        let (from, to) = (Timestamp(microseconds: first), Timestamp(microseconds: last + 1))
        let reader = SegmentReader(db, names: names)
        var touched: Set<Int> = []
        // Rows whose fault codes are stored, or that have none.
        var noted: Set<Int> = []
        for segment in try SegmentTable.segments(of: machine, from: from, to: to, db) {
            let frames: [Frame]
            do {
                frames = try reader.frames(of: segment, from: from, to: to)
            } catch is Damage {
                damagedSegments.insert(segment.id)
                continue
            }
            for frame in frames where layout.boot == nil || layout.boot == frame.boot {
                let time = frame.observedAt.microseconds
                var index = ImportWriter.firstIndex(notBefore: time, in: rows)
                while index < rows.count, rows[index].time == time {
                    defer { index += 1 }
                    let row = rows[index]
                    guard isDoubtful(row), layout.boot != nil || (row.boot == frame.boot && row.seq == frame.seq) else {
                        continue
                    }
                    // What another database numbered when it imported it may be another row than the one here.
                    let isForeign = layout.boot == nil && row.boot >= ImportNames.firstBoot
                    let stored = frame.readings.compactMap { reading in
                        layout.place(of: reading.signal).map { (place: $0, value: reading.value) }
                    }
                    let places = Set(
                        stored.filter { place, value in
                            !isForeign || row.has(place) && row.value(place).bitPattern == value.bitPattern
                        }.map(\.place))
                    remove(from: row, layout) { places.contains($0) }
                    touched.insert(index)
                    let note = gathered.notes[Int(row.number)]
                    if note == nil || note == frame.faults.map(FaultNote.bytes) { noted.insert(index) }
                }
            }
        }
        leaveOut(touched.filter { noted.contains($0) && isEmpty(rows[$0], layout) }, of: &rows)
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
