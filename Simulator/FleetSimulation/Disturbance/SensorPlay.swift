import FleetModel

/// One lying sensor of one machine.
struct SensorPlay: Sendable {
    let signal: Signal
    let fault: SensorFault
    let from: Timestamp
    let until: Timestamp
    /// What a stuck sensor goes on saying.
    private var held: Double?

    init(signal: Signal, fault: SensorFault, from: Timestamp, until: Timestamp) {
        self.signal = signal
        self.fault = fault
        self.from = from
        self.until = until
    }

    mutating func falsify(_ readings: inout [Reading], at now: Timestamp, chance: inout RandomStream) {
        guard now >= from, now < until, let place = readings.firstIndex(where: { $0.signal == signal }) else { return }
        let value = readings[place].value
        switch fault {
        case .stuck:
            if held == nil { held = value }
            readings[place].value = held ?? value
        case .drift(let perHour):
            readings[place].value = rounded(value + perHour * (now - from).inHours, places: 1_000)
        case .spikes(let size):
            if chance.happens(0.15) { readings[place].value = rounded(value + size, places: 1_000) }
        case .dropout: readings.remove(at: place)
        case .outOfRange(let impossible): readings[place].value = impossible
        }
    }
}
