import FleetModel
import FleetRuntime
import GRDB
import SeriesCodec
import Synchronization

/// Which of a machine's small segments are to become fewer.
///
/// A machine's frames leave the journal some minutes or megabytes at a time, and late ones by themselves. Merged by eights and
/// more, each row is written about three times on its way into a segment of full length, whatever its machine sends.
enum MergePlan {
    /// So many segments of one size are worth a merge.
    static let segmentsMin = 8
    /// More are not merged at once; nor more values than one segment may have, for they are all in memory.
    static let segmentsMax = 64

    /// One of the segments, as far as the choice depends on it.
    struct Candidate {
        var id: Int64
        var first: Timestamp
        var last: Timestamp
        var rowCount: Int
        /// Values, and places of rows for values that they do not have.
        var valueCount: Int

        /// How large it is, in steps of eight.
        fileprivate var size: Int { rowCount < 128 ? 0 : rowCount < 1_024 ? 1 : 2 }
    }

    /// The segments to merge, of candidates in order of their first rows; empty when it is not worth it.
    static func choice(among candidates: [Candidate]) -> [Int64] {
        for size in 0...2 {
            let some = candidates.filter { $0.size <= size }
            guard some.count >= segmentsMin else { continue }
            // From the oldest on that has enough others near it.
            var start = 0
            while some.count - start >= segmentsMin {
                let chosen = run(some[start...])
                if chosen.count >= segmentsMin || (chosen.count >= 2 && isFull(chosen)) { return chosen.map(\.id) }
                start += max(1, chosen.count)
            }
        }
        return []
    }

    private static func run(_ candidates: ArraySlice<Candidate>) -> [Candidate] {
        var chosen: [Candidate] = []
        var values = 0
        for candidate in candidates.prefix(segmentsMax) {
            guard candidate.last - (chosen.first ?? candidate).first <= Segment.spanMax else { break }
            values += candidate.valueCount
            if values > Segment.valuesMax, chosen.count >= 2 { break }
            chosen.append(candidate)
        }
        return chosen
    }

    /// Fewer than enough because they are large: what they become is no longer small.
    private static func isFull(_ chosen: [Candidate]) -> Bool {
        chosen.reduce(0) { $0 + $1.rowCount } >= SegmentTable.smallRows * 2
    }
}

/// Which machines may have segments to merge.
struct MergeQueue {
    /// `nil` until the database was asked.
    var machines: Set<Int64>?
    /// With fewer small segments there is nothing to win, as was found when they were looked at.
    private var worthwhileCounts: [Place: Int] = [:]
    /// Segments that cannot be read; they stay as they are.
    var damaged: Set<Int64> = []

    private struct Place: Hashable {
        var machine: Int64
        var level: SegmentLevel
    }

    /// From how many small segments on those of a machine are worth a look.
    func worthwhileCount(_ machine: Int64, _ level: SegmentLevel) -> Int {
        worthwhileCounts[Place(machine: machine, level: level)] ?? MergePlan.segmentsMin
    }

    mutating func settle(_ machine: Int64, _ level: SegmentLevel, until count: Int?) {
        worthwhileCounts[Place(machine: machine, level: level)] = count
    }
}

extension FleetDatabase {
    /// Merges segments of one machine; returns whether it did, or may be asked again at once.
    func merge() async throws(StoreFailure) -> Bool {
        let doing = "cannot merge segments"
        if mergeQueue.withLock({ $0.machines == nil }) {
            let found = try await read(doing) { db, _ in
                try SegmentTable.machines(withSmallSegments: MergePlan.segmentsMin, db)
            }
            mergeQueue.withLock { $0.machines = ($0.machines ?? []).union(found) }
        }
        guard let machine = mergeQueue.withLock({ $0.machines?.min() }) else { return false }
        mergeQueue.withLock { _ = $0.machines?.remove(machine) }
        for level in SegmentLevel.allCases {
            guard let merge = try await merge(of: machine, level, doing) else { continue }
            try await write(doing) { db, _ in
                try SegmentTable.delete(merge.replaced, db)
                for segment in merge.segments { try SegmentTable.insert(segment, db) }
            }
            mergeQueue.withLock {
                _ = $0.machines?.insert(machine)
                $0.settle(machine, level, until: nil)
            }
            return true
        }
        return mergeQueue.withLock { $0.machines?.isEmpty == false }
    }

    /// What some segments of a machine become; `nil` when there is nothing to win.
    private func merge(
        of machine: Int64, _ level: SegmentLevel, _ doing: String
    ) async throws(StoreFailure) -> (replaced: [Int64], segments: [Segment])? {
        let (damaged, worthwhile) = mergeQueue.withLock { ($0.damaged, $0.worthwhileCount(machine, level)) }
        let merge = try await read(doing) { [self] db, deadline in
            let small = try SegmentTable.smallSegments(of: machine, level, db).filter { !damaged.contains($0.id) }
            guard small.count >= worthwhile else { return Merge() }
            let chosen = Set(MergePlan.choice(among: small.map { MergePlan.Candidate($0) }))
            let reader = SegmentReader(db, names: try self.names(db))
            var merge = Merge()
            merge.smallCount = small.count
            for segment in small where chosen.contains(segment.id) {
                try deadline.check()
                do {
                    try merge.add(segment, level, reader)
                } catch is Damage {
                    merge.damaged.append(segment.id)
                }
            }
            merge.rows = try self.names(db).rows
            return merge
        }
        mergeQueue.withLock { $0.damaged.formUnion(merge.damaged) }
        guard merge.replaced.count > 1 else {
            // A few more may be enough; to read all their directories again for each would take ever longer.
            let count = merge.smallCount
            if count > 0 {
                mergeQueue.withLock { $0.settle(machine, level, until: count + max(2, count / 4)) }
            }
            return nil
        }
        let made: Result<[Segment], StoreFailure> = await inBackground { [self] in
            Result { try merge.segments(of: machine, level) }
                .mapError { StoreFailure($0, doing: doing, path: path) }
        }
        let segments = try made.get()
        // As many kinds of frames as there were segments.
        guard segments.count * 2 <= merge.replaced.count else {
            mergeQueue.withLock { $0.settle(machine, level, until: 2 * merge.smallCount) }
            return nil
        }
        return (merge.replaced, segments)
    }

    /// Has the next rounds look whether segments of these machines are to be merged.
    func noteNewSegments(of machines: some Sequence<Int64>) {
        mergeQueue.withLock { queue in queue.machines?.formUnion(machines) }
    }

    /// Merges whatever there is to merge, and gives all room that nothing uses back to the disk.
    package func compact() async throws(StoreFailure) {
        // Imports do not say whose segments they write.
        mergeQueue.withLock { $0.machines = nil }
        while try await merge() {}
        while try await giveBackPages(when: { free, _ in free > 0 }) {}
    }
}

/// Segments that were read to be written as fewer.
private struct Merge: Sendable {
    private(set) var replaced: [Int64] = []
    private var frames: [Frame] = []
    private var rollup: Rollup?
    var damaged: [Int64] = []
    var rows: [Signal: Int64] = [:]
    /// Of how many small segments these were chosen; 0 when they were too few to be looked at.
    var smallCount = 0

    mutating func add(_ segment: StoredSegment, _ level: SegmentLevel, _ reader: SegmentReader) throws {
        if level == .readings {
            frames += try reader.frames(of: segment, from: .distantPast, to: .distantFuture)
        } else {
            var rollup = rollup ?? Rollup(level)
            try rollup.add(segment, reader)
            self.rollup = rollup
        }
        replaced.append(segment.id)
    }

    func segments(of machine: Int64, _ level: SegmentLevel) throws -> [Segment] {
        if let rollup { return rollup.segments(of: machine) }
        return try SegmentMaker { signal in
            guard let row = rows[signal] else { throw Damage("signal \(signal) is not stored") }
            return row
        }.segments(of: frames, of: machine)
    }
}

extension MergePlan.Candidate {
    fileprivate init(_ segment: StoredSegment) {
        let columns = (try? segment.directory())?.columns ?? []
        self.init(
            id: segment.id, first: segment.first, last: segment.last, rowCount: segment.rowCount,
            valueCount: segment.rowCount * columns.count)
    }
}
