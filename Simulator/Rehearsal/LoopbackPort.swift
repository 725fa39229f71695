import Glibc
import Synchronization

/// Ports given out by this process: two brokers that start at once must not be given the same one.
private let given = Mutex<Set<Int>>([])

/// A TCP port of this machine on which nobody listens.
///
/// Below 32768, where Linux does not take ports for outgoing connections: a broker that is restarted on its port must
/// not find it taken by one of its own clients.
package func freeLoopbackPort() throws(RehearsalFailure) -> Int {
    for _ in 0..<200 {
        let port = Int.random(in: 20_000..<32_000)
        if isFree(port), given.withLock({ $0.insert(port).inserted }) { return port }
    }
    throw RehearsalFailure("no free TCP port from 20000 to 31999 on 127.0.0.1; end what listens there")
}

private func isFree(_ port: Int) -> Bool {
    withLoopbackSocket(port: port) { bind($0, $1, $2) == 0 }
}

/// Whether somebody accepts connections at this port.
func answers(_ port: Int) -> Bool {
    withLoopbackSocket(port: port) { connect($0, $1, $2) == 0 }
}

private func withLoopbackSocket(
    port: Int, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}

/// A socket that accepts connections at this port; -1 when it cannot.
func loopbackListener(port: Int) -> Int32 {
    kept(port: port) { descriptor, address, size in
        bind(descriptor, address, size) == 0 && listen(descriptor, 64) == 0
    }
}

/// A connection to whoever accepts at this port; -1 when nobody does.
func loopbackConnection(port: Int) -> Int32 {
    kept(port: port) { connect($0, $1, $2) == 0 }
}

private func kept(port: Int, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool) -> Int32 {
    var copy: Int32 = -1
    _ = withLoopbackSocket(port: port) { descriptor, address, size in
        guard body(descriptor, address, size) else { return false }
        copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        return true
    }
    return copy
}
