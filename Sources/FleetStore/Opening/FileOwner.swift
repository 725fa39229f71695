import Glibc

/// Whose a database is or shall be: whose the file is, or where there is none, whose the folder is.
struct FileOwner {
    private let user: uid_t
    private let group: gid_t

    init?(_ path: String) {
        var found = stat()
        guard stat(path, &found) == 0 || stat(FileOwner.folder(of: path), &found) == 0 else { return nil }
        (user, group) = (found.st_uid, found.st_gid)
    }

    /// Makes an open file theirs; only root can, and only for root it matters.
    func give(_ descriptor: Int32) {
        if geteuid() == 0 { _ = fchown(descriptor, user, group) }
    }

    static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }
}
