import Glibc

/// A file that holds nothing but room: given back when the disk is full, so that the store can put itself in order.
struct Ballast {
    static let bytes: Int64 = 64 << 20
    /// What must be free besides the room it gave back before anything else is stored.
    static let margin: Int64 = 16 << 20
    let path: String

    init(database path: String) { self.path = path + ".ballast" }

    var exists: Bool { FileSize.of(path) == Ballast.bytes }

    /// It was given back and there has not been room for it since. An empty file says so to the next start, too.
    var isSpent: Bool { FileSize.of(path) == 0 }

    /// Makes it, when that leaves at least as much again.
    func fill(freeBytes: Int64) {
        guard !exists, freeBytes > 2 * Ballast.bytes else { return }
        let wasSpent = isSpent
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { return }
        let code = posix_fallocate(descriptor, 0, off_t(Ballast.bytes))
        close(descriptor)
        guard code != 0 else { return }
        if wasSpent { spend() } else { remove() }
    }

    func spend() { truncate(path, 0) }

    func remove() { unlink(path) }
}
