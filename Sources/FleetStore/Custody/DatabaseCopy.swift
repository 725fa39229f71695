import FleetModel
import FleetRuntime
import GRDB
import Glibc

/// Copies of a database that a person asks for: made beside a running daemon, and put in a database's place.
package enum DatabaseCopy {
    /// What was copied.
    package struct Receipt: Sendable, Hashable, Codable {
        package var database: String
        package var file: String
        package var bytes: Int64
        /// What had to make way for a restored database, under its new name.
        package var putAside: [String] = []
        /// What is damaged in the copy because it is damaged in what it is of.
        package var damage: String?
        package var seconds: Double
    }

    package typealias Progress = @Sendable (_ part: String, _ done: Int, _ all: Int) -> Void

    /// Copies the database at `path` to the new file `target`, also while a daemon writes: everything that was committed
    /// before the call is in it. It has its name when every check sum in it is right, or wrong in the database, too; else
    /// nothing of it is left.
    package static func backUp(
        _ path: String, to target: String, isStopped: @escaping @Sendable () -> Bool = { false },
        progress: @escaping Progress = { _, _, _ in }
    ) async throws(StoreFailure) -> Receipt {
        try await inBackground("cannot copy \(path) to \(target)", target) {
            let begin = ContinuousClock.now
            guard FileSize.of(target) == nil else {
                throw StoreFailure.conflict("\(target) already exists and was left as it is; give another name")
            }
            try checkSource(path)
            try FleetDatabase.checkRoom(
                in: FileOwner.folder(of: target), for: (FileSize.of(path) ?? 0) + (FileSize.of(path + "-wal") ?? 0))
            let stop = StopSign(isAsked: isStopped)
            let backup = try copy(path, to: target, stop, progress)
            var damage: String?
            try finish(backup) {
                progress("looking whether it is whole", 0, 1)
                damage = try backup.publish(comparedWith: path, stoppedBy: stop) { _ in
                    try protect(backup.unfinished, like: path, owner: nil)
                }
            }
            return Receipt(
                database: path, file: target, bytes: FileSize.of(target) ?? 0, damage: damage,
                seconds: (.now - begin).inSeconds)
        }
    }

    /// Puts a copy of `file` in the place of the database at `path`, which no program may have open.
    ///
    /// The copy has the name of the database when everything in it was decoded and found right. What stands there before is
    /// put aside under another name, never deleted.
    ///
    /// - Parameters:
    ///   - isReplacing: also when there is a database, or the log of one.
    ///   - acceptsDamage: also when not everything in the file is right, for who has no other.
    package static func restore(
        _ file: String, to path: String, isReplacing: Bool = false, acceptsDamage: Bool = false,
        isStopped: @escaping @Sendable () -> Bool = { false }, progress: @escaping Progress = { _, _, _ in }
    ) async throws(StoreFailure) -> Receipt {
        try await inBackground("cannot restore \(file) to \(path)", path) {
            let begin = ContinuousClock.now
            try checkSource(file)
            // The name may be a link: what it stands for is the database, and that is what a daemon would lock.
            let place = FleetDatabase.resolved(path)
            if let old = FileIdentity(place), old == FileIdentity(file) {
                throw StoreFailure.conflict("\(file) and \(path) are the same file; nothing was changed")
            }
            let lock = try FileLock(database: place, access: .offline)
            defer { lock?.lift() }
            let inTheWay = suffixes.map { place + $0 }.filter { FileSize.of($0) != nil }
            guard isReplacing || inTheWay.isEmpty else {
                throw StoreFailure.conflict(
                    "\(inTheWay.joined(separator: ", ")) is there and was left as it is; with --force it is put aside under another name"
                )
            }
            try FleetDatabase.checkRoom(
                in: FileOwner.folder(of: place), for: (FileSize.of(file) ?? 0) + (FileSize.of(file + "-wal") ?? 0))
            let owner = FileOwner(place)
            let stop = StopSign(isAsked: isStopped)
            let backup = try copy(file, to: place, stop, progress)
            var old: [(place: String, aside: String)] = []
            var damage: String?
            try finish(backup) {
                progress("looking whether it is whole", 0, 1)
                do {
                    damage = try backup.publish(.values, comparedWith: file, stoppedBy: stop) { damage in
                        if let damage, !acceptsDamage {
                            throw StoreFailure.damaged(
                                "the backup \(file) is damaged: \(damage); nothing was changed; take another one, or this one as it is with --damaged"
                            )
                        }
                        try protect(backup.unfinished, like: nil, owner: owner)
                        try moveAside(place, &old)
                    }
                } catch {
                    try putBack(old, after: error)
                    throw error
                }
            }
            return Receipt(
                database: path, file: file, bytes: FileSize.of(place) ?? 0, putAside: old.map { $0.aside },
                damage: damage, seconds: (.now - begin).inSeconds)
        }
    }

    /// A database, and what SQLite keeps beside it.
    private static let suffixes = ["", "-wal", "-shm"]

    private static func checkSource(_ path: String) throws {
        guard FileSize.of(path) != nil else { throw StoreFailure.notFound("there is no database at \(path)") }
        try FileHeader.check(path: path, newestKnown: Schema.current.version)
        guard try FileHeader(path: path) != nil else {
            throw StoreFailure.foreign("\(path) is empty; give another file")
        }
    }

    /// A copy of what stands in the file and its log, as one transaction sees it.
    private static func copy(
        _ path: String, to target: String, _ stop: StopSign, _ progress: Progress
    ) throws -> Backup {
        let queue = try DatabaseQueue(path: path, configuration: Connections.reader())
        defer { try? queue.close() }
        return try queue.read { db in
            let backup = try Backup(of: db, to: target)
            try finish(backup) {
                while try !backup.step(for: .milliseconds(50)) {
                    try stop.check()
                    let (done, all) = backup.progress
                    progress("pages", done, all)
                }
            }
            return backup
        }
    }

    /// Runs `body`; when it fails nothing is left of the copy.
    private static func finish(_ backup: Backup, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            backup.abandon()
            backup.remove()
            throw error
        }
    }

    /// What is in it is nobody else's to read.
    private static func protect(_ file: String, like model: String?, owner: FileOwner?) throws {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DatabaseError(resultCode: .SQLITE_CANTOPEN) }
        defer { close(descriptor) }
        owner?.give(descriptor)
        var status = stat()
        let mode = model.flatMap { stat($0, &status) == 0 ? status.st_mode & 0o640 : nil } ?? 0o640
        guard fchmod(descriptor, mode) == 0 else { throw DatabaseError(resultCode: .SQLITE_PERM) }
    }

    /// Gives a database and its log another name; the database first, so that it never stands there without its log.
    private static func moveAside(_ path: String, _ moved: inout [(place: String, aside: String)]) throws {
        let time = Timestamp(seconds: Int64(Glibc.time(nil))).iso8601.filter { $0 != ":" }
        var target = "\(path).replaced-\(time)"
        var number = 1
        while suffixes.contains(where: { FileSize.of(target + $0) != nil }) {
            number += 1
            target = "\(path).replaced-\(time)-\(number)"
        }
        for suffix in suffixes where FileSize.of(path + suffix) != nil {
            try FleetDatabase.rename(path + suffix, to: target + suffix)
            moved.append((path + suffix, target + suffix))
        }
    }

    /// Gives the old database its name again: else the next start would find none, and begin with an empty one. Its log comes
    /// first, so that it never stands there without it.
    private static func putBack(_ moved: [(place: String, aside: String)], after cause: any Error) throws {
        do {
            for file in moved.reversed() { try FleetDatabase.rename(file.aside, to: file.place) }
        } catch {
            throw StoreFailure.damaged(
                "\((cause as? StoreFailure)?.message ?? "\(cause)"); the old database is \(moved[0].aside) now and could not be put back (\(error)); give \(moved.map { $0.aside }.joined(separator: ", ")) the old names again before zubrd is started"
            )
        }
    }

    private static func inBackground<Value: Sendable>(
        _ doing: String, _ path: String, _ body: @escaping @Sendable () throws -> Value
    ) async throws(StoreFailure) -> Value {
        let result: Result<Value, StoreFailure> = await withCheckedContinuation { continuation in
            FleetDatabase.background.async {
                continuation.resume(
                    returning: Result(catching: body).mapError {
                        if let error = $0 as? DatabaseError, error.resultCode == .SQLITE_INTERRUPT {
                            return .busy("stopped; nothing was changed")
                        }
                        return StoreFailure($0, doing: doing, path: path, systemError: errno, next: "then try again")
                    })
            }
        }
        return try result.get()
    }
}
