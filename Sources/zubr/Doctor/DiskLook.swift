import CLinux
import FleetConsole
import Foundation

/// The disk that the database lies on, and the file as the system sees it.
struct DiskLook {
    let path: String

    private var folder: String { URL(fileURLWithPath: path).deletingLastPathComponent().path }

    var checks: [Check] {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else {
            return [
                .failed(
                    "disk-space", "\(folder): \(String(cString: strerror(errno)))",
                    next: "make the folder, writable by zubrd's user only")
            ]
        }
        let free = Int64(status.f_bavail) * Int64(status.f_frsize)
        return [space(free), inodes(status), ballast(free), fileSystem, file]
    }

    private func space(_ free: Int64) -> Check {
        let seen = "\(bytes(free)) free beside \(path)"
        let next = "make room; when it is full nothing is acknowledged and the broker keeps the messages"
        if free < 256 << 20 { return .failed("disk-space", "only \(seen)", next: next) }
        return free < 2 << 30 ? .warning("disk-space", "only \(seen)", next: next) : .ok("disk-space", seen)
    }

    private func inodes(_ status: statvfs) -> Check {
        // Some file systems have as many as they need and say 0.
        guard status.f_files > 0 else { return .ok("inodes", "without limit") }
        let seen = "\(status.f_favail) of \(status.f_files) free"
        return status.f_favail < 1_000
            ? .failed("inodes", seen, next: "remove small files from the disk of \(folder)") : .ok("inodes", seen)
    }

    private func ballast(_ free: Int64) -> Check {
        guard FileStanding(path) != nil else { return .skipped("ballast", "there is no database yet") }
        guard let reserve = FileStanding(path + ".ballast"), reserve.bytes > 0 else {
            return .warning(
                "ballast", "the room for house-keeping on a full disk is not set aside",
                next: "zubrd sets it aside by itself when more than \(bytes(128 << 20)) are free")
        }
        return .ok("ballast", "\(bytes(reserve.bytes)) set aside for house-keeping on a full disk")
    }

    private var fileSystem: Check {
        var status = statfs()
        guard statfs(folder, &status) == 0 else { return .skipped("file-system", String(cString: strerror(errno))) }
        let type = UInt32(truncatingIfNeeded: status.f_type)
        let next = "put the database on a local disk: ext4, xfs, btrfs"
        switch type {
        case 0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42:
            return .failed(
                "file-system", "\(folder) is on a network file system, where SQLite's log does not work safely",
                next: next)
        case 0x6573_5546:
            return .warning(
                "file-system", "\(folder) is on a FUSE file system: nobody knows what a sync means there", next: next)
        case 0x0102_1994:
            return .warning("file-system", "\(folder) is in memory (tmpfs): it does not survive a restart", next: next)
        default: return .ok("file-system", "local")
        }
    }

    private var file: Check {
        guard let file = FileStanding(path) else { return .skipped("database-file", "there is no database yet") }
        let seen = "owned by \(file.owner), mode \(String(file.mode, radix: 8))"
        return file.isOpenToOthers
            ? .warning(
                "database-file", "everybody on this machine may read or change it: \(seen)",
                next: "chmod o-rwx \(path)*")
            : .ok("database-file", seen)
    }
}

/// A file as the system sees it.
struct FileStanding {
    let owner: String
    let mode: UInt32
    let bytes: Int64

    /// `nil` when there is none, or none that we may see.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        owner = getpwuid(status.st_uid).map { String(cString: $0.pointee.pw_name) } ?? "user \(status.st_uid)"
        mode = status.st_mode & 0o777
        bytes = Int64(status.st_size)
    }

    var isOpenToOthers: Bool { mode & 0o007 != 0 }
}
