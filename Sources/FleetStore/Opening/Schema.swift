import GRDB

/// The layout of the database and the steps that lead to it. A step that was released never changes; a later layout
/// is a step more.
struct Schema: Sendable {
    typealias Step = @Sendable (Database) throws -> Void

    /// Step n leads from version n - 1 to n.
    var steps: [Step]

    static let current = Schema(steps: [Schema.version1, Schema.version2])

    var version: Int { steps.count }

    /// Each step and the version number it leaves are one transaction.
    var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for (index, step) in steps.enumerated() {
            migrator.registerMigration("v\(index + 1)", foreignKeyChecks: .immediate) { db in
                try step(db)
                try db.execute(sql: "PRAGMA user_version = \(index + 1)")
            }
        }
        return migrator
    }
}
