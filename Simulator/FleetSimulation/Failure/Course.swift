import Glibc

/// How damage grows from the first sign to failure.
package enum Course: String, CaseIterable, Sendable, Hashable {
    /// Slow, fast, slow: dirt and abrasion.
    case steady
    /// Slow at first and faster towards the end, as wear feeds on itself.
    case accelerating
    /// Fast at first: what leaks, leaks less the less there is.
    case early
    /// Rests on two levels on the way, as one part after the other gives way.
    case stages
    /// Comes and goes, more and more often: loose contacts.
    case intermittent
    /// No sign before the failure.
    case sudden

    /// Damage from 0 to 1 when this share of the course is run. Never falls, 0 at 0, 1 at 1.
    package func damage(at share: Double) -> Double {
        let share = min(1, max(0, share))
        switch self {
        case .steady: return share * share * (3 - 2 * share)
        case .accelerating: return pow(share, 1.8)
        case .early: return 1 - (1 - share) * (1 - share)
        case .stages:
            // Up, rest, up, rest, up.
            let levels = [(0.0, 0.0), (0.2, 0.3), (0.45, 0.34), (0.6, 0.65), (0.82, 0.7), (1.0, 1.0)]
            let next = levels.firstIndex { $0.0 >= share } ?? 5
            guard next > 0 else { return 0 }
            let (low, high) = (levels[next - 1], levels[next])
            return low.1 + (high.1 - low.1) * (share - low.0) / (high.0 - low.0)
        case .intermittent: return share
        case .sudden: return share > 0 ? 1 : 0
        }
    }
}
