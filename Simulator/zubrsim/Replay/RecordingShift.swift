import FleetModel
import TelemetryCodec

/// Moves the times inside a recorded message, so that an old recording can be played as if it happened now.
struct RecordingShift: ~Copyable {
    private var decoder: TelemetryDecoder

    init() {
        var limits = IngestLimits()
        // The recording may be of any age and may come from a machine whose clock was far ahead.
        limits.ageMax = .days(36_500)
        limits.futureTolerance = .days(36_500)
        limits.bodyBytes = 1 << 26
        decoder = TelemetryDecoder(limits: limits)
    }

    /// The body with every frame `shift` later; other messages have no time and stay as they are.
    mutating func moved(_ message: RecordedMessage, by shift: Duration, now: Timestamp) throws(Rejection) -> [UInt8] {
        guard shift != .zero, case .machine(let machine, let kind) = message.topic, kind != .status else {
            return message.body
        }
        var frames = try decoder.frames(in: message.body, of: machine, receivedAt: now)
        for index in frames.indices { frames[index].observedAt += shift }
        return frames.count == 1 ? TelemetryEncoder.body(of: frames[0]) : TelemetryEncoder.body(of: frames)
    }

    /// When the message was published: as the recording says, else when its first frame was observed.
    mutating func time(of message: RecordedMessage, now: Timestamp) -> Timestamp? {
        if let at = message.at { return at }
        guard case .machine(let machine, let kind) = message.topic, kind != .status else { return nil }
        return try? decoder.frames(in: message.body, of: machine, receivedAt: now).first?.observedAt
    }
}
