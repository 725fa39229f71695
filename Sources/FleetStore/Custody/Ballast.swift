import Glibc

/// A file that holds nothing but room: given back when the disk is full, so that the store can put itself in order.
struct Ballast {
    static let bytes: Int64 = 64 << 20
    let path: String

    init(database path: String) { self.path = path + ".ballast" }

    var exists: Bool { FileSize.of(path) == Ballast.bytes }

    /// Makes it, when that leaves at least as much again.
    func fill() {
        guard !exists, FileSize.free(beside: directory) > 2 * Ballast.bytes else { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { return }
        let code = posix_fallocate(descriptor, 0, off_t(Ballast.bytes))
        close(descriptor)
        if code != 0 { release() }
    }

    func release() { unlink(path) }

    private var directory: String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }
}
