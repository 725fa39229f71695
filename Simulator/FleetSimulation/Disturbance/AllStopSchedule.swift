import FleetModel

/// When the stop of a whole site is pressed: the same for every machine of the site.
struct AllStopSchedule: Sendable {
    private var chance: RandomStream
    private let perDay: Double
    private let minutes: ClosedRange<Double>
    private var begins: Timestamp
    private var ends: Timestamp

    init(_ autonomy: AutonomyBehaviour, site: Coordinate, seed: UInt64, start: Timestamp) {
        chance = RandomStream(seed: seed, of: "all-stop", "\(site.latitude),\(site.longitude)")
        perDay = autonomy.allStopsPerDay
        minutes = autonomy.allStopMinutes
        begins = .distantFuture
        ends = start
        next()
    }

    private mutating func next() {
        guard perDay > 0 else { return }
        begins = ends + .days(chance.exponential(mean: 1 / perDay))
        ends = begins + .minutes(chance.between(minutes))
    }

    mutating func isPressed(at now: Timestamp) -> Bool {
        guard perDay > 0 else { return false }
        while now >= ends { next() }
        return now >= begins
    }
}
