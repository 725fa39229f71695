/// A deliberate mistake in the daemon or its store, which the checks must find.
enum Mutation: String, CaseIterable, Sendable {
    /// The acknowledgement leaves before the commit.
    case acknowledgesBeforeCommit
    /// The log is not synced with each commit.
    case synchronousNormal
    /// What was stored is not remembered over a restart, so what comes again is stored again.
    case forgetsLedger
    /// An offer counts as received by the center as soon as it is written.
    case settlesEarly
    /// What was turned away for its time is not looked at again when the time is right.
    case keepsMisjudged
}
