import FleetModel

/// What was really done, so that a fault that did not happen is seen.
struct ChaosDeeds: Sendable {
    /// Kills of a daemon that heard the broker; the others hit one that was still starting.
    var killsAtWork = 0
    var brokerRestarts = 0
    var resets = 0
    var fullDisks = 0
    var fullDiskErrors = 0
    var powerCuts = 0
    var unflushedBytesLost: Int64 = 0
    var unflushedBytesKept: Int64 = 0
}

/// What the run came to; the guarantee holds when nothing is lost, duplicated or altered.
struct ChaosReport: Report, Sendable {
    var published: Int
    var stored: Int
    var lost: Int
    var duplicated: Int
    var altered: Int
    /// Stored although the broker's answer to the publisher was lost; at least once allows it.
    var unledgered: Int
    var kills: Int
    var redelivered: Int64 = 0
    var seconds = 0.0
    var seed: UInt64
    var workdir: String
    /// The deliberate mistake of the daemon, if any.
    var injected: String?

    var faults: [String]
    var poisonPublished: Int
    var poisonFound: Int
    var poisonLost: Int
    var poisonDuplicated: Int
    /// Faults that were asked for and did not happen often enough: such a run has proven nothing.
    var missedFaults: [String] = []
    var done = ChaosDeeds() {
        didSet { missedFaults = missed() }
    }

    private let wanted: Set<ChaosFault>

    init(_ plan: ChaosPlan, _ check: ChaosCheck, published: Int, poisonPublished: Int, workdir: String) {
        self.published = published
        stored = check.stored
        lost = check.lost
        duplicated = check.duplicated
        altered = check.altered
        unledgered = check.unledgered
        kills = plan.kills
        seed = plan.seed
        self.workdir = workdir
        wanted = plan.faults
        faults = ChaosFault.allCases.filter(plan.faults.contains).map(\.rawValue)
        self.poisonPublished = poisonPublished
        poisonFound = check.poisonFound
        poisonLost = check.poisonLost
        poisonDuplicated = check.poisonDuplicated
    }

    var holds: Bool {
        lost == 0 && duplicated == 0 && altered == 0 && poisonLost == 0 && poisonDuplicated == 0 && missedFaults.isEmpty
    }

    private func missed() -> [String] {
        ChaosFault.allCases.filter { wanted.contains($0) && !happened($0) }.map(\.rawValue)
    }

    private func happened(_ fault: ChaosFault) -> Bool {
        switch fault {
        case .brokerRestart: done.brokerRestarts == fault.times
        case .reset: done.resets == fault.times
        case .poison: poisonPublished > 0
        case .diskFull: done.fullDisks == fault.times && done.fullDiskErrors > 0
        case .powerCut: done.powerCuts > 0
        }
    }

    enum CodingKeys: String, CodingKey {
        case published, stored, lost, duplicated, altered, unledgered, kills, killsAtWork, redelivered, seconds, seed,
            workdir
        case injected, faults, missedFaults, brokerRestarts, resets, poisonPublished, poisonFound, poisonLost
        case poisonDuplicated, fullDisks, fullDiskErrors, powerCuts, unflushedBytesLost, unflushedBytesKept
    }

    func encode(to encoder: any Encoder) throws {
        var keyed = encoder.container(keyedBy: CodingKeys.self)
        try keyed.encode(published, forKey: .published)
        try keyed.encode(stored, forKey: .stored)
        try keyed.encode(lost, forKey: .lost)
        try keyed.encode(duplicated, forKey: .duplicated)
        try keyed.encode(altered, forKey: .altered)
        try keyed.encode(unledgered, forKey: .unledgered)
        try keyed.encode(kills, forKey: .kills)
        try keyed.encode(done.killsAtWork, forKey: .killsAtWork)
        try keyed.encode(redelivered, forKey: .redelivered)
        try keyed.encode(seconds, forKey: .seconds)
        try keyed.encode(seed, forKey: .seed)
        try keyed.encode(workdir, forKey: .workdir)
        try keyed.encodeIfPresent(injected, forKey: .injected)
        try keyed.encode(faults, forKey: .faults)
        try keyed.encode(missedFaults, forKey: .missedFaults)
        try keyed.encode(done.brokerRestarts, forKey: .brokerRestarts)
        try keyed.encode(done.resets, forKey: .resets)
        try keyed.encode(poisonPublished, forKey: .poisonPublished)
        try keyed.encode(poisonFound, forKey: .poisonFound)
        try keyed.encode(poisonLost, forKey: .poisonLost)
        try keyed.encode(poisonDuplicated, forKey: .poisonDuplicated)
        try keyed.encode(done.fullDisks, forKey: .fullDisks)
        try keyed.encode(done.fullDiskErrors, forKey: .fullDiskErrors)
        try keyed.encode(done.powerCuts, forKey: .powerCuts)
        try keyed.encode(done.unflushedBytesLost, forKey: .unflushedBytesLost)
        try keyed.encode(done.unflushedBytesKept, forKey: .unflushedBytesKept)
    }

    var table: [(name: String, value: String)] {
        var rows = [
            ("published", "\(published)"), ("stored", "\(stored)"), ("lost", "\(lost)"),
            ("duplicated", "\(duplicated)"), ("altered", "\(altered)"), ("redelivered", "\(redelivered)"),
            ("kills", "\(kills), \(done.killsAtWork) of them at work"),
        ]
        if wanted.contains(.powerCut) {
            rows.append(("of them power cuts", "\(done.powerCuts), \(done.unflushedBytesLost) unflushed bytes lost"))
        }
        if wanted.contains(.brokerRestart) { rows.append(("broker restarts", "\(done.brokerRestarts)")) }
        if wanted.contains(.reset) { rows.append(("resets", "\(done.resets)")) }
        if wanted.contains(.diskFull) {
            rows.append(("full disks", "\(done.fullDisks), \(done.fullDiskErrors) commits refused"))
        }
        if wanted.contains(.poison) {
            rows.append(
                (
                    "poison",
                    "\(poisonPublished) published, \(poisonFound) found, \(poisonLost) lost, \(poisonDuplicated) twice"
                ))
        }
        if !missedFaults.isEmpty { rows.append(("did not happen", missedFaults.joined(separator: ", "))) }
        if let injected { rows.append(("deliberate mistake", injected)) }
        return rows + [("seconds", decimal(seconds, places: 1))]
    }
}
