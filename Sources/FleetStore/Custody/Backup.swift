import FleetRuntime
import GRDB
import Glibc

/// A copy of the database that was opened and found whole before it got its name.
enum Backup {
    /// Copies the database of `db`, which is not in a transaction, to `target`.
    static func write(_ db: Database, to target: String) throws {
        let unfinished = target + ".partial"
        unlink(unfinished)
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        try db.execute(sql: "VACUUM INTO ?", arguments: [unfinished])
        try verify(unfinished, version: version)
        try FleetDatabase.rename(unfinished, to: target)
    }

    private static func verify(_ path: String, version: Int) throws {
        guard let header = try FileHeader(path: path), header.applicationID == FileHeader.applicationID,
            header.schemaVersion == version
        else { throw StoreFailure.damaged("the copy \(path) is not the database it was made of; it is not used") }
        let queue = try DatabaseQueue(path: path, configuration: Connections.reader())
        defer { try? queue.close() }
        let verdict = try queue.read { db in try String.fetchOne(db, sql: "PRAGMA quick_check(1)") }
        guard verdict == "ok" else {
            throw StoreFailure.damaged("the copy \(path) is damaged (\(verdict ?? "no answer")); it is not used")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        Glibc.close(descriptor)
    }
}

extension FleetDatabase {
    /// Writes a verified copy to `target` while everything goes on.
    package func backup(to target: String) async throws(StoreFailure) {
        guard FileSize.of(target) == nil else {
            throw .foreign("\(target) already exists; give the copy another name")
        }
        try await onWriter("cannot copy the database") { db in try Backup.write(db, to: target) }
    }
}
