import GRDB

/// How far the journal is in segments, which change of the segments was the last, and how many names and sets of tags
/// there are, as one transaction sees it.
struct StoreMarks {
    var seal = SealMark()
    var segments: Int64 = 0
    /// Their rows are numbered from 1.
    var signals: Int64 = 0
    var shapes: Int64 = 0
    var tagSets: Int64 = 0

    private static let sql =
        "SELECT "
        + [Cursor.sealed, .sealing, .sealingMachine, .segments].map {
            "(SELECT value FROM cursor WHERE name = '\($0.rawValue)')"
        }.joined(separator: ", ")
        + ["signal", "shape", "tag_set"].map { ", (SELECT max(id) FROM \($0))" }.joined()

    init(_ db: Database) throws {
        guard let row = try Row.fetchOne(db.cachedStatement(sql: StoreMarks.sql)) else { return }
        func value(_ index: Int) throws -> Int64 { try row.decode(Int64?.self, atIndex: index) ?? 0 }
        seal.sealed = try value(0)
        seal.sealing = try value(1)
        seal.machine = try value(2)
        segments = try value(3)
        signals = try value(4)
        shapes = try value(5)
        tagSets = try value(6)
    }
}
