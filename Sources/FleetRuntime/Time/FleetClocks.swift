import FleetModel

/// What the machines' own clocks say, each counted from this machine's boot clock, which nobody can set.
///
/// A frame is observed before it comes, so a machine's newest frames say the most: of each machine the greatest
/// difference of the last minute is kept. While a queue is emptied it rises; then it stands.
package struct FleetClocks: Sendable {
    private struct Claim {
        /// `observedAt` less the boot clock at arrival.
        var offset: Duration
        var at: Duration
    }

    private var claims: [MachineKey: Claim] = [:]

    /// Enough for a median nobody can bend, and few enough to sort at any time.
    private static let machinesMax = 1_024
    private static let renewedAfter = Duration.minutes(1)
    /// A machine not heard for so long has no voice.
    static let heardWithin = Duration.minutes(10)

    package init() {}

    /// A machine's message came at `boot`, and its newest frame was observed at `observedAt`.
    package mutating func note(_ machine: MachineKey, observedAt: Timestamp, boot: Duration) {
        let offset = (observedAt - .epoch) - boot
        if let known = claims[machine] {
            guard offset >= known.offset || boot - known.at > Self.renewedAfter else { return }
        } else if claims.count >= Self.machinesMax {
            guard let oldest = claims.min(by: { $0.value.at < $1.value.at }), boot - oldest.value.at > Self.renewedAfter
            else { return }
            claims[oldest.key] = nil
        }
        claims[machine] = Claim(offset: offset, at: boot)
    }

    /// What the fleet says together; `nil` when nobody was heard lately.
    package func opinion(at boot: Duration) -> FleetOpinion? {
        let offsets = claims.values.filter { boot - $0.at <= Self.heardWithin }.map(\.offset).sorted()
        guard let median = FleetClocks.median(of: offsets) else { return nil }
        let distances = offsets.map { max($0 - median, median - $0) }.sorted()
        return FleetOpinion(
            offset: median, machines: offsets.count, spread: FleetClocks.median(of: distances) ?? .zero)
    }

    private static func median(of sorted: [Duration]) -> Duration? {
        sorted.isEmpty ? nil : sorted[(sorted.count - 1) / 2]
    }
}

/// The fleet's word on the time.
package struct FleetOpinion: Sendable, Hashable {
    /// The median of the machines' clocks, less the boot clock.
    package var offset: Duration
    /// How many machines were asked.
    package var machines: Int
    /// Half of them are within this of the median.
    package var spread: Duration

    package init(offset: Duration, machines: Int, spread: Duration = .zero) {
        self.offset = offset
        self.machines = machines
        self.spread = spread
    }
}
