import Glibc

/// Which file a name means.
struct FileIdentity: Sendable, Equatable {
    let device: UInt64
    let number: UInt64
    /// How many names the file has.
    let nameCount: UInt64

    /// `nil` when there is none.
    init?(_ path: String) {
        var found = stat()
        guard stat(path, &found) == 0 else { return nil }
        device = UInt64(found.st_dev)
        number = UInt64(found.st_ino)
        nameCount = UInt64(found.st_nlink)
    }

    static func == (a: Self, b: Self) -> Bool { a.device == b.device && a.number == b.number }
}
