import Synchronization

/// What has become of the messages published; readable from anywhere.
package final class PublishingCounts: Sendable {
    private let acknowledgedCount = Atomic(0)
    private let refusedCount = Atomic(0)
    private let repeatedCount = Atomic(0)

    package var acknowledged: Int { acknowledgedCount.load(ordering: .relaxed) }
    /// The broker answered and said no.
    package var refused: Int { refusedCount.load(ordering: .relaxed) }
    /// Sent again, because the connection broke before their answer came.
    package var repeated: Int { repeatedCount.load(ordering: .relaxed) }

    func noteAcknowledged() { acknowledgedCount.add(1, ordering: .relaxed) }
    func noteRefused() { refusedCount.add(1, ordering: .relaxed) }
    func noteRepeated(_ count: Int) { repeatedCount.add(count, ordering: .relaxed) }
}
