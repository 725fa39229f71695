import FleetModel

/// Something that happens to what a machine says of itself while its parts are sound.
package struct Disturbance: Sendable, Hashable {
    package var kind: Kind
    package var target: MachineTarget
    /// From the beginning of the run.
    package var at: Duration
    /// How long a sensor is wrong; the others are for good.
    package var length: Duration

    package enum Kind: Sendable, Hashable {
        case sensor(Signal, SensorFault)
        /// A new control unit: another boot number, frames and meters from 0.
        case unitSwapped
        /// The engine hours and the fuel meter begin at 0 again, nothing else.
        case hoursReset
        /// The unit forgets its boot counter: an old boot number again, frames from 0, which a receiver must take for
        /// those it knows.
        case bootBack
        /// The tracker goes on under the same identity in a machine of this model.
        case trackerMoved(ModelID)
    }

    package init(kind: Kind, target: MachineTarget, at: Duration, length: Duration = .zero) {
        self.kind = kind
        self.target = target
        self.at = at
        self.length = length
    }
}

/// How a sensor lies.
package enum SensorFault: Sendable, Hashable {
    /// Says what it said last.
    case stuck
    /// So much more every hour.
    case drift(perHour: Double)
    /// Now and then so far off.
    case spikes(Double)
    /// Says nothing: J1939's "not available", left out of the frame.
    case dropout
    /// A value that cannot be: J1939's error indicator passed on as if it were measured.
    case outOfRange(Double)

    package var name: String {
        switch self {
        case .stuck: "stuck"
        case .drift: "drift"
        case .spikes: "spikes"
        case .dropout: "dropout"
        case .outOfRange: "out_of_range"
        }
    }
}

/// Which machine of a scenario.
package enum MachineTarget: Sendable, Hashable, CustomStringConvertible {
    case machine(MachineKey)
    /// The machine of this class with this place in the fleet's order, counted from 0.
    case nth(Int, of: MachineClassID)

    package var description: String {
        switch self {
        case .machine(let key): "\(key)"
        case .nth(let place, let id): "number \(place) of class \(id)"
        }
    }
}
