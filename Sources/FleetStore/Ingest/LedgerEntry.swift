import FleetModel
import GRDB

/// What the writing connection knows by heart of one machine.
struct LedgerEntry: Sendable {
    let id: Int64
    var isConnected: Bool?
    private(set) var signalCount = 0
    /// One bit a signal that the machine has ever sent, by `Signal.number`.
    private var signals: [UInt64] = []
    private var boots: [UInt32: SequenceRanges] = [:]
    /// Boots whose ranges are not all in their table, because the journal still has the frames.
    private var unwritten: Set<UInt32> = []
    /// Boots that this transaction has changed, with how their holes stood before.
    private var changed: [(boot: UInt32, gaps: Int64, missing: Int64)] = []
    /// The lists of signals that its frames have, with the rows they are stored under.
    private var shapes: [(signals: [Signal], row: Int64)] = []
    private var lastShape = 0

    init(id: Int64) { self.id = id }

    /// Reads what the database has of the machine; `nil` when it has never heard of it.
    ///
    /// - Parameter head: the frames whose numbers are not in the table of ranges yet.
    init?(_ machine: MachineKey, head: Head, names: () throws -> StoredNames, in db: Database) throws {
        let found = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT id, is_connected FROM machine WHERE fleet = ? AND equipment = ?"),
            arguments: [machine.fleet.text, machine.equipment.text])
        guard let found else { return nil }
        id = try found.decode(atIndex: 0)
        isConnected = try found.decode(atIndex: 1)
        let known = try String.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT name FROM machine_signal, json_each(signals) AS sent JOIN signal ON signal.id = sent.value
                    WHERE machine = ?
                    """), arguments: [id])
        for name in known { add(Signal(name)) }
        boots = try SequenceRanges.stored(of: id, db)
        guard let run = head.run(of: id) else { return }
        for mark in run.marks(names: try names()) {
            _ = boots[mark.boot, default: SequenceRanges()].insert(mark.seq)
            unwritten.insert(mark.boot)
        }
    }

    func knows(_ signal: Signal) -> Bool {
        let (word, bit) = Int(signal.number).quotientAndRemainder(dividingBy: 64)
        return word < signals.count && signals[word] >> UInt64(bit) & 1 == 1
    }

    mutating func add(_ signal: Signal) {
        let (word, bit) = Int(signal.number).quotientAndRemainder(dividingBy: 64)
        if signals.count <= word { signals += Array(repeating: 0, count: word + 1 - signals.count) }
        guard signals[word] >> UInt64(bit) & 1 == 0 else { return }
        signals[word] |= 1 << UInt64(bit)
        signalCount += 1
    }

    /// Takes a frame's number in; `false` when the frame is stored already.
    mutating func insert(boot: UInt32, seq: UInt64) -> Bool {
        if changed.contains(where: { $0.boot == boot }) { return boots[boot]!.insert(seq) }
        let before = boots[boot].map { ($0.gapCount, $0.missing) } ?? (0, 0)
        guard boots[boot, default: SequenceRanges()].insert(seq) else { return false }
        changed.append((boot, before.0, before.1))
        unwritten.insert(boot)
        return true
    }

    /// Gives rows that have no numbers of their own the next ones of a boot; returns the first, `nil` when there are none left.
    mutating func take(_ count: Int, of boot: UInt32) -> UInt64? {
        unwritten.insert(boot)
        return boots[boot, default: SequenceRanges()].append(count)
    }

    /// How many holes there are more since this was asked last, and how many numbers in them.
    mutating func takeNewGaps() -> (gaps: Int64, missing: Int64) {
        defer { changed.removeAll(keepingCapacity: true) }
        return changed.reduce((0, 0)) { sum, before in
            let now = boots[before.boot]!
            return (sum.0 + now.gapCount - before.gaps, sum.1 &+ (now.missing &- before.missing))
        }
    }

    /// Hands over the ranges that are not in their table, boot by boot, and takes them for written.
    mutating func settle(_ write: (_ boot: UInt32, _ ranges: SequenceRanges) throws -> Void) rethrows {
        for boot in unwritten.sorted() {
            try write(boot, boots[boot]!)
            boots[boot]!.settle()
        }
        unwritten.removeAll()
    }

    /// Under which row the list of a frame's signals is stored, as far as the machine has used it before.
    mutating func shapeRow(of readings: [Reading]) -> Int64? {
        func fits(_ shape: [Signal]) -> Bool {
            guard shape.count == readings.count else { return false }
            for index in shape.indices where shape[index] != readings[index].signal { return false }
            return true
        }
        if shapes.indices.contains(lastShape), fits(shapes[lastShape].signals) { return shapes[lastShape].row }
        guard let known = shapes.firstIndex(where: { fits($0.signals) }) else { return nil }
        lastShape = known
        return shapes[known].row
    }

    /// A machine that invents lists must not fill the table of them.
    private static let shapesMax = 64
    var mayAddShape: Bool { shapes.count < LedgerEntry.shapesMax }

    mutating func add(shape: [Signal], row: Int64) {
        lastShape = shapes.count
        shapes.append((shape, row))
    }
}

extension SequenceRanges {
    /// What the table has of a machine, by boot.
    static func stored(of machine: Int64, _ db: Database) throws -> [UInt32: SequenceRanges] {
        let rows = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT boot, first, last FROM sequence_range WHERE machine = ?"),
            arguments: [machine])
        // The numbers are unsigned and lie in the bits of signed ones; a damaged row may have its ends reversed.
        var ranges: [UInt32: [ClosedRange<UInt64>]] = [:]
        for row in rows {
            let (first, last) = (
                UInt64(bitPattern: try row.decode(atIndex: 1)), UInt64(bitPattern: try row.decode(atIndex: 2))
            )
            guard first <= last else { continue }
            ranges[UInt32(truncatingIfNeeded: try row.decode(Int64.self, atIndex: 0)), default: []].append(first...last)
        }
        return ranges.mapValues { SequenceRanges($0) }
    }

    /// Writes what has changed since `settle`.
    func write(of machine: Int64, boot: UInt32, _ db: Database) throws {
        let delete = try HotStatement(db, "DELETE FROM sequence_range WHERE machine = ? AND boot = ? AND first = ?")
        // Nearly always a range grows at its end: cheaper than to replace its row.
        let extend = try HotStatement(
            db, "UPDATE sequence_range SET last = ? WHERE machine = ? AND boot = ? AND first = ?")
        let put = try HotStatement(
            db, "INSERT INTO sequence_range (machine, boot, first, last) VALUES (?, ?, ?, ?)")
        for first in removed {
            delete.bind(machine, at: 1)
            delete.bind(Int64(boot), at: 2)
            delete.bind(Int64(bitPattern: first), at: 3)
            try delete.run()
        }
        for range in rangesToWrite {
            extend.bind(Int64(bitPattern: range.upperBound), at: 1)
            extend.bind(machine, at: 2)
            extend.bind(Int64(boot), at: 3)
            extend.bind(Int64(bitPattern: range.lowerBound), at: 4)
            try extend.run()
            guard db.changesCount == 0 else { continue }
            put.bind(machine, at: 1)
            put.bind(Int64(boot), at: 2)
            put.bind(Int64(bitPattern: range.lowerBound), at: 3)
            put.bind(Int64(bitPattern: range.upperBound), at: 4)
            try put.run()
        }
    }
}
