import Glibc
import Synchronization

/// The one thread from which every child is started.
///
/// Linux ends a child "with its parent" when the *thread* that started it ends, and Swift's pool ends threads as it
/// likes. This one lives as long as the program.
final class Nursery: Sendable {
    static let only = Nursery()

    private struct Order: Sendable {
        let start: @Sendable () -> Void
    }

    private let orders = Mutex<[Order]>([])
    private let bell: (read: Int32, write: Int32)

    private init() {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "no pipe: \(String(cString: strerror(errno)))")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        bell = (ends[0], ends[1])
        startThread { self.run() }
    }

    /// Runs `body` on that thread and returns what it returned.
    func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            orders.withLock { $0.append(Order { continuation.resume(returning: body()) }) }
            _ = write(bell.write, [UInt8(0)], 1)
        }
    }

    private func run() {
        var byte: UInt8 = 0
        while read(bell.read, &byte, 1) != 0 {
            let due = orders.withLock { orders in
                defer { orders = [] }
                return orders
            }
            for order in due { order.start() }
        }
    }
}
