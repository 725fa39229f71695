import FleetModel
import FoundationEssentials
import GRDB
import SeriesCodec

/// What the writing connection knows by heart: row numbers of machines and signals, and which frames are stored.
///
/// It holds nothing that is not in the database, and is read from there machine by machine as they speak. So after a
/// failed transaction it is simply thrown away: what was rolled back cannot live on in it.
struct Ledger: Sendable {
    private let head: Head
    private(set) var entries: [LedgerEntry] = []
    private var indices: [MachineKey: Int] = [:]
    private var machinesInFleet: [FleetID: Int] = [:]
    /// Row numbers of signals' names, by `Signal.number`; 0 is none yet.
    private var signalRows: [Int64] = []
    /// The last place given in the journal; `nil` until it was read.
    private var position: Int64?
    /// The names that nobody may use any more; `nil` until they were read. There are as many as machines were sold.
    private var retired: [MachineKey: Retirement]?
    /// What this transaction adds to the running totals.
    private var totals: [String: Int64] = [:]
    /// What this transaction adds to the journal.
    private var rows: [Head.Row] = []
    /// The names of what is stored, read once.
    private var names: StoredNames?
    /// Under which rows lists of signals are stored; `nil` until they were read.
    private var shapeRows: [[Signal]: Int64]?
    /// A list that is not stored is written out in each frame: it takes more room, and fleets have some hundred lists.
    private static let shapesMax = 65_536

    init(head: Head) { self.head = head }

    /// The machine's place in `entries`; `nil` when it is not known to the database.
    mutating func index(of machine: MachineKey, _ db: Database) throws -> Int? {
        if let index = indices[machine] { return index }
        var names = names
        defer { self.names = names }
        let entry = try LedgerEntry(
            machine, head: head,
            names: {
                if names == nil { names = try StoredNames(db) }
                return names!
            }, in: db)
        guard let entry else { return nil }
        return keep(entry, as: machine)
    }

    /// Whether the name is retired, and what became of its machine.
    mutating func retirement(of machine: MachineKey, _ db: Database) throws -> Retirement? {
        // Nearly always there are none, and this is asked for every message.
        if let retired { return retired.isEmpty ? nil : retired[machine] }
        let read = try Retirement.all(db)
        retired = read
        return read[machine]
    }

    /// The machine's place in `entries`; adds a machine that was never heard of.
    mutating func addingIndex(of machine: MachineKey, _ db: Database) throws -> Int {
        if let index = try index(of: machine, db) { return index }
        try db.cachedStatement(sql: "INSERT INTO machine (fleet, equipment) VALUES (?, ?)")
            .execute(arguments: [machine.fleet.text, machine.equipment.text])
        let id = db.lastInsertedRowID
        // A count that was not read yet will be read with this machine in it.
        machinesInFleet[machine.fleet]? += 1
        add(1, to: Total.unregisteredMachines)
        return keep(LedgerEntry(id: id), as: machine)
    }

    /// How many machines of the fleet the database has.
    mutating func machineCount(of fleet: FleetID, _ db: Database) throws -> Int {
        let sql = "SELECT COUNT(*) FROM machine WHERE fleet = ?"
        if let known = machinesInFleet[fleet] { return known }
        let count = try Int.fetchOne(db.cachedStatement(sql: sql), arguments: [fleet.text]) ?? 0
        machinesInFleet[fleet] = count
        return count
    }

    mutating func withEntry<Result>(_ index: Int, _ body: (inout LedgerEntry) throws -> Result) rethrows -> Result {
        try body(&entries[index])
    }

    /// The row of a signal's name, which is added when it is new.
    mutating func row(of signal: Signal, _ db: Database) throws -> Int64 {
        let number = Int(signal.number)
        if number < signalRows.count, signalRows[number] != 0 { return signalRows[number] }
        let name = signal.name
        let found = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM signal WHERE name = ?"), arguments: [name])
        let row: Int64
        if let found {
            row = found
        } else {
            try db.cachedStatement(sql: "INSERT INTO signal (name) VALUES (?)").execute(arguments: [name])
            row = db.lastInsertedRowID
        }
        if signalRows.count <= number { signalRows += Array(repeating: 0, count: number + 1 - signalRows.count) }
        signalRows[number] = row
        return row
    }

    /// How a frame of a machine says which signals it has; the signals' own rows are known.
    mutating func shape(of readings: [Reading], from machine: Int, _ db: Database) throws -> FrameWriter.Shape {
        if let row = entries[machine].shapeRow(of: readings) { return .stored(row) }
        let signals = readings.map(\.signal)
        let rows = signals.map { signalRows[Int($0.number)] }
        guard entries[machine].mayAddShape, let row = try row(ofShape: signals, rows, db) else { return .listed(rows) }
        entries[machine].add(shape: signals, row: row)
        return .stored(row)
    }

    private mutating func row(ofShape signals: [Signal], _ rows: [Int64], _ db: Database) throws -> Int64? {
        if shapeRows == nil {
            let stored = try StoredNames(db).shapes
            shapeRows = Dictionary(
                stored.enumerated().compactMap { row, shape in shape.map { ($0, Int64(row) + 1) } },
                uniquingKeysWith: { first, _ in first })
        }
        if let known = shapeRows![signals] { return known }
        guard shapeRows!.count < Ledger.shapesMax else { return nil }
        try db.cachedStatement(sql: "INSERT INTO shape (signals) VALUES (?)")
            .execute(arguments: [Data(ShapeBlob.bytes(of: rows))])
        shapeRows![signals] = db.lastInsertedRowID
        return db.lastInsertedRowID
    }

    /// Remembers a row at a place of the journal, for when the transaction is committed.
    mutating func note(_ row: [UInt8], at position: Int64) throws(Damage) {
        rows.append(try Head.Row(row, at: position))
    }

    /// The transaction is committed: what it added to the journal is readable from now on.
    mutating func publish() {
        head.append(rows)
        rows.removeAll(keepingCapacity: true)
    }

    /// The next place of the journal.
    mutating func nextPosition(_ db: Database) throws -> Int64 {
        let next = try lastPosition(db) + 1
        position = next
        return next
    }

    /// The last place given.
    mutating func lastPosition(_ db: Database) throws -> Int64 {
        if let position { return position }
        let stored = try Cursor.journal.value(db)
        position = stored
        return stored
    }

    mutating func add(_ amount: Int64, to total: String) {
        guard amount != 0 else { return }
        totals[total, default: 0] &+= amount
    }

    /// What this transaction adds to a total, so far.
    func pending(_ total: String) -> Int64 { totals[total] ?? 0 }

    /// Writes the journal's end and the totals: the last thing in a transaction.
    mutating func settle(_ db: Database) throws {
        if let position { try Cursor.journal.set(position, db) }
        for (name, amount) in totals.sorted(by: { $0.key < $1.key }) { try Total.add(amount, to: name, db) }
        totals.removeAll(keepingCapacity: true)
    }

    private mutating func keep(_ entry: LedgerEntry, as machine: MachineKey) -> Int {
        let index = entries.count
        entries.append(entry)
        indices[machine] = index
        return index
    }
}
