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
        var reason = "no address"
        for address in try addresses() {
            guard let failure = try call(address) else { return }
            reason = failure
        }
        throw .disconnected("no broker at \(host):\(port): \(reason)")
    }

    /// Where the host is. A name server that does not answer is not waited for longer than a broker that does not.
    private func addresses() throws(InboxFailure) -> [SocketAddress] {
        let lookup = NameLookup(host: host, port: port)
        let deadline = ContinuousClock.now + timeout
        while true {
            switch lookup.outcome {
            case .found(let addresses): return addresses
            case .failed(let why):
                throw .disconnected("\(host) has no address: \(why); check broker.host and the name server")
            case nil: break
            }
            let left = deadline - .now
            guard left > .zero else {
                throw .disconnected(
                    "\(host) has no address: no answer within \(timeout); check broker.host and the name server")
            }
            _ = wakeUp.wait(on: lookup.done.descriptor, for: POLLIN, atMost: left)
            if isClosing() { throw .closed }
        }
    }

    /// `nil` when somebody answered, else why not.
    private func call(_ address: SocketAddress) throws(InboxFailure) -> String? {
        let descriptor = socket(
            address.family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        defer { close(descriptor) }
        if address.withPointer({ connect(descriptor, $0, $1) }) == 0 { return nil }
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
