import GRDB

/// How far the journal is in segments.
///
/// Sealing goes machine by machine, in order of their rows, in several transactions: each moves this mark with what it writes,
/// so that every frame is either in a segment or still counts in the journal, whenever it is interrupted.
struct SealMark: Hashable {
    /// Of all machines everything up to here is in segments.
    var sealed: Int64 = 0
    /// Of machines up to the row `machine` everything up to here is. 0 while nothing is being sealed.
    var sealing: Int64 = 0
    var machine: Int64 = 0

    /// The last place of the journal up to which the frames of a machine are in segments.
    func position(of machine: Int64) -> Int64 { machine <= self.machine ? max(sealing, sealed) : sealed }

    init() {}

    init(_ db: Database) throws {
        sealed = try Cursor.sealed.value(db)
        sealing = try Cursor.sealing.value(db)
        machine = try Cursor.sealingMachine.value(db)
    }

    func write(_ db: Database) throws {
        try Cursor.sealed.set(sealed, db)
        try Cursor.sealing.set(sealing, db)
        try Cursor.sealingMachine.set(machine, db)
    }
}
