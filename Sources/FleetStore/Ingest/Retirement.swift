import FleetModel
import GRDB

/// What became of a machine whose name was retired.
struct Retirement: Sendable {
    /// The name it has now.
    var successor: MachineKey
    var until: Timestamp

    static func all(_ db: Database) throws -> [MachineKey: Retirement] {
        var all: [MachineKey: Retirement] = [:]
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT retired_name.fleet, retired_name.equipment, retired_at, machine.fleet, machine.equipment
                    FROM retired_name JOIN machine ON machine.id = machine
                    """))
        while let row = try rows.next() {
            all[try MachineKey(row)] = Retirement(
                successor: MachineKey(
                    fleet: FleetID(unchecked: try row.decode(atIndex: 3)),
                    equipment: EquipmentID(unchecked: try row.decode(atIndex: 4))),
                until: try row.time(2))
        }
        return all
    }

    func rejection(of name: MachineKey) -> Rejection {
        Rejection(
            .retired,
            "\(name) is \(successor) since \(until.iso8601); withdraw the old credential: zubr machines withdraw \(name)"
        )
    }
}
