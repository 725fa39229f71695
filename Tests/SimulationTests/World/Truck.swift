import FleetModel
import TelemetryCodec

/// A machine with its counters, its buffer for dead zones and its line to the broker, which keeps the order.
struct Truck {
    let key: MachineKey
    var boot: UInt32 = 1
    var seq: UInt64 = 0
    var engineHours: Double
    var isHot = false
    var lastAt: Timestamp
    /// Not sent yet.
    var buffer: [Frame] = []
    var lastFrame: Frame?
    /// On the way, each with the time by which it may arrive.
    var line: [(dueAt: Duration, message: SentMessage)] = []

    /// Reads everything once more.
    mutating func observe(at now: Timestamp, _ chance: Chance) -> Frame {
        lastAt = max(now, lastAt + .milliseconds(1))
        engineHours += Double(chance.below(40)) / 10
        let coolant = Double(isHot ? chance.between(104, 112) : chance.between(80, 97))
        let frame = Frame(
            boot: boot, seq: seq, observedAt: Timestamp(milliseconds: lastAt.milliseconds),
            readings: [
                Reading(Site.coolant, coolant), Reading(.latitude, 54.28), Reading(.longitude, 86.17),
                Reading(.engineHours, engineHours),
            ])
        seq += 1
        lastFrame = frame
        return frame
    }
}
