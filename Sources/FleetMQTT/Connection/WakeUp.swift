import CMosquitto
import FleetModel
import Glibc

/// A bell that ends a thread's wait on a socket.
final class WakeUp: Sendable {
    let descriptor: Int32

    init() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(descriptor >= 0, "no eventfd: \(String(cString: strerror(errno)))")
    }

    deinit { close(descriptor) }

    func ring() {
        var one: UInt64 = 1
        // It can only fail when the bell has been rung 2^64 times without being heard: it rings already.
        _ = write(descriptor, &one, 8)
    }

    func silence() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }

    /// Waits until something happens on `socket` (-1: on none), the bell rings or the time is over.
    ///
    /// Our own `poll`, because the library's `select` cannot serve a descriptor of 1024 or more.
    func wait(on socket: Int32, for events: Int32, atMost timeout: Duration) -> Int32 {
        var watched = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: socket, events: Int16(events), revents: 0),
        ]
        let milliseconds = max(0, (timeout.microseconds + 999) / 1_000)
        _ = poll(&watched, nfds_t(watched.count), Int32(clamping: milliseconds))
        if watched[0].revents != 0 { silence() }
        return Int32(watched[1].revents)
    }
}
