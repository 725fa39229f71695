import FleetModel
import FleetRuntime
import GRDB
import Glibc

/// What the first bytes of a file say, read without SQLite: a file that is not ours must not change by a look at it.
struct FileHeader: Hashable {
    /// "Zubr", as SQLite's application id.
    static let applicationID: UInt32 = 0x5A75_6272

    var applicationID: UInt32
    var schemaVersion: Int

    /// Reads the header; `nil` when there is no file, or an empty one.
    init?(path: String) throws(StoreFailure) {
        // A pipe would keep us waiting for somebody who writes.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .damaged("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { Glibc.close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .conflict("\(path) is no file but a folder, device or pipe; give the path of a database file")
        }
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = read(descriptor, &bytes, bytes.count)
        guard count != 0 else { return nil }
        guard count == bytes.count, bytes.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw .foreign("\(path) is not a database of Zubr; it was left as it is, give another path")
        }
        func number(at offset: Int) -> UInt32 { bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        applicationID = number(at: 68)
        schemaVersion = Int(number(at: 60))
    }

    /// Refuses what is not ours, or was written by a newer program than this one.
    static func check(path: String, newestKnown: Int) throws(StoreFailure) {
        guard let header = try FileHeader(path: path) else { return }
        guard header.applicationID == applicationID else {
            throw .foreign("\(path) is a database of another program; it was left as it is, give another path")
        }
        var version = header.schemaVersion
        // A program that was killed leaves its last changes in the log, where only SQLite can read them. A
        // read-only connection neither moves them into the file nor removes the log.
        if let log = FileSize.of(path + "-wal"), log > 0 {
            let peek = Result { try peekedVersion(path: path) }
            if case .success(let found) = peek { version = found }
        }
        guard version <= newestKnown else {
            throw .foreign(
                "\(path) was written by a newer Zubr (schema \(version), this program knows up to \(newestKnown)); it was left as it is, install the newer program"
            )
        }
    }

    private static func peekedVersion(path: String) throws -> Int {
        let queue = try DatabaseQueue(path: path, configuration: Connections.reader())
        defer { try? queue.close() }
        return try queue.read { db in try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 }
    }
}
