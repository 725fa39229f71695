import FleetRuntime
import Glibc
import Synchronization

/// Asks for the addresses of a host on a thread of its own: the C library waits half a minute for a name server that
/// does not answer, and can be neither hurried nor stopped.
final class NameLookup: Sendable {
    enum Outcome: Sendable {
        case found([SocketAddress])
        case failed(String)
    }

    /// Rings when there is an outcome.
    let done = WakeUp()
    private let result = Mutex<Outcome?>(nil)

    /// - Parameter start: starts a thread, or says why there is none; one is needed at each new connection, and the
    ///   daemon may have come to its limit of threads meanwhile.
    init(
        host: String, port: Int,
        start: (String, @escaping @Sendable () -> Void) -> String? = OwnThread.tryStart(named:_:)
    ) {
        let why = start("mqtt-lookup") { [self] in finish(NameLookup.ask(host, port)) }
        if let why { finish(.failed("\(why); raise TasksMax of the service")) }
    }

    private func finish(_ outcome: Outcome) {
        result.withLock { $0 = outcome }
        done.ring()
    }

    /// `nil` while there is none.
    var outcome: Outcome? { result.withLock { $0 } }

    private static func ask(_ host: String, _ port: Int) -> Outcome {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &found)
        guard status == 0 else { return .failed(String(cString: gai_strerror(status))) }
        defer { freeaddrinfo(found) }
        var addresses: [SocketAddress] = []
        var next = found
        while let entry = next?.pointee {
            let bytes = UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))
            addresses.append(SocketAddress(family: entry.ai_family, bytes: Array(bytes)))
            next = entry.ai_next
        }
        return .found(addresses)
    }
}

/// A place on a network, as the system's calls take it.
struct SocketAddress: Sendable, Hashable {
    var family: Int32
    var bytes: [UInt8]

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        bytes.withUnsafeBytes { body($0.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t($0.count)) }
    }
}
