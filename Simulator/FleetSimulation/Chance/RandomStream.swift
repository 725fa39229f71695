import Glibc

/// A row of dice that always falls the same way for the same seed, so that a run can be repeated to the byte.
///
/// SplitMix64: eight bytes of state, and streams whose seeds differ in one bit have nothing to do with each other.
package struct RandomStream: RandomNumberGenerator, Sendable, Hashable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// The stream of one purpose of one machine. Naming it, instead of drawing its seed from a common stream, is what
    /// lets a machine or a failure mode be added without changing any other.
    package init(seed: UInt64, of names: String...) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for name in names {
            // A byte no name has ends each, so that "ab", "c" and "a", "bc" are different streams.
            for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash = (hash ^ 0xFF) &* 0x100_0000_01B3
        }
        state = seed &* 0x9E37_79B9_7F4A_7C15 ^ hash
        _ = next()
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 up to but not including 1.
    package mutating func share() -> Double { Double(next() >> 11) * 0x1p-53 }

    package mutating func between(_ low: Double, _ high: Double) -> Double { low + (high - low) * share() }

    package mutating func between(_ range: ClosedRange<Double>) -> Double {
        between(range.lowerBound, range.upperBound)
    }

    /// Around zero, at most `amplitude` away, mostly near zero: the noise of a sensor.
    package mutating func noise(_ amplitude: Double) -> Double {
        let bits = next()
        let sum = Double(bits & 0xFFFF_FFFF) + Double(bits >> 32)
        return (sum * 0x1p-32 - 1) * amplitude
    }

    /// Whether something that happens in this share of cases happens now.
    package mutating func happens(_ probability: Double) -> Bool { share() < probability }

    package mutating func exponential(mean: Double) -> Double { -mean * log(1 - share()) }

    /// Normally distributed, by the sum of four uniform draws: tails beyond 3.5 deviations never come.
    package mutating func normal(mean: Double, deviation: Double) -> Double {
        let sum = share() + share() + share() + share()
        return mean + deviation * (sum - 2) * 1.732_050_807_568_877_2
    }

    package mutating func triangular(_ low: Double, _ mode: Double, _ high: Double) -> Double {
        let drawn = share()
        let knee = (mode - low) / (high - low)
        return drawn < knee
            ? low + (drawn * (high - low) * (mode - low)).squareRoot()
            : high - ((1 - drawn) * (high - low) * (high - mode)).squareRoot()
    }

    /// Time to failure of a part that wears: `shape` above 1 means that age makes it likelier.
    package mutating func weibull(shape: Double, scale: Double) -> Double {
        scale * pow(-log(1 - share()), 1 / shape)
    }
}
