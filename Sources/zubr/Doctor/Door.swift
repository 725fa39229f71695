import Foundation
import Glibc

/// A TCP address of this machine, tried.
enum Door {
    /// `nil` when somebody answers, else why not.
    static func connect(_ host: String, _ port: Int) -> String? { attempt(host, port, Glibc.connect) }

    /// `nil` when a program could listen there, else why not.
    static func bind(_ host: String, _ port: Int) -> String? {
        attempt(host, port) { descriptor, address, size in
            var yes: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            let result = Glibc.bind(descriptor, address, size)
            return result == 0 ? listen(descriptor, 1) : result
        }
    }

    private static func attempt(
        _ host: String, _ port: Int, _ deed: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> String? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICHOST
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &found)
        guard status == 0, let address = found?.pointee else { return String(cString: gai_strerror(status)) }
        defer { freeaddrinfo(found) }
        let descriptor = socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        defer { close(descriptor) }
        return deed(descriptor, address.ai_addr, address.ai_addrlen) == 0 ? nil : String(cString: strerror(errno))
    }
}
