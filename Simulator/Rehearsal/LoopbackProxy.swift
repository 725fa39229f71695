import Glibc
import Synchronization

/// A door before a broker that can slam: it passes bytes on, and on demand breaks every connection with a TCP reset.
package final class LoopbackProxy: Sendable {
    package let port: Int
    package var url: String { "mqtt://127.0.0.1:\(port)" }

    private let bell: (read: Int32, write: Int32)
    /// The thread does what is asked of it.
    private let orders = Mutex(Orders())

    private struct Orders {
        var isEnded = false
        var waiting: [CheckedContinuation<Int, Never>] = []
    }

    /// Listens on a free port and connects every caller to `target` on this machine.
    package init(to target: Int) throws(RehearsalFailure) {
        port = try freeLoopbackPort()
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "no pipe: \(String(cString: strerror(errno)))")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        bell = (ends[0], ends[1])
        let listener = loopbackListener(port: port)
        guard listener >= 0 else {
            throw RehearsalFailure("cannot listen on port \(port): \(String(cString: strerror(errno)))")
        }
        startThread { [self] in
            var exchange = Exchange(listener: listener, bell: self.bell.read, target: target)
            exchange.run { self.nextOrders() }
        }
    }

    /// Breaks what is connected now, both ways, as a network that forgets its connections; returns how many there were.
    package func reset() async -> Int {
        await withCheckedContinuation { done in
            let isEnded = orders.withLock { orders in
                if !orders.isEnded { orders.waiting.append(done) }
                return orders.isEnded
            }
            if isEnded { done.resume(returning: 0) } else { ring() }
        }
    }

    /// Closes everything.
    package func close() {
        orders.withLock { $0.isEnded = true }
        ring()
    }

    private func ring() {
        _ = write(bell.write, [UInt8(0)], 1)
    }

    private func nextOrders() -> (isEnded: Bool, waiting: [CheckedContinuation<Int, Never>]) {
        // One byte an order: what rings once more for an order already done finds none.
        var byte: UInt8 = 0
        _ = read(bell.read, &byte, 1)
        return orders.withLock { orders in
            defer { orders.waiting = [] }
            return (orders.isEnded, orders.waiting)
        }
    }
}

/// All connections of one proxy; belongs to its thread.
private struct Exchange {
    /// One connection: two sockets, and what was read from one and not yet written to the other.
    private struct Pair {
        var sockets: [Int32]
        var pending: [[UInt8]] = [[], []]
    }

    private let noSignal = Int32(truncatingIfNeeded: MSG_NOSIGNAL)
    private let listener: Int32
    private let bell: Int32
    private let target: Int
    private var pairs: [Pair] = []
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    init(listener: Int32, bell: Int32, target: Int) {
        self.listener = listener
        self.bell = bell
        self.target = target
    }

    mutating func run(nextOrders: () -> (isEnded: Bool, waiting: [CheckedContinuation<Int, Never>])) {
        while true {
            var watched = [
                pollfd(fd: bell, events: Int16(POLLIN), revents: 0),
                pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
            ]
            for pair in pairs {
                for side in 0...1 {
                    // What the other side has not taken yet is not added to.
                    let events =
                        (pair.pending[side].isEmpty ? POLLIN : 0) | (pair.pending[1 - side].isEmpty ? 0 : POLLOUT)
                    watched.append(pollfd(fd: pair.sockets[side], events: Int16(events), revents: 0))
                }
            }
            _ = poll(&watched, nfds_t(watched.count), -1)
            let known = pairs.count
            if watched[0].revents != 0 {
                let (isEnded, waiting) = nextOrders()
                if isEnded || !waiting.isEmpty { pairs.forEach(slam) }
                for done in waiting { done.resume(returning: pairs.count) }
                if isEnded || !waiting.isEmpty { pairs = [] }
                if isEnded {
                    close(listener)
                    return
                }
                continue
            }
            var broken: Set<Int> = []
            for index in 0..<known {
                for side in 0...1 where watched[2 + 2 * index + side].revents != 0 {
                    if !pass(index, from: side) { broken.insert(index) }
                }
            }
            for index in broken.sorted().reversed() {
                for socket in pairs[index].sockets { close(socket) }
                pairs.remove(at: index)
            }
            if watched[1].revents != 0 { accept() }
        }
    }

    private mutating func accept() {
        let caller = Glibc.accept(listener, nil, nil)
        guard caller >= 0 else { return }
        let answerer = loopbackConnection(port: target)
        guard answerer >= 0 else {
            slam(Pair(sockets: [caller]))
            return
        }
        for socket in [caller, answerer] {
            _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
            var one: Int32 = 1
            setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
            _ = fcntl(socket, F_SETFL, O_NONBLOCK)
        }
        pairs.append(Pair(sockets: [caller, answerer]))
    }

    /// Moves what can be moved at one side of a connection; `false` when it has ended.
    private mutating func pass(_ index: Int, from side: Int) -> Bool {
        if pairs[index].pending[side].isEmpty {
            let count = recv(pairs[index].sockets[side], &buffer, buffer.count, 0)
            if count > 0 {
                pairs[index].pending[side] = Array(buffer[..<count])
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                return false
            }
        }
        return flush(index, from: side) && flush(index, from: 1 - side)
    }

    private mutating func flush(_ index: Int, from side: Int) -> Bool {
        let waiting = pairs[index].pending[side]
        guard !waiting.isEmpty else { return true }
        let count = send(pairs[index].sockets[1 - side], waiting, waiting.count, noSignal)
        guard count >= 0 else { return errno == EAGAIN || errno == EINTR }
        pairs[index].pending[side] = Array(waiting.dropFirst(count))
        return true
    }

    /// A close that waits for nothing and says nothing is a reset to the other end.
    private func slam(_ pair: Pair) {
        for socket in pair.sockets {
            var atOnce = linger(l_onoff: 1, l_linger: 0)
            setsockopt(socket, SOL_SOCKET, SO_LINGER, &atOnce, socklen_t(MemoryLayout<linger>.size))
            close(socket)
        }
    }
}
