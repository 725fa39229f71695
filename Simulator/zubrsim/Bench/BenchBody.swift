import ArgumentParser
import FleetModel

/// What one message of a benchmark holds.
enum BenchBody: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// What a road vehicle's tracker sends.
    case small
    /// What the memory of the daemon is measured with.
    case medium
    /// All that a driverless haul truck has.
    case large
    /// A burst of a fast recorder: many frames of all signals in one message.
    case columnar

    var signals: Int {
        switch self {
        case .small: 10
        case .medium: 50
        case .large, .columnar: 60
        }
    }

    var frames: Int { self == .columnar ? 100 : 1 }

    var readings: Int { signals * frames }

    /// From one frame of a message to the next.
    static let step = Duration.milliseconds(10)

    /// The signals of a small message, those that every vehicle has.
    static let common: Set<Signal> = [
        .engineHours, .latitude, .longitude, .speed, Signal("engine_rpm"), Signal("engine_load"),
        Signal("engine_oil_pressure"), Signal("coolant_temp"), Signal("fuel_rate"), Signal("fuel_level"),
    ]
}
