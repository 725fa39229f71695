import FleetRuntime
import Synchronization

/// Messages of the broker on their way to the run: the connection's thread puts them in, the run takes them out.
final class OrderBox: Sendable {
    private let messages = Mutex<[InboundMessage]>([])

    func put(_ message: InboundMessage) { messages.withLock { $0.append(message) } }

    func takeAll() -> [InboundMessage] {
        messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
    }
}
