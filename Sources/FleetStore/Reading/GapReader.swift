import FleetModel
import FleetRuntime
import GRDB

/// The holes in what machines have counted.
enum GapReader {
    /// More than anybody reads, and few enough for one answer.
    static let limit = 10_000

    /// The holes of all machines, or of the one with this row, in order of fleet, equipment, boot and number.
    ///
    /// It goes through the machines once, those added last first, and stops at the limit.
    static func gaps(
        _ db: Database, head: [Int64: Head.Run], names: StoredNames, deadline: ReadDeadline, only id: Int64? = nil,
        limit: Int = GapReader.limit
    ) throws -> [GapDocument] {
        var gaps: [GapDocument] = []
        let machines = try Row.fetchCursor(
            db, sql: "SELECT fleet, equipment, id FROM machine WHERE ?1 IS NULL OR id = ?1 ORDER BY id DESC",
            arguments: [id])
        while gaps.count < limit, let machine = try machines.next() {
            try deadline.check()
            let row: Int64 = try machine.decode(atIndex: 2)
            var boots = try SequenceRanges.stored(of: row, db)
            for mark in head[row]?.marks(names: names) ?? [] {
                _ = boots[mark.boot, default: SequenceRanges()].insert(mark.seq)
            }
            let key = try MachineKey(machine)
            for (boot, ranges) in boots.sorted(by: { $0.key < $1.key }) {
                gaps += ranges.gaps.prefix(limit - gaps.count).map {
                    GapDocument(equipment: key, boot: boot, firstSeq: $0.lowerBound, lastSeq: $0.upperBound)
                }
            }
        }
        return gaps.sorted { ($0.equipment, $0.boot, $0.firstSeq) < ($1.equipment, $1.boot, $1.firstSeq) }
    }
}
