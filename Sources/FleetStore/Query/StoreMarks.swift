import GRDB

/// How far the journal is in segments, and which change of the segments was the last, as one transaction sees it.
struct StoreMarks {
    var seal = SealMark()
    var segments: Int64 = 0

    private static let sql =
        "SELECT "
        + [Cursor.sealed, .sealing, .sealingMachine, .segments].map {
            "(SELECT value FROM cursor WHERE name = '\($0.rawValue)')"
        }.joined(separator: ", ")

    init(_ db: Database) throws {
        guard let row = try Row.fetchOne(db.cachedStatement(sql: StoreMarks.sql)) else { return }
        func value(_ index: Int) throws -> Int64 { try row.decode(Int64?.self, atIndex: index) ?? 0 }
        seal.sealed = try value(0)
        seal.sealing = try value(1)
        seal.machine = try value(2)
        segments = try value(3)
    }
}
