import Synchronization

/// What is measured: `coolant_temp`. Two signals of one name are the same signal.
///
/// A machine sends the same few hundred names for years, so a name is kept once and a signal is a small number:
/// comparing and hashing cost nothing, and a reading is 16 bytes. The number holds within one run of the
/// program only; what is stored or sent is the name.
package struct Signal: Hashable, Sendable, CustomStringConvertible {
    package let number: UInt32

    /// The signal of a name that our own code or configuration spells.
    package init(_ name: String) {
        self = Signal.names.withLock { $0.intern(name) }
    }

    /// The signal of this name when it is already known, for a look-up that must not add names.
    package init?(known name: String) {
        guard let number = Signal.names.withLock({ $0.numbers[name] }) else { return nil }
        self.number = number
    }

    package var name: String { Signal.names.withLock { $0.names[Int(number)] } }
    package var description: String { name }

    /// How many different names this run has seen; what bounds them is who accepts names from outside.
    package static var count: Int { names.withLock { $0.names.count } }

    private init(number: UInt32) { self.number = number }

    private struct Names {
        var names: [String] = []
        var numbers: [String: UInt32] = [:]

        mutating func intern(_ name: String) -> Signal {
            if let number = numbers[name] { return Signal(number: number) }
            let number = UInt32(names.count)
            names.append(name)
            numbers[name] = number
            return Signal(number: number)
        }
    }

    private static let names = Mutex(Names())
}

extension Signal: Comparable, Codable {
    /// By name, so that lists read the same in every run.
    package static func < (a: Signal, b: Signal) -> Bool { a.name < b.name }

    package init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}

extension Signal {
    // The signals whose meaning the program itself relies on. All others are known by configuration alone.

    /// SPN 247, hours.
    package static let engineHours = Signal("engine_hours")
    /// SPN 917, kilometres.
    package static let odometer = Signal("odometer")
    /// SPN 250, litres since new.
    package static let fuelUsedTotal = Signal("fuel_used_total")
    /// What a row of an import said beside its values: a row of the store's tag sets. No machine can send it.
    package static let tags = Signal("@tags")
    /// Degrees north, WGS 84.
    package static let latitude = Signal("latitude")
    /// Degrees east, WGS 84.
    package static let longitude = Signal("longitude")
    /// Metres above sea level.
    package static let altitude = Signal("altitude")
    /// Degrees clockwise from north.
    package static let heading = Signal("heading")
    /// Kilometres per hour, SPN 84.
    package static let speed = Signal("speed")
    /// Who drives: the code of an `OperatingMode`.
    package static let operatingMode = Signal("op_mode")
}

/// As a key of a JSON object a signal is its name.
extension Signal: CodingKeyRepresentable {
    package var codingKey: any CodingKey { NameKey(name) }
    package init?<T: CodingKey>(codingKey: T) { self.init(codingKey.stringValue) }
}

/// Any name as a coding key.
struct NameKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
