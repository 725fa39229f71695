import FleetModel
import FleetRuntime
import GRDB
import SeriesCodec

/// What the rows of signals and of their lists mean, complete for one transaction.
///
/// Rows are numbered from 1 without holes and never deleted, so that each is a place in an array.
struct StoredNames: Sendable {
    private(set) var signals: [Signal] = []
    /// `nil` for a list whose row is damaged: the frames that have it cannot be read, all others can.
    private(set) var shapes: [[Signal]?] = []

    init() {}

    /// Everything that `db` sees.
    init(_ db: Database) throws { try complete(db) }

    func signal(_ row: Int64) -> Signal? {
        row > 0 && row <= Int64(signals.count) ? signals[Int(row) - 1] : nil
    }

    func shape(_ row: Int64) -> [Signal]? {
        row > 0 && row <= Int64(shapes.count) ? shapes[Int(row) - 1] : nil
    }

    /// Under which row each signal's name is stored.
    var rows: [Signal: Int64] {
        Dictionary(signals.enumerated().map { ($1, Int64($0) + 1) }, uniquingKeysWith: { first, _ in first })
    }

    /// Reads what has come since.
    fileprivate mutating func complete(_ db: Database) throws {
        let names = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT id, name FROM signal WHERE id > ? ORDER BY id"), arguments: [signals.count])
        while let row = try names.next() {
            guard try row.decode(Int64.self, atIndex: 0) == Int64(signals.count + 1) else {
                throw missing("signal", signals.count + 1)
            }
            signals.append(Signal(try row.decode(String.self, atIndex: 1)))
        }
        let lists = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT id, signals FROM shape WHERE id > ? ORDER BY id"), arguments: [shapes.count]
        )
        while let row = try lists.next() {
            guard try row.decode(Int64.self, atIndex: 0) == Int64(shapes.count + 1) else {
                throw missing("shape", shapes.count + 1)
            }
            shapes.append(try? row.withUnsafeBlob(1) { try ShapeBlob.signals(of: $0, self) })
        }
    }

    private func missing(_ table: String, _ row: Int) -> StoreFailure {
        .damaged("the table \(table) lacks its row \(row); restore a backup")
    }
}

/// A list of signals as its table holds it: the byte 1, the list, CRC-32C.
enum ShapeBlob {
    private static let version: UInt8 = 1

    static func bytes(of rows: [Int64]) -> [UInt8] {
        var writer = ByteWriter(version: version)
        writer.append(shape: rows)
        return writer.sealed()
    }

    static func signals(of bytes: UnsafeRawBufferPointer, _ names: StoredNames) throws(Damage) -> [Signal] {
        var reader = try ByteReader.body(of: bytes, version: version)
        return try reader.shape(names)
    }
}

extension FleetDatabase {
    /// Names and lists of signals, complete for what `db` sees.
    func names(_ db: Database) throws -> StoredNames {
        var names = knownNames.withLock { $0 }
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
