import FleetModel
import Rehearsal

/// When a recorded message is due: as long after the first as it was recorded, divided by the speed.
struct ReplayPace {
    private let speed: Speed
    private let began: ContinuousClock.Instant
    /// What the first time becomes; `nil`: times stay as they are.
    private let target: Timestamp?
    private var first: Timestamp?
    /// The newest time so far, for messages that have none of their own.
    private(set) var last: Timestamp

    init(speed: Speed, began: ContinuousClock.Instant, shift target: Timestamp?) {
        self.speed = speed
        self.began = began
        self.target = target
        last = target ?? .epoch
    }

    /// How much later than recorded it shall seem.
    mutating func shift(of time: Timestamp) -> Duration {
        let first = first ?? time
        self.first = first
        last = max(last, time)
        return target.map { $0 - first } ?? .zero
    }

    func wait(for time: Timestamp) async throws {
        guard case .rate(let rate) = speed, let first else { return }
        let due = began + .microseconds(Int64(Double((time - first).microseconds) / rate))
        // Short naps, so that Ctrl-C is heard during a long silence of the recording.
        while !Interruption.isAsked, ContinuousClock.now < due {
            try await Task.sleep(until: min(due, ContinuousClock.now + .milliseconds(200)), clock: .continuous)
        }
    }
}
