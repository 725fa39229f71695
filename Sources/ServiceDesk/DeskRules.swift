import FleetModel

/// The times the desk works by.
package struct DeskRules: Sendable, Hashable {
    /// An offer without `received` is published again after this.
    package var republishAfter: Duration
    /// Without `received` after this, the order goes to the next center.
    package var receiptWithin: Duration
    /// Received, but neither accepted nor declined after this: the order goes to the next center.
    package var answerWithin: Duration
    /// An order no center can take is tried again after this.
    package var retryUncoveredAfter: Duration

    /// A center that said no is asked again for the same order only after this, and only when no other is left.
    package static let declineHolds = Duration.days(1)
    /// One center is asked at most so often for one order.
    package static let asksMax = 3
    /// An uncovered order is tried again at once when its machine has moved so far, kilometres.
    package static let movedKilometres = 10.0

    package init(
        republishAfter: Duration = .minutes(5), receiptWithin: Duration = .hours(1),
        answerWithin: Duration = .hours(12), retryUncoveredAfter: Duration = .hours(6)
    ) {
        self.republishAfter = republishAfter
        self.receiptWithin = receiptWithin
        self.answerWithin = answerWithin
        self.retryUncoveredAfter = retryUncoveredAfter
    }
}
