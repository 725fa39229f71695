import FleetModel
import FleetSimulation
import TelemetryCodec

/// What one run of the proof publishes and when it kills, all of it from its seed.
struct ChaosPlan: Sendable {
    let messages: Int
    let kills: Int
    let seed: UInt64
    let faults: Set<ChaosFault>
    let startedAt: Timestamp
    static let machines = 20
    static let fleet = FleetID(unchecked: "chaos")
    static let signal = Signal("chaos_mark")
    /// After so many good messages of all machines comes a bad one: under load a batch of the daemon is seldom smaller. A million
    /// messages bring as many bad ones as its quarantine holds.
    private static let goodPerPoison = 10

    /// How long the daemon lives before each kill; the last life is ended by nobody.
    let lives: [Duration]
    /// What happens in each life, in its order.
    let acts: [[Act]]

    struct Act: Sendable {
        var deed: Deed
        /// When, as a share of the life.
        var share: Double
    }

    enum Deed: Sendable, Hashable {
        case restartBroker
        /// The broker is away and back before the daemon is.
        case restartBrokerWhileDown
        case reset
        case fillDisk
        /// The daemon is killed while the disk is full and must start on the full one.
        case fillDiskAndKill
    }

    init(messages: Int, kills: Int, seed: UInt64, faults: Set<ChaosFault> = [], startedAt: Timestamp) {
        self.messages = messages
        self.kills = kills
        self.seed = seed
        self.faults = faults
        self.startedAt = startedAt
        var random = RandomStream(seed: seed, of: "chaos")
        lives = (0..<kills).map { _ in .milliseconds(Int.random(in: 60...700, using: &random)) } + [.milliseconds(500)]
        var acts = Array(repeating: [Act](), count: kills + 1)
        for fault in ChaosFault.allCases where faults.contains(fault) {
            var random = RandomStream(seed: seed, of: "chaos", fault.rawValue)
            for number in 0..<fault.times {
                // A full disk is met by who has something to store: early in a life, and not in the last one.
                let isFill = fault == .diskFull
                let life = Int.random(in: 0...(isFill ? max(0, kills - 1) : kills), using: &random)
                let share = random.share() * (isFill ? 0.2 : 1)
                acts[life].append(Act(deed: Self.deed(fault, number, isLast: life == kills), share: share))
            }
        }
        self.acts = acts.map { $0.sorted { $0.share < $1.share } }
    }

    private static func deed(_ fault: ChaosFault, _ number: Int, isLast: Bool) -> Deed {
        switch fault {
        case .brokerRestart: number == 0 && !isLast ? .restartBrokerWhileDown : .restartBroker
        case .diskFull: number == 0 && !isLast ? .fillDiskAndKill : .fillDisk
        case .reset, .poison, .powerCut: .reset
        }
    }

    /// Whether kill `number`, counted from 0, is a power cut; every second one, so that both are met.
    func isPowerCut(_ number: Int) -> Bool { faults.contains(.powerCut) && number % 2 == 0 }

    /// Whether life `number` is counted from when the daemon hears the broker. The others are counted from its start
    /// and are mostly ended while it still opens its database, the longer the larger that is.
    func isAtWork(_ number: Int) -> Bool { number % 4 < 2 }

    /// Whether some of what was under way at power cut `number` reaches the disk all the same.
    func isTorn(_ number: Int) -> Bool { number % 8 >= 4 }

    // MARK: - What is published

    enum Item: Sendable {
        case frame(Int)
        case poison(Int)
    }

    /// Everything that is published, good and bad.
    var items: Int { messages + poisons }
    var poisons: Int { faults.contains(.poison) ? messages / Self.goodPerPoison : 0 }

    /// What is published as number `number`, counted from 0.
    func item(_ number: Int) -> Item {
        guard poisons > 0 else { return .frame(number) }
        let (round, place) = number.quotientAndRemainder(dividingBy: Self.goodPerPoison + 1)
        if place == Self.goodPerPoison, round < poisons { return .poison(round) }
        return .frame(number - min(round, poisons))
    }

    /// Which machine sends frame `number`, counted from 0, and as which of its frames.
    func entry(_ number: Int) -> LedgerEntry {
        LedgerEntry(
            equipment: equipment(number % Self.machines), boot: 1, seq: UInt64(number / Self.machines) + 1)
    }

    func equipment(_ machine: Int) -> EquipmentID { EquipmentID(unchecked: "unit-\(machine)") }

    /// The number of a frame; `nil` when this run has no such frame.
    func number(machine: Int, boot: UInt32, seq: UInt64) -> Int? {
        guard boot == 1, seq >= 1, seq <= UInt64(messages / Self.machines + 1) else { return nil }
        let number = Int(seq - 1) * Self.machines + machine
        return number < messages ? number : nil
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
