import FleetModel
import GRDB

extension ImportNames {
    init(_ db: Database) throws {
        self.init(
            machines: try Row.fetchAll(db, sql: "SELECT fleet, equipment FROM machine").map { try MachineKey($0) },
            retired: Set(try Retirement.all(db).keys),
            measurements: try Row.fetchAll(db, sql: "SELECT id, name FROM measurement").map {
                (try $0.decode(atIndex: 0), try $0.decode(atIndex: 1))
            },
            tagSets: try Row.fetchAll(db, sql: "SELECT id, tags FROM tag_set").map {
                (try $0.decode(atIndex: 0), try JSON.value([String: String].self, from: try $0.decode(atIndex: 1)))
            },
            boots: Set(
                try UInt32.fetchAll(
                    db, sql: "SELECT DISTINCT boot FROM sequence_range WHERE boot BETWEEN ? AND ?",
                    arguments: [ImportNames.firstBoot, UInt32.max])))
    }

    /// Writes what is new.
    func write(_ db: Database) throws {
        for (row, name) in newMeasurements {
            try db.cachedStatement(sql: "INSERT INTO measurement (id, name) VALUES (?, ?)").execute(arguments: [
                row, name,
            ])
        }
        for (row, tags) in newTagSets {
            try db.cachedStatement(sql: "INSERT INTO tag_set (id, tags) VALUES (?, ?)").execute(arguments: [row, tags])
        }
    }
}
