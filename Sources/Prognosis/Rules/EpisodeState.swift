import FleetModel

/// Where one rule stands for one machine and one subject: quiet, about to be raised, raised, or about to clear.
package struct EpisodeState: Sendable, Hashable, Codable {
    /// How often it has been raised so far: the number of the present or the last episode.
    package var number = 0
    /// `nil` while it is not raised.
    package var raisedAt: Timestamp?
    /// What was seen when it was raised; kept as long as it is.
    package var evidence: String?
    /// The first of the consecutive samples that all speak for a change.
    package var since: Timestamp?
    /// The fault code it is about.
    package var code: DiagnosticTroubleCode.Key?

    package init() {}

    /// What one sample says.
    enum Verdict {
        /// Beyond the threshold.
        case crossed
        /// Back behind the reset threshold.
        case reset
        /// Between the two, or the rule's other conditions do not hold: neither raises nor clears.
        case neither
    }

    enum Change: Hashable { case raised, cleared }

    /// Whether anything waits for the next sample.
    var isIdle: Bool { raisedAt == nil && since == nil }

    /// Takes one sample, in the order of their times.
    ///
    /// A hold is satisfied when consecutive samples that span it all say the same. Where samples come further apart
    /// than the hold, two in a row are enough; one alone only when no hold is asked.
    mutating func take(_ verdict: Verdict, at time: Timestamp, raiseAfter: Duration, clearAfter: Duration) -> Change? {
        let (awaited, hold): (Verdict, Duration) =
            raisedAt == nil ? (.crossed, raiseAfter) : (.reset, clearAfter)
        guard verdict == awaited else {
            since = nil
            return nil
        }
        let start = since ?? time
        guard time - start >= hold else {
            since = start
            return nil
        }
        since = nil
        if raisedAt == nil {
            number += 1
            raisedAt = time
            return .raised
        }
        raisedAt = nil
        return .cleared
    }
}
