import FleetModel
import FleetRuntime
import Synchronization

/// What can be seen of a connection from outside, at any time and from any thread.
package final class BrokerGauges: Sendable {
    private let document: Mutex<BrokerDocument>
    /// Changes with every batch, so it has no lock.
    private let held = Atomic(0)

    init(address: String, clientID: String) {
        var document = BrokerDocument()
        document.address = address
        document.client = clientID
        self.document = Mutex(document)
    }

    package var snapshot: BrokerDocument {
        var snapshot = document.withLock { $0 }
        snapshot.heldMessages = held.load(ordering: .relaxed)
        return snapshot
    }

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

    func noteTakeover(at now: Timestamp) { document.withLock { $0.takenOverAt = now } }

    func noteHeld(_ count: Int) { held.store(count, ordering: .relaxed) }

    func noteKept(_ count: Int64) { document.withLock { $0.keptMessages = count } }

    func note(software: String) { document.withLock { $0.software = software } }

    func noteDropped(_ count: Int64, at now: Timestamp) { document.withLock { $0.noteDropped(count, at: now) } }
}
