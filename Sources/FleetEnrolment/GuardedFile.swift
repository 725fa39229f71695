import Foundation
import Glibc

/// A file of the broker's that is replaced whole: a reader, and a crash in the middle, find the old one or the new.
struct GuardedFile {
    let path: String

    /// The text as it is; `nil` when there is no such file.
    func read() throws(EnrolmentFailure) -> String? {
        // A folder we may not look into is not an empty one.
        if access(path, F_OK) != 0, errno == ENOENT { return nil }
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw EnrolmentFailure("\(path) cannot be read: \(systemError()); run this as root (sudo)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw EnrolmentFailure("\(path) is not UTF-8 text; is it the right file?")
        }
        return text
    }

    /// Puts `text` in its place, with the owner and the mode that the file had; a new one is the broker's and mode 0640.
    func replace(with text: String) throws(EnrolmentFailure) {
        // Through a link, what it points to is replaced and not the link.
        let target =
            (realpath(path, nil)).map { pointer in
                defer { free(pointer) }
                return String(cString: pointer)
            } ?? path
        var before = stat()
        let isThere = stat(target, &before) == 0
        let next = "\(target).zubr-\(getpid())"
        let file = open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw EnrolmentFailure("\(next) cannot be made: \(systemError()); run this as root (sudo)")
        }
        var isInPlace = false
        defer {
            close(file)
            if !isInPlace { unlink(next) }
        }
        try write(Array(text.utf8), to: file, named: next)
        if isThere {
            let isOwned = before.st_uid == geteuid() && before.st_gid == getegid()
            guard isOwned || fchown(file, before.st_uid, before.st_gid) == 0 else {
                throw EnrolmentFailure(
                    "\(path) belongs to somebody else, and would not be theirs any more: \(systemError()); run this as root (sudo)"
                )
            }
        } else if geteuid() == 0, let broker = getpwnam("mosquitto") {
            _ = fchown(file, broker.pointee.pw_uid, broker.pointee.pw_gid)
        }
        guard fchmod(file, isThere ? before.st_mode & 0o7777 : 0o640) == 0, fsync(file) == 0,
            rename(next, target) == 0
        else { throw EnrolmentFailure("\(path) cannot be replaced: \(systemError()); it is as it was") }
        isInPlace = true
        syncFolder(of: target)
    }

    /// Makes a file that only we may read; one that is there already is not overwritten.
    func create(_ text: String) throws(EnrolmentFailure) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw EnrolmentFailure("\(path) cannot be made: \(systemError()); name a file that is not there yet")
        }
        defer { close(file) }
        try write(Array(text.utf8), to: file, named: path)
        guard fsync(file) == 0 else { throw EnrolmentFailure("\(path) cannot be written: \(systemError())") }
        syncFolder(of: path)
    }

    /// Runs `body` while no other enrolment works in the file's folder, so that two do not lose each other's names.
    func locked<Result>(_ body: () throws -> Result) throws -> Result {
        let folder = GuardedFile.folder(of: path)
        let handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard handle >= 0 else {
            throw EnrolmentFailure("the folder \(folder) cannot be opened: \(systemError())")
        }
        // The lock goes with the handle, also when we are killed.
        defer { close(handle) }
        while flock(handle, LOCK_EX) != 0 {
            guard errno == EINTR else { throw EnrolmentFailure("\(folder) cannot be locked: \(systemError())") }
        }
        return try body()
    }

    static func folder(of path: String) -> String {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return folder.isEmpty ? "." : folder
    }

    private func write(_ bytes: [UInt8], to file: Int32, named name: String) throws(EnrolmentFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw EnrolmentFailure("\(name) cannot be written: \(systemError())") }
            rest = rest.dropFirst(count)
        }
    }

    /// A rename is on disk only when its folder is.
    private func syncFolder(of path: String) {
        let handle = open(GuardedFile.folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard handle >= 0 else { return }
        fsync(handle)
        close(handle)
    }
}

func systemError() -> String { String(cString: strerror(errno)) }
