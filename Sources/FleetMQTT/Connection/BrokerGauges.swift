import FleetModel
import FleetRuntime
import Synchronization

/// What can be seen of a connection from outside, at any time and from any thread.
package final class BrokerGauges: Sendable {
    private let document: Mutex<BrokerDocument>

    init(address: String) {
        var document = BrokerDocument()
        document.address = address
        self.document = Mutex(document)
    }

    package var snapshot: BrokerDocument { document.withLock { $0 } }

    func noteConnection() {
        document.withLock {
            $0.isConnected = true
            $0.connects += 1
            $0.lastFailure = nil
        }
    }

    func noteHangUp() { document.withLock { $0.isConnected = false } }

    func note(_ failure: InboxFailure) {
        document.withLock {
            $0.isConnected = false
            switch failure {
            case .disconnected(let reason), .refused(let reason): $0.lastFailure = reason
            case .closed: break
            }
        }
    }

    func noteDropped(_ count: Int64, at now: Timestamp) { document.withLock { $0.noteDropped(count, at: now) } }
}
