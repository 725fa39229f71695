import Foundation
import Synchronization

/// The file of a Unix socket: taken over only when nobody answers on it, removed only when it is still ours.
final class SocketFile: Sendable {
    let path: String
    private let ours = Mutex<ino_t?>(nil)

    init(_ path: String) { self.path = path }

    /// Linux keeps the path in 108 bytes, the last of them zero.
    static let pathLimit = 107

    /// Makes room: removes what a killed daemon left.
    func clear() throws(SocketFailure) {
        guard path.utf8.count <= SocketFile.pathLimit else { throw .tooLong(path) }
        guard let status = status() else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
        switch connectionError() {
        case 0: throw .inUse(path)
        case ECONNREFUSED:
            guard unlink(path) == 0 || errno == ENOENT else { throw .failed(path, String(cString: strerror(errno))) }
        case ENOENT: return
        case let code: throw .failed(path, String(cString: strerror(code)))
        }
    }

    /// The daemon listens: owner and group may talk to it, nobody else.
    func claim() throws(SocketFailure) {
        guard chmod(path, 0o660) == 0, let status = status() else {
            throw .failed(path, String(cString: strerror(errno)))
        }
        ours.withLock { $0 = status.st_ino }
    }

    /// The daemon has ended. A file that another daemon has put there since stays.
    func remove() {
        guard let inode = ours.withLock({ $0 }), status()?.st_ino == inode else { return }
        unlink(path)
    }

    private func status() -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    /// Zero when somebody answers.
    private func connectionError() -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? 0 : errno
            }
        }
    }
}

/// Why the API cannot listen.
package enum SocketFailure: Error, Sendable, Hashable, CustomStringConvertible {
    case inUse(String)
    case notASocket(String)
    case tooLong(String)
    case failed(String, String)

    package var description: String {
        switch self {
        case .inUse(let path):
            "\(path): another zubrd answers there; stop it, or give this one another --socket"
        case .notASocket(let path):
            "\(path): there is a file that is not a socket; it is left alone, give another --socket"
        case .tooLong(let path):
            "\(path): a socket's path may have \(SocketFile.pathLimit) bytes; give a shorter --socket"
        case .failed(let path, let reason):
            "\(path): \(reason); check that the folder exists and that zubrd may write there"
        }
    }
}
