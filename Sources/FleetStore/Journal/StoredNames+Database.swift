import FleetModel
import FleetRuntime
import GRDB
import SeriesCodec

extension StoredNames {
    /// Everything that `db` sees.
    init(_ db: Database) throws {
        self.init()
        try complete(db)
    }

    /// Reads what has come since.
    mutating func complete(_ db: Database) throws {
        let names = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT id, name FROM signal WHERE id > ? ORDER BY id"), arguments: [signals.count])
        while let row = try names.next() {
            guard try row.decode(Int64.self, atIndex: 0) == Int64(signals.count + 1) else {
                throw missing("signal", signals.count + 1)
            }
            append(Signal(try row.decode(String.self, atIndex: 1)))
        }
        let lists = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT id, signals FROM shape WHERE id > ? ORDER BY id"), arguments: [shapes.count]
        )
        while let row = try lists.next() {
            guard try row.decode(Int64.self, atIndex: 0) == Int64(shapes.count + 1) else {
                throw missing("shape", shapes.count + 1)
            }
            append(shape: try? row.withUnsafeBlob(1) { try ShapeBlob.signals(of: $0, self) })
        }
    }

    private func missing(_ table: String, _ row: Int) -> StoreFailure {
        .damaged("the table \(table) lacks its row \(row); restore a backup")
    }
}

extension FleetDatabase {
    /// Names and lists of signals, complete for what `db` sees.
    ///
    /// - Parameter marks: what is known of how many there are, so that mostly nothing is read.
    func names(_ db: Database, _ marks: StoreMarks? = nil) throws -> StoredNames {
        var names = knownNames.withLock { $0 }
        if let marks, marks.signals <= names.signals.count, marks.shapes <= names.shapes.count { return names }
        let (signals, shapes) = (names.signals.count, names.shapes.count)
        try names.complete(db)
        if names.signals.count > signals || names.shapes.count > shapes {
            let complete = names
            knownNames.withLock {
                // Of two readers the one that sees more is right for both, and each of the two lists only grows.
                if complete.signals.count >= $0.signals.count, complete.shapes.count >= $0.shapes.count {
                    $0 = complete
                }
            }
        }
        return names
    }
}

extension Row {
    /// The bytes of a blob; an empty one when there is none.
    func withUnsafeBlob<Result>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        try withUnsafeData(atIndex: column) { data in
            guard let data else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
            return try data.withUnsafeBytes { try body($0) }
        }
    }
}
