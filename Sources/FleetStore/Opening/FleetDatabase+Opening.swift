import Dispatch
import FleetModel
import FleetRuntime
import FoundationEssentials
import GRDB
import GRDBSQLite
import Glibc
import SeriesCodec

extension FleetDatabase {
    /// Opens the database, makes it when the daemon finds none, and brings an older layout up to date.
    ///
    /// Before an existing file is changed to a later layout, a copy is kept as `PATH.before-vN`. A file that is not
    /// Zubr's, or newer than this program, is refused and left as it is; a damaged one is moved aside, never deleted, and
    /// as long as it lies there no empty one is made in its place.
    package static func open(
        path: String, access: Access, catalog: Catalog = Catalog(), limits: IngestLimits = IngestLimits(),
        retention: RetentionSettings = RetentionSettings(), keepsBallast: Bool = false, sync: CommitSync = .full
    ) async throws(StoreFailure) -> FleetDatabase {
        try await open(
            path: path, access: access, catalog: catalog, limits: limits, retention: retention,
            keepsBallast: keepsBallast, quarantineBounds: QuarantineBounds(), schema: .current, sync: sync)
    }

    static func open(
        path: String, access: Access, catalog: Catalog, limits: IngestLimits,
        retention: RetentionSettings = RetentionSettings(), keepsBallast: Bool, quarantineBounds: QuarantineBounds,
        schema: Schema, sync: CommitSync = .full, sealRules: SealRules = SealRules(),
        queryLimits: QueryLimits = QueryLimits(),
        freeBytes: @escaping @Sendable (String) -> Int64 = { FileSize.free(beside: $0) }
    ) async throws(StoreFailure) -> FleetDatabase {
        let result: Result<FleetDatabase, StoreFailure> = await withCheckedContinuation { continuation in
            background.async {
                do throws(StoreFailure) {
                    let (writer, readers, lock) = try connect(path: path, access: access, schema: schema, sync: sync)
                    let database = FleetDatabase(
                        path: path, access: access, catalog: catalog, limits: limits, retention: retention,
                        quarantineBounds: quarantineBounds, keepsBallast: keepsBallast, freeBytes: freeBytes,
                        writer: writer, readers: readers,
                        head: try head(readers, path: path), sealRules: sealRules, queryLimits: queryLimits,
                        lock: lock)
                    writer?.writeWithoutTransaction { db in
                        database.log.watch(db)
                        database.log.begin(bytes: FileSize.of(path + "-wal") ?? 0)
                    }
                    continuation.resume(returning: .success(database))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    /// Where the file really is: a second daemon must not get past the lock through a symbolic link.
    static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func connect(
        path: String, access: Access, schema: Schema, sync: CommitSync
    ) throws(StoreFailure) -> (DatabaseQueue?, Readers, FileLock?) {
        // Who reads must find a file, and must not leave a lock beside nothing.
        if !access.mayMake, FileSize.of(path) == nil {
            throw .notFound("there is no database at \(path); check --database")
        }
        try FileHeader.check(path: path, newestKnown: schema.version)
        let lock = try FileLock(database: resolved(path), access: access)
        do {
            guard access.mayWrite else {
                let readers = try Readers(path: path)
                let version = try readers.first { db in try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 }
                guard version == schema.version else {
                    throw StoreFailure.foreign(
                        "\(path) has the older schema \(version); start zubrd of this version on it once, it updates it"
                    )
                }
                return (nil, readers, lock)
            }
            try refuseSecondName(path)
            if try FileHeader(path: path) == nil {
                try refuseBeginning(besideDamaged: path)
                try refuseBeginning(besideLog: path)
                try refuseBeginning(besideRestore: path)
                try create(path: path, schema: schema)
            }
            let writer = try DatabaseQueue(path: path, configuration: Connections.writer(sync))
            try check(writer, path: path)
            try migrate(writer, path: path, schema: schema)
            try settle(writer)
            return (writer, try Readers(path: path), lock)
        } catch let error as DatabaseError
            where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) && access.mayWrite
        {
            throw moveAside(path: path, cause: error.message ?? "SQLite error \(error.resultCode.rawValue)")
        } catch {
            throw StoreFailure(
                error, doing: "cannot open the database", path: path, systemError: errno, next: "then start again")
        }
    }

    /// Refuses to begin with an empty file where a damaged one was moved aside: a service manager starts the daemon again
    /// by itself, and whether the fleet's history is given up is for a person to say.
    private static func refuseBeginning(besideDamaged path: String) throws(StoreFailure) {
        guard let damaged = damagedFile(beside: path) else { return }
        throw .damaged("\(path) is missing, and \(damaged), which was found damaged, lies beside it; \(afterDamage)")
    }

    /// Refuses a file that has another name: who opens that one does not meet our lock, and SQLite keeps another log for it.
    private static func refuseSecondName(_ path: String) throws(StoreFailure) {
        guard let identity = FileIdentity(path), identity.nameCount > 1 else { return }
        throw .foreign(
            "\(path) has \(identity.nameCount) names (hard links), and a program under another name would destroy it; remove the others (find -samefile \(path)), or copy the file instead"
        )
    }

    /// Refuses to begin with an empty file where the log of one lies: somebody has removed the file and not the log.
    private static func refuseBeginning(besideLog path: String) throws(StoreFailure) {
        guard FileSize.of(path + "-wal") ?? 0 > 0 else { return }
        throw .damaged(
            "\(path) is missing, and its log \(path)-wal is there; put the database or a backup in its place (without the log), or move the log away to begin with an empty database; then start again"
        )
    }

    /// Refuses to begin with an empty file in the middle of a restore: the old file is aside, the new one has no name yet.
    private static func refuseBeginning(besideRestore path: String) throws(StoreFailure) {
        guard FileSize.of(path + Backup.unfinishedSuffix) != nil else { return }
        throw .damaged(
            "\(path) is missing, and \(path)\(Backup.unfinishedSuffix) lies beside it: a restore was interrupted; run zubr restore again, or remove that file to begin with an empty database; then start again"
        )
    }

    /// The file that was moved aside last because it was damaged, when it still lies beside `path`.
    package static func damagedFile(beside path: String) -> String? {
        let start = path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex
        let folder = path[..<start]
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : String(folder))
        return names?.filter { name in
            name.hasPrefix(path[start...] + corruptMark) && !name.hasSuffix("-wal") && !name.hasSuffix("-shm")
        }.max().map { folder + $0 }
    }

    /// What stands between the name of a database and the time at which it was found damaged.
    private static let corruptMark = ".corrupt-"
    private static let afterDamage =
        "put a backup in its place, or move the damaged file to another folder to begin with an empty database; then start again"

    /// Makes the file under another name and gives it its own when it is complete: whoever finds it finds all of it.
    private static func create(path: String, schema: Schema) throws {
        let unfinished = path + ".new"
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(unfinished + suffix) }
        // What is in it is nobody else's to read, whoever makes it. SQLite gives its log the same rights.
        Glibc.close(Glibc.open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640))
        let queue = try DatabaseQueue(path: unfinished)
        try queue.writeWithoutTransaction { db in
            try db.execute(
                sql: """
                    PRAGMA page_size = \(Connections.pageSize);
                    PRAGMA auto_vacuum = INCREMENTAL;
                    PRAGMA application_id = \(FileHeader.applicationID);
                    """)
        }
        try schema.migrate(queue)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            _ = try db.checkpoint(.truncate)
        }
        try queue.close()
        try rename(unfinished, to: path)
    }

    /// Looks whether the file is whole, for at most five seconds; a larger file is taken as it is.
    private static func check(_ writer: DatabaseQueue, path: String) throws {
        let verdict = try writer.writeWithoutTransaction { db in
            do {
                return try ReadDeadline(after: .seconds(5)).bound(db) {
                    try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "ok"
                }
            } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
                return "ok"
            }
        }
        guard verdict == "ok" else {
            try writer.close()
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: verdict)
        }
    }

    /// Puts on the disk what a killed program left in its log.
    ///
    /// That may be in the kernel's memory only, and yet is read from now on: a message in it would be acknowledged when it
    /// comes again, an order from it sent out, and a power cut would then take both.
    private static func settle(_ writer: DatabaseQueue) throws {
        try writer.writeWithoutTransaction { db in
            do {
                _ = try db.checkpoint(.passive)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
                // The log is flushed before anything is moved out of it, and that needs no room.
            }
        }
    }

    /// What the journal has and no segment has. A damaged row is left out here, and named by whoever reads it next.
    private static func head(_ readers: Readers, path: String) throws(StoreFailure) -> Head {
        do {
            return try readers.first { db in
                let head = Head()
                let mark = try SealMark(db)
                if let known = try RecentArrivals.stored(db) { head.note(known) }
                let rows = try Row.fetchCursor(
                    db, sql: "SELECT id, frames FROM journal WHERE id > ? ORDER BY id", arguments: [mark.sealed])
                while let row = try rows.next() {
                    let position: Int64 = try row.decode(atIndex: 0)
                    let bytes = try row.withUnsafeBlob(1) { Array($0) }
                    do throws(Damage) {
                        head.append([try Head.Row(bytes, at: position) { position > mark.position(of: $0) }])
                    } catch {
                        head.leaveOut(position)
                    }
                }
                return head
            }
        } catch {
            throw StoreFailure(error, doing: "cannot read the journal", path: path)
        }
    }

    private static func migrate(_ writer: DatabaseQueue, path: String, schema: Schema) throws {
        let version = try writer.read { db in try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 }
        guard version < schema.version else { return }
        try writer.writeWithoutTransaction { db in
            try Backup.write(db, of: path, to: "\(path).before-v\(schema.version)")
        }
        try schema.migrate(writer)
        try writer.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
    }

    private static func moveAside(path: String, cause: String) -> StoreFailure {
        let time = Timestamp(seconds: Int64(Glibc.time(nil))).iso8601.filter { $0 != ":" }
        let target = path + corruptMark + time
        do {
            for suffix in ["", "-wal", "-shm"] where FileSize.of(path + suffix) != nil {
                try rename(path + suffix, to: target + suffix)
            }
        } catch {
            return .damaged("\(path) is damaged (\(cause)) and could not be moved aside: \(error)")
        }
        return .damaged(
            "\(path) was damaged (\(cause)) and is now \(target); \(afterDamage)"
        )
    }

    /// Renames and waits until the folder itself is on disk.
    static func rename(_ source: String, to target: String) throws {
        guard Glibc.rename(source, target) == 0 else {
            throw StoreFailure.damaged(
                "cannot rename \(source) to \(target): \(String(cString: strerror(errno)))")
        }
        let descriptor = Glibc.open(FileOwner.folder(of: target), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        Glibc.close(descriptor)
    }
}
