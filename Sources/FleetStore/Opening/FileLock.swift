import FleetRuntime
import Glibc

/// Says that a program is at work on the database: a lock on the file beside it, which the system lifts by itself
/// when the program ends, however it ends.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// Locks `path + ".lock"`, alone for those who write, shared for those who read.
    ///
    /// Returns `nil` when there is to be none: for who looks on while another holds it, and when it may not be made and
    /// nothing will be written, as for a reader on a read-only disk.
    init?(database path: String, access: Access) throws(StoreFailure) {
        guard access != .lookingOn else { return nil }
        let file = path + ".lock"
        let opened = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard opened >= 0 else {
            if access == .readOnly, [EACCES, EROFS, EPERM].contains(errno) { return nil }
            if [ENOSPC, EDQUOT].contains(errno) {
                throw .diskFull("cannot make \(file): no space is left; free space on its disk, then start again")
            }
            throw .damaged("cannot open \(file): \(String(cString: strerror(errno))); make the folder writable")
        }
        // Made by root, it must still be the daemon's to open.
        FileOwner(path)?.give(opened)
        guard flock(opened, (access == .readOnly ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
            let holder = FileLock.holder(opened)
            Glibc.close(opened)
            throw .busy(
                "\(path) is in use by \(holder); stop it first; query and tsbs ask the running daemon when --database is left out"
            )
        }
        descriptor = opened
        guard access != .readOnly else { return }
        let text = "\(getpid())\n"
        _ = ftruncate(opened, 0)
        _ = text.withCString { pwrite(opened, $0, strlen($0), 0) }
    }

    /// Lets others have the file, whoever else still refers to this lock: the thread that opened the database may
    /// not have left its scope yet, and a child that is just being started holds a copy of the descriptor.
    func lift() { _ = flock(descriptor, LOCK_UN) }

    deinit {
        lift()
        Glibc.close(descriptor)
    }

    private static func holder(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        guard let process = Int(text.prefix { $0.isNumber }) else { return "another program" }
        return "process \(process)"
    }
}
