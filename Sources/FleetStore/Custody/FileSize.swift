import Glibc

/// Sizes on disk.
enum FileSize {
    /// Bytes of a file; `nil` when it is not there.
    static func of(_ path: String) -> Int64? {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : nil
    }

    /// Bytes that a program without privileges may still write beside `path`.
    static func free(beside path: String) -> Int64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return 0 }
        return Int64(status.f_bavail) * Int64(status.f_frsize)
    }
}
