import FleetModel

/// One decoder's own list of signal names, found by their bytes.
///
/// `Signal` keeps its names behind a lock and under `String`s; sixty look-ups a message would cost more than the
/// parsing. A name that nobody has sent before stays provisional until its whole message is accepted, so that
/// rejected messages fill no memory.
struct SignalTable {
    /// Where a name stands in this table.
    typealias Index = Int

    private struct Entry {
        var hash: UInt64
        var start: Int
        var count: Int
        /// `nil` while the name is provisional.
        var signal: Signal?
    }

    private var entries: [Entry] = []
    private var bytes: [UInt8] = []
    /// Open addressing: index + 1 of an entry, 0 for none; a power of two long, at most half full.
    private var slots: [UInt32]
    private var settledCount = 0
    /// The frame in which each name was seen last, which finds a repeated name without clearing anything.
    private var stamps: [UInt32] = []
    private var stamp: UInt32 = 0
    /// Other in every run of the program, so that nobody can prepare names that collide.
    private let seed: UInt64

    init() {
        slots = Array(repeating: 0, count: 1_024)
        seed = UInt64(bitPattern: Int64(Hasher().finalize())) | 1
        for signal in SignalTable.wellKnown {
            let name = Array(signal.name.utf8)
            name.withUnsafeBufferPointer { _ = insert($0, hash: hash($0), signal: signal) }
        }
        settledCount = entries.count
    }

    // The signals that stand under `position`, `meters` and `mode` have the first places, so that they are known
    // without looking.
    static let latitude = 0
    static let longitude = 1
    static let altitude = 2
    static let heading = 3
    static let speed = 4
    static let engineHours = 5
    static let odometer = 6
    static let fuelUsedTotal = 7
    static let operatingMode = 8

    private static let wellKnown: [Signal] = [
        .latitude, .longitude, .altitude, .heading, .speed, .engineHours, .odometer, .fuelUsedTotal, .operatingMode,
    ]

    /// Names of the present message that nobody sent before.
    var provisionalCount: Int { entries.count - settledCount }

    /// The signal at a place; while its name is provisional, some other that `settle` must be asked to replace.
    @inline(__always)
    func signal(at index: Index) -> Signal { entries[index].signal ?? .engineHours }

    @inline(__always)
    func isProvisional(_ index: Index) -> Bool { index >= settledCount }

    /// The place of a name; `nil` when it is not a name a signal may have.
    mutating func index(of name: UnsafeBufferPointer<UInt8>) -> Index? {
        let hash = hash(name)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if entries[index].hash == hash, isName(name, at: index) { return index }
            slot = (slot + 1) & (slots.count - 1)
        }
        guard isTopicSegment(name) else { return nil }
        return insert(name, hash: hash, signal: nil)
    }

    /// Starts a frame: every name is unseen.
    mutating func startFrame() {
        if stamp == .max {
            stamps = Array(repeating: 0, count: stamps.count)
            stamp = 0
        }
        stamp += 1
    }

    /// Notes that the frame has this name; `false` when it had it before.
    @inline(__always)
    mutating func see(_ index: Index) -> Bool {
        guard stamps[index] != stamp else { return false }
        stamps[index] = stamp
        return true
    }

    /// The message was accepted: its new names are signals from now on.
    mutating func settle() {
        for index in settledCount..<entries.count {
            let entry = entries[index]
            entries[index].signal = Signal(
                String(decoding: bytes[entry.start..<entry.start + entry.count], as: UTF8.self))
        }
        settledCount = entries.count
    }

    /// The message was rejected: its new names are forgotten.
    mutating func forgetProvisional() {
        guard provisionalCount > 0 else { return }
        // Last in, first out: each removal leaves the slots as they were before that name came.
        while entries.count > settledCount {
            var slot = Int(truncatingIfNeeded: entries[entries.count - 1].hash) & (slots.count - 1)
            while slots[slot] != UInt32(entries.count) { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = 0
            bytes.removeLast(entries[entries.count - 1].count)
            entries.removeLast()
            stamps.removeLast()
        }
    }

    private mutating func insert(_ name: UnsafeBufferPointer<UInt8>, hash: UInt64, signal: Signal?) -> Index {
        if entries.count * 2 >= slots.count { grow() }
        entries.append(Entry(hash: hash, start: bytes.count, count: name.count, signal: signal))
        bytes.append(contentsOf: name)
        stamps.append(0)
        occupy(UInt32(entries.count), hash: hash)
        return entries.count - 1
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for index in entries.indices { occupy(UInt32(index + 1), hash: entries[index].hash) }
    }

    private mutating func occupy(_ occupant: UInt32, hash: UInt64) {
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = occupant
    }

    @inline(__always)
    private func isName(_ name: UnsafeBufferPointer<UInt8>, at index: Index) -> Bool {
        let entry = entries[index]
        guard entry.count == name.count else { return false }
        return bytes.withUnsafeBufferPointer { known in
            for offset in 0..<name.count where known[entry.start + offset] != name[offset] { return false }
            return true
        }
    }

    /// Multiply and fold, eight bytes at a time.
    @inline(__always)
    private func hash(_ name: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var state = seed ^ UInt64(name.count)
        let raw = UnsafeRawBufferPointer(name)
        var offset = 0
        while offset + 8 <= raw.count {
            state = folded(state ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var tail: UInt64 = 0
        while offset < raw.count {
            tail = tail << 8 | UInt64(raw[offset])
            offset += 1
        }
        return folded(state ^ tail)
    }

    @inline(__always)
    private func folded(_ value: UInt64) -> UInt64 {
        // The golden ratio's fraction: odd, and without a pattern in its bits.
        let (high, low) = (value ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return high ^ low
    }
}
