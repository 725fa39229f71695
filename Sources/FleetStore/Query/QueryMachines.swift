import FleetModel
import FleetRuntime
import GRDB
import SeriesCodec

/// A machine that a question looks at.
struct QueryMachine: Sendable {
    var id: Int64
    var key: MachineKey
    /// As registered.
    var model: ModelID?

    /// Those that a selection means, in order of fleet and equipment; throws when something that it names is not there, or
    /// no machine fulfils all of it.
    static func selected(_ selection: MachineSelection, _ db: Database) throws -> [QueryMachine] {
        for (column, texts) in [
            ("fleet", selection.fleets.map(\.text)), ("model", selection.models.map(\.text)), ("site", selection.sites),
        ] {
            for text in texts where try !isThere(text, in: column, db) { throw try unknown(text, in: column, db) }
        }
        var machines: [QueryMachine]
        if selection.keys.isEmpty {
            var conditions: [String] = []
            var arguments: [String] = []
            for (column, texts) in [
                ("fleet", selection.fleets.map(\.text)), ("model", selection.models.map(\.text)),
                ("site", selection.sites),
            ] where !texts.isEmpty {
                conditions.append("\(column) IN (\(texts.map { _ in "?" }.joined(separator: ", ")))")
                arguments += texts
            }
            machines = try all(db, where: conditions.joined(separator: " AND "), StatementArguments(arguments))
        } else {
            machines = try Set(selection.keys).map { key in
                let id = try MachineReader.id(of: key, db)
                let row = try Row.fetchOne(
                    db.cachedStatement(sql: "SELECT model, site FROM registration WHERE machine = ?"), arguments: [id])
                let (model, site) = (
                    try row?.decode(String.self, atIndex: 0), try row?.decode(String.self, atIndex: 1)
                )
                return (QueryMachine(id: id, key: key, model: model.flatMap { ModelID($0) }), site)
            }.filter { machine, site in
                (selection.fleets.isEmpty || selection.fleets.contains(machine.key.fleet))
                    && (selection.models.isEmpty || machine.model.map { selection.models.contains($0) } ?? false)
                    && (selection.sites.isEmpty || site.map { selection.sites.contains($0) } ?? false)
            }.map { $0.0 }
            machines.sort { $0.key < $1.key }
        }
        guard !machines.isEmpty else {
            throw StoreFailure.notFound("no machine is all of what was asked for; ask for less of it")
        }
        return machines
    }

    /// - Parameter column: `fleet`, `model` or `site`.
    private static func isThere(_ text: String, in column: String, _ db: Database) throws -> Bool {
        let table = column == "fleet" ? "machine" : "registration"
        return try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM \(table) WHERE \(column) = ?)"), arguments: [text])!
    }

    /// That no machine is of the fleet, model or site, and which there are.
    static func unknown(_ text: String, in column: String, _ db: Database) throws -> StoreFailure {
        let table = column == "fleet" ? "machine" : "registration"
        let known = try String.fetchAll(
            db, sql: "SELECT DISTINCT \(column) FROM \(table) WHERE \(column) > '' ORDER BY 1 LIMIT \(namedMax + 1)")
        let list = known.prefix(namedMax).joined(separator: ", ") + (known.count > namedMax ? ", …" : "")
        return .notFound(
            "no machine is of the \(column) \(text.prefix(64)); "
                + (known.isEmpty ? "no \(column) is known here" : "there \(known.count == 1 ? "is" : "are") \(list)"))
    }

    /// More names than a person reads.
    private static let namedMax = 20

    /// Machines with what their registration says.
    static func all(
        _ db: Database, where condition: String = "", _ arguments: StatementArguments = []
    ) throws -> [QueryMachine] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id, fleet, equipment, model FROM machine LEFT JOIN registration ON registration.machine = id
                    \(condition.isEmpty ? "" : "WHERE \(condition)") ORDER BY fleet, equipment
                    """), arguments: arguments
        ).map {
            QueryMachine(
                id: try $0.decode(atIndex: 0),
                key: MachineKey(
                    fleet: FleetID(unchecked: try $0.decode(atIndex: 1)),
                    equipment: EquipmentID(unchecked: try $0.decode(atIndex: 2))),
                model: (try $0.decode(String?.self, atIndex: 3)).flatMap { ModelID($0) })
        }
    }
}

/// What of a machine a question looks at.
struct MachineColumns: Sendable {
    var machine: QueryMachine
    /// Those that have at least one of the signals, in order of their first rows.
    var segments: [SegmentColumns] = []
    /// `nil` when nothing of it is in the head.
    var head: HeadColumns?

    /// How many readings of the signals these are.
    var readingCount: Int {
        segments.reduce(head?.readingCount ?? 0) { sum, segment in
            sum + segment.columns.reduce(0) { $0 + ($1?.statistics.count ?? 0) }
        }
    }

    /// How many of these are from `start` up to but without `end`, if they are spread evenly.
    func readings(from start: Int64, to end: Int64) -> Double {
        segments.reduce(Double(head?.readingCount ?? 0)) { sum, segment in
            let (first, last) = (Double(segment.first), Double(segment.last) + 1)
            let common = min(last, Double(end)) - max(first, Double(start))
            let part = min(1, max(0, common) / max(1, last - first))
            return sum + part * Double(segment.columns.reduce(0) { $0 + ($1?.statistics.count ?? 0) })
        }
    }
}

/// Finds what a question looks at, within one read.
struct ColumnFinder {
    let db: Database
    let names: StoredNames
    let deadline: ReadDeadline
    let marks: StoreMarks
    let catalogue: SegmentCatalogue
    /// Taken before the transaction: see `Head.runs`.
    let head: [Int64: Head.Run]

    init(_ database: FleetDatabase, _ head: [Int64: Head.Run], _ db: Database, _ deadline: ReadDeadline) throws {
        self.db = db
        self.deadline = deadline
        self.head = head
        marks = try StoreMarks(db)
        names = try database.names(db, marks)
        catalogue = database.segments
    }

    /// Segments that may have something from `start` up to but without `end`, and what of it is in the head.
    func columns(
        of machine: QueryMachine, _ wanted: WantedSignals, from start: Int64, to end: Int64
    ) throws -> MachineColumns {
        try deadline.check()
        var columns = MachineColumns(machine: machine)
        columns.segments = try segments(of: machine, .readings, wanted, from: start, to: end)
        columns.head = try headColumns(of: machine, wanted, from: start, to: end)
        return columns
    }

    /// The segments of one level that may have something of the signals, in order of their first rows.
    func segments(
        of machine: QueryMachine, _ level: SegmentLevel, _ wanted: WantedSignals, from start: Int64, to end: Int64
    ) throws -> [SegmentColumns] {
        var segments: [SegmentColumns] = []
        for place in try places(of: machine, level) where place.last >= start && place.first < end {
            try deadline.check()
            let segment = try self.segment(place, of: machine, level, wanted)
            if segment.columns.contains(where: { $0 != nil }) { segments.append(segment) }
        }
        return segments
    }

    /// Where the segments of a machine are, in order of their first rows.
    func places(of machine: QueryMachine, _ level: SegmentLevel) throws -> [SegmentCatalogue.Place] {
        try catalogue.places(of: machine.id, level, as: marks.segments, db)
    }

    func segment(
        _ place: SegmentCatalogue.Place, of machine: QueryMachine, _ level: SegmentLevel, _ wanted: WantedSignals
    ) throws -> SegmentColumns {
        SegmentColumns(
            try catalogue.segment(place, of: machine.id, machine.key, level, as: marks.segments, db), of: machine.key,
            wanted, catalogue)
    }

    func headColumns(
        of machine: QueryMachine, _ wanted: WantedSignals, from start: Int64, to end: Int64
    ) throws -> HeadColumns? {
        guard let run = head[machine.id] else { return nil }
        do {
            let columns = try HeadColumns(
                run, after: marks.seal.position(of: machine.id), wanted, names: names, from: start, to: end, deadline)
            return columns.isEmpty ? nil : columns
        } catch let damage as Damage {
            throw StoreFailure.damaged("what came last of \(machine.key) cannot be read: \(damage.description)")
        }
    }

    /// The signals of these names; throws when one is not known.
    func signals(_ texts: [String]) throws -> [Signal] {
        try texts.map { text in
            guard let signal = Signal(known: text), names.signals.contains(signal) else {
                throw StoreFailure.notFound("no machine has sent a signal \(text.prefix(64))")
            }
            return signal
        }
    }
}

/// Loads the columns of machines and has them decoded, on both cores when it is much.
struct ColumnWork {
    let db: Database
    let deadline: ReadDeadline
    let scratches: ScratchPool
    let limits: QueryLimits

    /// Calls `body` for each item, and returns its results in the order of the items.
    ///
    /// - Parameter load: reads the bytes that `body` will decode and returns how many they are.
    func map<Item, Result>(
        _ items: [Item], readings: Int, load: (Item, ChunkReader) throws -> Int,
        _ body: (Item, QueryScratch) throws -> Result
    ) throws -> [Result] {
        if readings >= limits.readingsOfOneCore { try deadline.checkForLong() }
        let chunks = ChunkReader(db)
        var results: [Result] = []
        results.reserveCapacity(items.count)
        var start = 0
        while start < items.count {
            var end = start
            var bytes = 0
            while end < items.count, bytes < limits.bytesAtOnce {
                try deadline.check()
                bytes += try load(items[end], chunks)
                end += 1
            }
            results += try run(items[start..<end], inParallel: readings >= limits.readingsOfOneCore, body)
            start = end
        }
        return results
    }

    private func run<Item, Result>(
        _ items: ArraySlice<Item>, inParallel: Bool, _ body: (Item, QueryScratch) throws -> Result
    ) throws -> [Result] {
        guard inParallel, items.count > 1 else {
            return try scratches.with { scratch in
                try items.map { item in
                    try deadline.check()
                    return try body(item, scratch)
                }
            }
        }
        return try withoutActuallyEscaping(body) { body in
            try ParallelRun(Array(items), body).results(scratches, deadline)
        }
    }
}
