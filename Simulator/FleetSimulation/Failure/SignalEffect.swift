import FleetModel
import Glibc

/// What a full damage does to one signal; half of it does half of that.
package struct SignalEffect: Sendable, Hashable {
    package var signal: Signal
    package var change: Change
    /// More noise: at most this far up or down.
    package var noise: Double
    /// Sent in whole steps of so much, as yes and no are.
    package var step: Double?
    /// It shows only as far as this goes.
    package var driver: Driver

    package enum Change: Sendable, Hashable {
        case none
        case add(Double)
        case factor(Double)
        /// Drawn from where it is to this value.
        case to(Double)
        /// Halved so many times.
        case halvings(Double)
        /// A counter runs faster by this share; what it counted too much stays in it.
        case counts(Double)
        /// Not sent.
        case drops
        /// Something that happens, not a value that moves: told once when the part fails.
        case event
    }

    /// What must be so for a damage to show.
    package enum Driver: String, CaseIterable, Sendable, Hashable {
        case always
        /// Engine or drive load.
        case load
        /// Load of the last minutes: a cold machine shows nothing yet.
        case warmth
        case moving
        /// Carries its payload.
        case loaded
        /// Moves under load: in the field, on the line.
        case working
    }

    package init(
        signal: Signal, change: Change, noise: Double = 0, step: Double? = nil, driver: Driver = .always
    ) {
        self.signal = signal
        self.change = change
        self.noise = noise
        self.step = step
        self.driver = driver
    }

    /// Which way a sound value goes: 1 up, -1 down, 0 neither.
    package func direction(from sound: Double) -> Double {
        switch change {
        case .add(let value): value < 0 ? -1 : 1
        case .factor(let factor): (factor < 1 ? -1 : 1) * (sound < 0 ? -1 : 1)
        case .to(let value): value < sound ? -1 : 1
        case .halvings: sound < 0 ? 1 : -1
        case .counts: 1
        case .none, .drops, .event: 0
        }
    }

    /// The value that is sent in place of a sound one. `damage` is 0 to 1 and has the driver in it.
    func value(_ sound: Double, damage: Double, chance: inout RandomStream) -> Double {
        var value = sound
        switch change {
        case .add(let most): value += most * damage
        case .factor(let factor): value *= 1 + (factor - 1) * damage
        case .to(let end): value += (end - value) * damage
        case .halvings(let count): value *= exp2(-count * damage)
        case .none, .counts, .drops, .event: break
        }
        if noise > 0 { value += chance.noise(noise * damage) }
        // Adding zero makes a negative zero positive.
        if let step { return max(0, (value / step).rounded() * step) + 0 }
        return rounded(value, places: 1_000) + 0
    }
}

/// How hard a machine works just now: what decides how much of a damage shows.
struct Exertion: Sendable {
    var load = 0.0
    var warmth = 0.0
    var isMoving = false
    /// 0 to 1.
    var payload = 0.0

    func share(_ driver: SignalEffect.Driver) -> Double {
        switch driver {
        case .always: 1
        case .load: load
        case .warmth: warmth
        case .moving: isMoving ? 1 : 0
        case .loaded: payload > 0.5 ? 1 : 0
        case .working: isMoving && load > 0.3 ? 1 : 0
        }
    }
}
