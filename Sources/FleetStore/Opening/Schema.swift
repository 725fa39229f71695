import GRDB

/// The layout of the database and the steps that lead to it. A step that was released never changes; a later layout
/// is a step more.
struct Schema: Sendable {
    typealias Step = @Sendable (Database) throws -> Void

    /// Step n leads from version n - 1 to n.
    var steps: [Step]

    static let current = Schema(steps: [Schema.version1, Schema.version2])

    var version: Int { steps.count }

    /// Runs the statements of a step without their comments and indents: SQLite keeps the text of a table as it was
    /// written, in every file. No string of a step may have two hyphens.
    static func execute(_ statements: String, _ db: Database) throws {
        var words: [Substring] = []
        for line in statements.split(separator: "\n") {
            let end = line.firstRange(of: "--")?.lowerBound ?? line.endIndex
            words += line[..<end].split(separator: " ") as [Substring]
        }
        let text: String = words.joined(separator: " ")
        try db.execute(sql: text.replacing("( ", with: "(").replacing(" )", with: ")"))
    }

    /// Takes a file through the steps that it lacks. Each step and the version number it leaves are one transaction.
    func migrate(_ queue: DatabaseQueue) throws {
        try queue.writeWithoutTransaction { db in
            let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            for (index, step) in steps.enumerated().dropFirst(max(0, version)) {
                try db.inTransaction(.immediate) {
                    try step(db)
                    try db.execute(sql: "PRAGMA user_version = \(index + 1)")
                    return .commit
                }
            }
        }
    }
}
