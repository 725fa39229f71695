import FleetModel
import FleetRuntime
import GRDB

/// The holes in what machines have counted.
enum GapReader {
    /// `sql` gives boot, first, last, fleet and equipment, the rows of one machine together.
    static func gaps(
        _ db: Database, deadline: ReadDeadline, sql: String, arguments: StatementArguments = []
    ) throws -> [GapDocument] {
        var gaps: [GapDocument] = []
        var machine: MachineKey?
        var rows: [Row] = []
        func finish() {
            guard let machine else { return }
            for (boot, ranges) in SequenceRanges.byBoot(rows).sorted(by: { $0.key < $1.key }) {
                gaps += ranges.gaps.map {
                    GapDocument(equipment: machine, boot: boot, firstSeq: $0.lowerBound, lastSeq: $0.upperBound)
                }
            }
            rows.removeAll(keepingCapacity: true)
        }
        let cursor = try Row.fetchCursor(db, sql: sql, arguments: arguments)
        while let row = try cursor.next() {
            try deadline.check()
            let owner = MachineKey(fleet: FleetID(unchecked: row[3]), equipment: EquipmentID(unchecked: row[4]))
            if owner != machine {
                finish()
                machine = owner
            }
            rows.append(row.copy())
        }
        finish()
        return gaps
    }
}
