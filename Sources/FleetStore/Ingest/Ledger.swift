import FleetModel
import GRDB

/// What the writing connection knows by heart: row numbers of machines and signals, and which frames are stored.
///
/// It holds nothing that is not in the database, and is read from there machine by machine as they speak. So after a
/// failed transaction it is simply thrown away: what was rolled back cannot live on in it.
struct Ledger: Sendable {
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

    /// The machine's place in `entries`; `nil` when it is not known to the database.
    mutating func index(of machine: MachineKey, _ db: Database) throws -> Int? {
        if let index = indices[machine] { return index }
        guard let entry = try LedgerEntry(machine, in: db) else { return nil }
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

    /// The row of a signal that `row(of:_:)` has given before.
    func knownRow(of signal: Signal) -> Int64 { signalRows[Int(signal.number)] }

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
