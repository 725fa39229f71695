import FleetModel
import GRDB

/// What the writing connection knows by heart of one machine.
struct LedgerEntry: Sendable {
    let id: Int64
    var isConnected: Bool?
    /// The arrival that stands in the machine's row, since it was written by us.
    var touchedAt: Timestamp?
    private(set) var signalCount = 0
    /// One bit a signal that the machine has ever sent, by `Signal.number`.
    private var signals: [UInt64] = []
    private var boots: [UInt32: SequenceRanges] = [:]
    /// Boots that have something to write, with how their holes stood before.
    private var unsettled: [(boot: UInt32, gaps: Int64, missing: Int64)] = []

    init(id: Int64) { self.id = id }

    /// Whether the machine's row must tell of this arrival. To the second is enough for people, and a machine that sends
    /// many frames a second need not be written with each.
    func isTouchDue(at arrival: Timestamp) -> Bool {
        touchedAt.map { arrival - $0 >= .seconds(1) || arrival < $0 } ?? true
    }

    /// Reads what the database has of the machine; `nil` when it has never heard of it.
    init?(_ machine: MachineKey, in db: Database) throws {
        let found = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT id, is_connected FROM machine WHERE fleet = ? AND equipment = ?"),
            arguments: [machine.fleet.text, machine.equipment.text])
        guard let found else { return nil }
        id = found[0]
        isConnected = found[1]
        let names = try String.fetchAll(
            db.cachedStatement(
                sql: "SELECT name FROM machine_signal JOIN signal ON signal.id = signal WHERE machine = ?"),
            arguments: [id])
        for name in names { add(Signal(name)) }
        let stored = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT boot, first, last FROM sequence_range WHERE machine = ?"), arguments: [id])
        boots = SequenceRanges.byBoot(stored)
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
    ///
    /// `isFirstChange` is set when the machine had nothing to write before.
    mutating func insert(boot: UInt32, seq: UInt64, isFirstChange: inout Bool) -> Bool {
        if unsettled.contains(where: { $0.boot == boot }) {
            return boots[boot]!.insert(seq)
        }
        var before = boots[boot] ?? SequenceRanges()
        guard !before.contains(seq) else { return false }
        isFirstChange = unsettled.isEmpty
        unsettled.append((boot, before.gapCount, before.missing))
        boots[boot] = nil
        _ = before.insert(seq)
        boots[boot] = before
        return true
    }

    /// Hands over what must be written, boot by boot, and takes it for written.
    mutating func settle(
        _ write: (_ boot: UInt32, _ ranges: SequenceRanges, _ newGaps: Int64, _ newlyMissing: Int64) throws -> Void
    ) rethrows {
        for (boot, gaps, missing) in unsettled {
            let ranges = boots[boot]!
            try write(boot, ranges, ranges.gapCount - gaps, ranges.missing &- missing)
            boots[boot]!.settle()
        }
        unsettled.removeAll(keepingCapacity: true)
    }
}

extension SequenceRanges {
    /// Rows of boot, first and last to ranges; the numbers are unsigned and lie in the bits of signed ones.
    static func byBoot(_ rows: [Row]) -> [UInt32: SequenceRanges] {
        var ranges: [UInt32: [ClosedRange<UInt64>]] = [:]
        for row in rows {
            let first = UInt64(bitPattern: row[1])
            let last = UInt64(bitPattern: row[2])
            guard first <= last else { continue }
            ranges[UInt32(truncatingIfNeeded: row[0] as Int64), default: []].append(first...last)
        }
        return ranges.mapValues { SequenceRanges($0) }
    }
}
