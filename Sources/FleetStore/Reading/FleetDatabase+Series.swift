import FleetModel
import FleetRuntime
import GRDB

extension FleetDatabase {
    /// Readings from `from` up to but without `to`, by the machine's clock, the oldest first, at most `limit`.
    package func series(_ query: SeriesQuery) async throws(StoreFailure) -> [SeriesPoint] {
        var points: [SeriesPoint] = []
        var walk = try await hours(of: query.machine, from: query.from, to: query.to)
        while points.count < query.limit, let frames = try await nextHour(&walk) {
            points += SeriesPoint.points(of: frames, only: query.signal).prefix(query.limit - points.count)
        }
        return points
    }

    /// Every reading of a machine in order of observed_at, boot, seq and signal; from `from` up to but without `to`.
    ///
    /// An hour is read at a time, so that no read is long and memory stays small; an error of `body` ends it.
    package func export(
        machine: MachineKey, from: Timestamp = .distantPast, to: Timestamp = .distantFuture,
        body: (SeriesPoint) throws -> Void
    ) async throws {
        var walk = try await hours(of: machine, from: from, to: to)
        while let frames = try await nextHour(&walk) {
            for point in SeriesPoint.points(of: frames, only: nil) { try body(point) }
        }
    }

    /// Every machine that was ever heard of or registered, in order.
    package func machineKeys() async throws(StoreFailure) -> [MachineKey] {
        try await read("cannot list the machines") { db, _ in
            try Row.fetchAll(db, sql: "SELECT fleet, equipment FROM machine ORDER BY fleet, equipment")
                .map { MachineKey($0) }
        }
    }

    private func hours(
        of machine: MachineKey, from: Timestamp, to: Timestamp
    ) async throws(StoreFailure) -> HourWalk {
        let id = try await read("cannot read machine \(machine)") { db, _ in try MachineReader.id(of: machine, db) }
        return HourWalk(
            machine: machine, id: id, from: from, to: to, nextHour: Journal.hour(of: from),
            lastHour: Journal.hour(of: Timestamp(microseconds: to.microseconds - 1)))
    }

    /// The wanted frames of the next hour that has any, in order; `nil` when there is none.
    private func nextHour(_ walk: inout HourWalk) async throws(StoreFailure) -> [Frame]? {
        let here = walk
        let found = try await read("cannot read the series of \(here.machine)") { [self] db, deadline in
            try frames(of: here, db, deadline)
        }
        guard let found else { return nil }
        walk.nextHour = found.hour + 1
        return found.frames
    }

    private func frames(of walk: HourWalk, _ db: Database, _ deadline: ReadDeadline) throws -> HourOfFrames? {
        let hour = try Int64.fetchOne(
            db.cachedStatement(
                sql: "SELECT hour FROM journal WHERE machine = ? AND hour BETWEEN ? AND ? ORDER BY hour LIMIT 1"),
            arguments: [walk.id, walk.nextHour, walk.lastHour])
        guard let hour else { return nil }
        let signals = try signals(db)
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT frames, id FROM journal WHERE machine = ? AND hour = ? ORDER BY id"),
            arguments: [walk.id, hour])
        var frames: [Frame] = []
        while let row = try rows.next() {
            try deadline.check()
            let entries = try Journal.entries(of: row, column: 0, signals: signals) {
                "row \(row[1] as Int64) of the journal, of \(walk.machine) in the hour from \(Timestamp(seconds: hour * 3_600).iso8601),"
            }
            for entry in entries where entry.frame.observedAt >= walk.from && entry.frame.observedAt < walk.to {
                frames.append(entry.frame)
            }
        }
        frames.sort { ($0.observedAt, $0.boot, $0.seq) < ($1.observedAt, $1.boot, $1.seq) }
        return HourOfFrames(hour: hour, frames: frames)
    }
}

/// How far a walk through a machine's hours has come.
private struct HourWalk: Sendable {
    let machine: MachineKey
    let id: Int64
    let from: Timestamp
    let to: Timestamp
    var nextHour: Int64
    let lastHour: Int64
}

private struct HourOfFrames: Sendable {
    var hour: Int64
    var frames: [Frame]
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
            frame.readings.filter { signal == nil || $0.signal == signal }
                .sorted { name($0.signal) < name($1.signal) }
                .map {
                    SeriesPoint(
                        observedAt: frame.observedAt, boot: frame.boot, seq: frame.seq, signal: $0.signal,
                        value: $0.value)
                }
        }
    }
}
