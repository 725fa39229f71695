import FleetModel

/// One message the broker has taken: it must be in the database exactly once.
struct LedgerEntry: Hashable, Sendable {
    var equipment: EquipmentID
    var boot: UInt32
    var seq: UInt64
}
