import FleetModel
import FleetRuntime
import GRDB
import SeriesCodec

extension FleetDatabase {
    /// Every reading of a machine in order of observed_at, boot, seq and signal; from `from` up to but without `to`.
    ///
    /// A part is read at a time, so that no read is long and memory stays small; an error of `body` ends it.
    package func export(
        machine: MachineKey, from: Timestamp = .distantPast, to: Timestamp = .distantFuture,
        body: (SeriesPoint) throws -> Void
    ) async throws {
        var walk = try await walk(of: machine, from: from, to: to)
        while let frames = try await walk.next(self) {
            for point in SeriesPoint.points(of: frames, only: nil) { try body(point) }
        }
    }

    /// Every machine that was ever heard of or registered, in order.
    package func machineKeys() async throws(StoreFailure) -> [MachineKey] {
        try await read("cannot list the machines") { db, _ in
            try Row.fetchAll(db, sql: "SELECT fleet, equipment FROM machine ORDER BY fleet, equipment")
                .map { try MachineKey($0) }
        }
    }

    func walk(
        of machine: MachineKey, from: Timestamp, to: Timestamp, only signal: Signal? = nil
    ) async throws(StoreFailure) -> SeriesWalk {
        let id = try await read("cannot read machine \(machine)") { db, _ in try MachineReader.id(of: machine, db) }
        return SeriesWalk(machine: machine, id: id, signal: signal, to: to, next: from)
    }
}

/// How far a walk through a machine's frames has come.
struct SeriesWalk: Sendable {
    let machine: MachineKey
    let id: Int64
    /// Only the readings of this one are wanted.
    let signal: Signal?
    let to: Timestamp
    var next: Timestamp

    /// Rows of segments that are read together, if they lie so.
    private static let rowsAtOnce = 32_768

    /// The next frames in order; `nil` when there are no more.
    mutating func next(_ database: FleetDatabase) async throws(StoreFailure) -> [Frame]? {
        while next < to {
            let here = self
            // Before the transaction: see `Head.runs`.
            let run = database.head.run(of: id)
            let (frames, end) = try await database.read("cannot read the series of \(machine)") { db, deadline in
                try here.part(database, run, db, deadline)
            }
            next = end
            if !frames.isEmpty { return frames }
        }
        return nil
    }

    /// The frames from `next` on, and up to where these are all.
    private func part(
        _ database: FleetDatabase, _ run: Head.Run?, _ db: Database, _ deadline: ReadDeadline
    ) throws -> (frames: [Frame], end: Timestamp) {
        let names = try database.names(db)
        var end = to
        var chosen: [StoredSegment] = []
        var rows = 0
        for segment in try SegmentTable.segments(of: id, from: next, to: to, db) {
            if rows >= SeriesWalk.rowsAtOnce, segment.first > next {
                end = segment.first
                break
            }
            chosen.append(segment)
            rows += segment.rowCount
        }
        let reader = SegmentReader(db, names: names)
        var frames: [Frame] = []
        for segment in chosen {
            try deadline.check()
            do {
                frames += try reader.frames(of: segment, from: next, to: end, only: signal)
            } catch let damage as Damage {
                throw StoreFailure.damaged(
                    "the segment \(segment.id) of \(machine) from \(segment.first.iso8601) to \(segment.last.iso8601) is damaged: \(damage.description); restore a backup, the rest stays readable"
                )
            }
        }
        let mark = try SealMark(db)
        do {
            frames +=
                try run?.frames(after: mark.position(of: id), names: names)
                .map(\.frame).filter { $0.observedAt >= next && $0.observedAt < end } ?? []
        } catch {
            throw StoreFailure.damaged("what came last of \(machine) cannot be read: \(error.description)")
        }
        frames.sort { $0.isBefore($1) }
        return (frames, end)
    }
}

extension SeriesPoint {
    /// The readings of frames, those of one frame by the names of their signals.
    fileprivate static func points(of frames: [Frame], only signal: Signal?) -> [SeriesPoint] {
        var names: [Signal: String] = [:]
        func name(_ signal: Signal) -> String {
            if let known = names[signal] { return known }
            names[signal] = signal.name
            return signal.name
        }
        return frames.flatMap { frame in
            frame.readings.filter { signal == nil ? $0.signal != .tags : $0.signal == signal }
                .sorted { name($0.signal) < name($1.signal) }
                .map {
                    SeriesPoint(
                        observedAt: frame.observedAt, boot: frame.boot, seq: frame.seq, signal: $0.signal,
                        value: $0.value)
                }
        }
    }
}
