import FleetModel
import GRDB
import SeriesCodec
import Synchronization

/// What is in memory of the segments that were asked about lately: where they are, their directories, times, tags and
/// columns. It is an index and a copy of what is stored, never an answer.
///
/// A segment never changes. Which there are, `Cursor.segments` tells: it is moved on in the transaction that adds or
/// removes one, so what is known under another number of it is looked up anew, whoever wrote.
final class SegmentCatalogue: Sendable {
    /// Where a segment of a machine is.
    struct Place {
        var id: Int64
        /// The times of its first and its last row.
        var first: Int64
        var last: Int64
    }

    private struct Key: Hashable {
        var machine: Int64
        var level: SegmentLevel
    }

    /// The segments of one machine and level.
    private struct Known {
        /// As of which change of segments the places are right.
        var change: Int64
        /// In order of their first rows.
        var places: [Place]
        var segments: [Int64: KnownSegment] = [:]
        /// Counts uses of the catalogue.
        var usedAt = 0

        var byteCount: Int {
            places.count * MemoryLayout<Place>.stride + segments.values.reduce(0) { $0 + $1.byteCount }
        }
    }

    private struct State {
        var machines: [Key: Known] = [:]
        var uses = 0
    }

    /// When there is more, what was not used for the longest time is forgotten.
    private let byteLimit: Int
    private let total = ByteTotal()
    private let state = Mutex(State())

    init(byteLimit: Int) { self.byteLimit = byteLimit }

    /// How many bytes its segments take.
    var byteCount: Int { total.count }

    /// Where the segments of a machine are, in order of their first rows.
    func places(
        of machine: Int64, _ level: SegmentLevel, as change: Int64, _ db: Database
    ) throws -> [Place] {
        let key = Key(machine: machine, level: level)
        let known: [Place]? = state.withLock { state in
            state.uses += 1
            state.machines[key]?.usedAt = state.uses
            return state.machines[key].flatMap { $0.change == change ? $0.places : nil }
        }
        if let known { return known }
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT id, first, last FROM segment WHERE machine = ? AND level = ?"),
            arguments: [machine, level.rawValue])
        var places: [Place] = []
        while let row = try rows.next() {
            places.append(
                Place(
                    id: try row.decode(atIndex: 0), first: try row.time(1).microseconds,
                    last: try row.time(2).microseconds)
            )
        }
        places.sort { ($0.first, $0.id) < ($1.first, $1.id) }
        state.withLock { [places] state in
            var known = state.machines[key] ?? Known(change: change, places: places)
            known.change = change
            known.places = places
            // Of those that are gone nothing is kept.
            if !known.segments.isEmpty {
                let left = Set(places.map(\.id))
                known.segments = known.segments.filter { left.contains($0.key) }
            }
            known.usedAt = state.uses
            state.machines[key] = known
        }
        return places
    }

    /// A segment of a machine.
    ///
    /// - Parameter name: of the machine, for errors.
    func segment(
        _ place: Place, of machine: Int64, _ name: MachineKey, _ level: SegmentLevel, as change: Int64, _ db: Database
    ) throws -> KnownSegment {
        let key = Key(machine: machine, level: level)
        let known = state.withLock { $0.machines[key]?.segments[place.id] }
        if let known, known.isRight(as: change) { return known }
        // The number of a segment that is gone may be given to another one.
        let found = try KnownSegment(place, of: name, total, db)
        let segment: KnownSegment
        if let known, known.isSame(as: found) { segment = known } else { segment = found }
        segment.confirm(as: change)
        state.withLock { $0.machines[key]?.segments[place.id] = segment }
        return segment
    }

    /// Forgets what was not used for the longest time, machine by machine, when there is too much.
    func trim() {
        guard total.count > byteLimit else { return }
        let gone: [Known] = state.withLock { state in
            var excess = total.count - byteLimit / 4 * 3
            var gone: [Known] = []
            for (key, known) in state.machines.sorted(by: { $0.value.usedAt < $1.value.usedAt }) where excess > 0 {
                excess -= known.byteCount
                gone.append(known)
                state.machines[key] = nil
            }
            return gone
        }
        // Freed here, where nobody waits for it.
        _ = gone
    }

    /// Whether there is room for more of what a question reads.
    var hasRoom: Bool { total.count < byteLimit }
}

/// How many bytes are in memory, of several who have some.
final class ByteTotal: Sendable {
    private let bytes = Atomic(0)

    var count: Int { bytes.load(ordering: .relaxed) }

    func add(_ count: Int) { bytes.add(count, ordering: .relaxed) }
    func remove(_ count: Int) { bytes.subtract(count, ordering: .relaxed) }
}
