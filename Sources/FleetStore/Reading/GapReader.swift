import FleetModel
import FleetRuntime
import GRDB

/// The holes in what machines have counted.
enum GapReader {
    /// More than anybody reads, and few enough for one answer.
    static let limit = 10_000

    /// The holes of all machines, or of the one with this row, in order of fleet, equipment, boot and number.
    ///
    /// It goes through the ranges once, the machines added last first, and stops at the limit.
    static func gaps(
        _ db: Database, deadline: ReadDeadline, only id: Int64? = nil, limit: Int = GapReader.limit
    ) throws -> [GapDocument] {
        var gaps: [GapDocument] = []
        var boot: Boot?
        var ranges: [ClosedRange<UInt64>] = []
        func finish() {
            // Most boots have no hole and are one range.
            if let boot, ranges.count > 1 {
                gaps += SequenceRanges(ranges).gaps.prefix(limit - gaps.count).map {
                    GapDocument(
                        equipment: boot.equipment, boot: boot.number, firstSeq: $0.lowerBound, lastSeq: $0.upperBound)
                }
            }
            ranges.removeAll(keepingCapacity: true)
        }
        // A cross join keeps this order of the loops: the rows then come sorted from the tables themselves.
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT fleet, equipment, machine, boot, first, last FROM machine CROSS JOIN sequence_range
                ON machine.id = sequence_range.machine WHERE ?1 IS NULL OR machine.id = ?1
                ORDER BY machine.id DESC, boot
                """, arguments: [id])
        while gaps.count < limit, let row = try rows.next() {
            try deadline.check()
            let (machine, number): (Int64, Int64) = (row[2], row[3])
            if boot?.machine != machine || boot?.row != number {
                finish()
                boot = Boot(machine: machine, row: number, equipment: MachineKey(row))
            }
            // Numbers are unsigned and lie in the bits of signed ones; a damaged row may have its ends reversed.
            let (first, last) = (UInt64(bitPattern: row[4]), UInt64(bitPattern: row[5]))
            if first <= last { ranges.append(first...last) }
        }
        if gaps.count < limit { finish() }
        return gaps.sorted { ($0.equipment, $0.boot, $0.firstSeq) < ($1.equipment, $1.boot, $1.firstSeq) }
    }

    private struct Boot {
        var machine: Int64
        var row: Int64
        var equipment: MachineKey

        var number: UInt32 { UInt32(truncatingIfNeeded: row) }
    }
}
