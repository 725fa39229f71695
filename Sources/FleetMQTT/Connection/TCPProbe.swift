import FleetRuntime
import Glibc

/// Looks whether anybody answers at a port, without ever hanging for the kernel's minutes of connection time-out.
///
/// `mosquitto_connect` blocks until the kernel gives up, and a shutdown would wait for it.
struct TCPProbe {
    let host: String
    let port: Int
    let timeout: Duration
    let wakeUp: WakeUp
    let isClosing: () -> Bool

    func callAtDoor() throws(InboxFailure) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &found)
        guard status == 0 else {
            throw .disconnected(
                "\(host) has no address: \(String(cString: gai_strerror(status))); check broker.host and the name server"
            )
        }
        defer { freeaddrinfo(found) }
        var reason = "no address"
        var candidate = found
        while let address = candidate?.pointee {
            guard let failure = try call(address) else { return }
            reason = failure
            candidate = address.ai_next
        }
        throw .disconnected("no broker at \(host):\(port): \(reason)")
    }

    /// `nil` when somebody answered, else why not.
    private func call(_ address: addrinfo) throws(InboxFailure) -> String? {
        let descriptor = socket(
            address.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        defer { close(descriptor) }
        if connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return nil }
        guard errno == EINPROGRESS else { return String(cString: strerror(errno)) }
        let deadline = ContinuousClock.now + timeout
        while true {
            let left = deadline - .now
            guard left > .zero else { return "no answer within \(timeout)" }
            let happened = wakeUp.wait(on: descriptor, for: POLLOUT, atMost: left)
            if isClosing() { throw .closed }
            if happened != 0 { break }
        }
        var failure: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size)
        return failure == 0 ? nil : String(cString: strerror(failure))
    }
}
