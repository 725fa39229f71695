import FleetModel
import GRDB

/// What rows of imports said beside their values, as far as questions ask for it.
struct StoredTags: Sendable {
    struct Tags: Sendable, Hashable {
        /// "" for what a row did not say.
        var fleet = ""
        var driver = ""
        var model = ""
    }

    private var sets: [Int64: Tags] = [:]
    fileprivate private(set) var newest: Int64 = 0

    init() {}

    /// Reads what has come since. A set that was stored never changes.
    fileprivate mutating func complete(_ db: Database) throws {
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT id, tags FROM tag_set WHERE id > ? ORDER BY id"), arguments: [newest])
        while let row = try rows.next() {
            let said = try JSON.value([String: String].self, from: try row.decode(atIndex: 1))
            sets[try row.decode(atIndex: 0)] = Tags(
                fleet: said["fleet"] ?? "", driver: said["driver"] ?? "", model: said["model"] ?? "")
            newest = try row.decode(atIndex: 0)
        }
    }

    func hasFleet(_ fleet: String) -> Bool { sets.values.contains { $0.fleet == fleet } }

    /// `nil` when the value is no row of theirs: the reading does not say.
    subscript(value: Double) -> Tags? { Int64(exactly: value).flatMap { sets[$0] } }
}

extension FleetDatabase {
    /// Complete for what `db` sees.
    func tags(_ db: Database, _ marks: StoreMarks) throws -> StoredTags {
        var tags = knownTags.withLock { $0 }
        if marks.tagSets <= tags.newest { return tags }
        try tags.complete(db)
        knownTags.withLock { $0 = tags }
        return tags
    }
}
