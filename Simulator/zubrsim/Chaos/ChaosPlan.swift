import FleetModel
import FleetSimulation
import TelemetryCodec

/// What one run of the proof publishes and when it kills, all of it from its seed.
struct ChaosPlan: Sendable {
    let messages: Int
    let kills: Int
    let seed: UInt64
    let startedAt: Timestamp
    static let machines = 20
    static let fleet = FleetID(unchecked: "chaos")
    static let signal = Signal("chaos_mark")

    /// How long the daemon lives before each kill: from before it is up to well into its work.
    let lives: [Duration]

    init(messages: Int, kills: Int, seed: UInt64, startedAt: Timestamp) {
        self.messages = messages
        self.kills = kills
        self.seed = seed
        self.startedAt = startedAt
        var random = RandomStream(seed: seed, of: "chaos")
        lives = (0..<kills).map { _ in .milliseconds(Int.random(in: 60...700, using: &random)) }
    }

    /// Which machine sends message `number`, counted from 0, and as which of its frames.
    func entry(_ number: Int) -> LedgerEntry {
        LedgerEntry(
            equipment: EquipmentID(unchecked: "unit-\(number % Self.machines)"), boot: 1,
            seq: UInt64(number / Self.machines) + 1)
    }

    func topic(_ number: Int) -> Topic {
        .machine(MachineKey(fleet: Self.fleet, equipment: entry(number).equipment), .telemetry)
    }

    func frame(_ number: Int) -> Frame {
        let entry = entry(number)
        return Frame(
            boot: entry.boot, seq: entry.seq, observedAt: startedAt + .milliseconds(number / Self.machines),
            readings: [
                Reading(Self.signal, mark(of: entry)), Reading(Signal("engine_rpm"), Double(650 + number % 1_300)),
                Reading(Signal("coolant_temp"), Double(800 + number % 150) / 10),
            ])
    }

    /// A value that only this frame of this run has: the checker sees a frame stored under another's number.
    func mark(of entry: LedgerEntry) -> Double {
        var mixed = seed ^ (entry.seq &* 0x9E37_79B9_7F4A_7C15)
        for byte in entry.equipment.text.utf8 { mixed = (mixed ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return Double(mixed >> 24)
    }
}

/// One message the broker has taken: it must be in the database exactly once.
struct LedgerEntry: Hashable, Sendable {
    var equipment: EquipmentID
    var boot: UInt32
    var seq: UInt64
}
