import Glibc

/// A service manager's ear: the datagram socket that `NOTIFY_SOCKET` names.
package final class NoticeListener: Sendable {
    /// What `NOTIFY_SOCKET` is to say.
    package let address: String
    private let descriptor: Int32

    /// - Parameter address: a path, or with `@` first an abstract name.
    package init(_ address: String) {
        self.address = address
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { bytes in
            bytes.copyBytes(from: address.utf8)
            if address.hasPrefix("@") { bytes[0] = 0 }
        }
        let length = socklen_t(MemoryLayout.offset(of: \sockaddr_un.sun_path)! + address.utf8.count)
        let status = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        precondition(status == 0, "cannot listen at \(address): \(String(cString: strerror(errno)))")
    }

    deinit { close(descriptor) }

    /// The next message that is there already; `nil` when there is none.
    package func next() -> String? {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Waits for a message with this line in it, passing over others.
    package func hears(_ line: String, within limit: Duration = .seconds(30)) async -> Bool {
        await eventually(within: limit) {
            while let message = next() {
                if message.split(separator: "\n").contains(line[...]) { return true }
            }
            return false
        }
    }
}
