import Dispatch
import FleetModel
import FleetRuntime
import GRDB
import Glibc

extension FleetDatabase: BackupStore {
    /// How long one step may keep a commit waiting, and how long commits then have the connection for themselves.
    private static let stepBudget = Duration.milliseconds(5)
    private static let stepPause = Duration.milliseconds(5)
    /// What a backup leaves free on its disk.
    private static let backupMargin: Int64 = 128 << 20

    package func backUp(to name: String, in folder: String) async throws(StoreFailure) -> BackupReceipt {
        let target = "\(folder)/\(name)"
        guard FileSize.of(target) == nil else {
            throw .foreign("\(target) already exists and was left as it is")
        }
        try Self.checkRoom(in: folder, for: (FileSize.of(path) ?? 0) + (FileSize.of(path + "-wal") ?? 0))
        let backup = try await onWriter("cannot copy the database to \(folder)") { db in
            try Backup(of: db, to: target)
        }
        let stop = StopSign()
        let damage: String?
        do {
            while !(try await copyStep(backup)) {
                if Task.isCancelled { throw StoreFailure.busy("the backup was stopped") }
                try Self.checkRoom(in: folder, for: 0)
                try? await Task.sleep(for: Self.stepPause)
            }
            damage = try await withTaskCancellationHandler {
                try await inBackground("cannot verify the copy \(target)") { [path] in
                    try backup.publish(comparedWith: path, stoppedBy: stop)
                }
            } onCancel: {
                stop.set()
            }
        } catch {
            await onWriterQueue { backup.abandon() }
            backup.remove()
            throw error as? StoreFailure ?? StoreFailure(error, doing: "cannot copy the database", path: target)
        }
        return BackupReceipt(bytes: FileSize.of(target) ?? 0, damage: damage)
    }

    package func files(in folder: String) async throws(StoreFailure) -> [String: Int64] {
        try await inBackground("cannot look into the folder of backups") {
            guard let stream = opendir(folder) else { throw Self.folderFailure(folder) }
            defer { closedir(stream) }
            var files: [String: Int64] = [:]
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if let bytes = FileSize.of("\(folder)/\(name)") { files[name] = bytes }
            }
            return files
        }
    }

    package func remove(_ name: String, in folder: String) async throws(StoreFailure) {
        try await inBackground("cannot remove an old backup") {
            guard unlink("\(folder)/\(name)") == 0 || errno == ENOENT else { throw Self.folderFailure(folder) }
        }
    }

    private func copyStep(_ backup: Backup) async throws(StoreFailure) -> Bool {
        try await onWriter("cannot copy the database to \(backup.target)") { _ in
            do {
                return try backup.step(for: Self.stepBudget)
            } catch let error as DatabaseError {
                throw StoreFailure(
                    error, doing: "cannot copy the database to \(backup.target)", path: backup.target,
                    systemError: errno)
            }
        }
    }

    static func checkRoom(in folder: String, for bytes: Int64) throws(StoreFailure) {
        var status = stat()
        guard stat(folder, &status) == 0 else { throw Self.folderFailure(folder) }
        let free = FileSize.free(beside: folder)
        guard free < bytes + Self.backupMargin else { return }
        throw .diskFull(
            "\(folder) has \(free >> 20) MB free, and a copy of \(bytes >> 20) MB must leave \(Self.backupMargin >> 20) MB; make room or keep fewer backups"
        )
    }

    private static func folderFailure(_ folder: String) -> StoreFailure {
        let why = String(cString: strerror(errno))
        return .busy(
            "the folder of backups \(folder) cannot be used (\(why)); make it for the daemon's user, or mount it")
    }

    private func onWriterQueue(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            guard let writer else { return continuation.resume() }
            writer.asyncWriteWithoutTransaction { _ in
                body()
                continuation.resume()
            }
        }
    }

    private func inBackground<Value: Sendable>(
        _ doing: String, _ body: @escaping @Sendable () throws -> Value
    ) async throws(StoreFailure) -> Value {
        let result: Result<Value, StoreFailure> = await withCheckedContinuation { continuation in
            FleetDatabase.patient.async { [path] in
                continuation.resume(
                    returning: Result(catching: body).mapError {
                        StoreFailure($0, doing: doing, path: path, systemError: errno)
                    })
            }
        }
        return try result.get()
    }

    /// For work that may take minutes and that nobody waits for.
    private static let patient = DispatchQueue(
        label: "FleetStore.backup", qos: .utility, attributes: .concurrent)
}
