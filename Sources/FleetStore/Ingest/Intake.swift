import FleetModel
import FleetRuntime
import GRDB
import TelemetryCodec

/// One batch on its way into the journal: duplicates are sorted out, the rest is gathered by machine and hour.
struct Intake {
    private let limits: IngestLimits
    private(set) var storedFrames = 0
    private(set) var duplicateFrames = 0
    private(set) var storedReadings = 0
    /// Messages that exceed a limit which only the store can judge.
    private(set) var refused: [RejectedMessage] = []

    private var blocks: [Block] = []
    private var blockIndices: [BlockKey: Int] = [:]
    /// Machines, by their place in the ledger, whose sequence ranges changed.
    private var changedMachines: [Int] = []
    /// The newest arrival of each machine that stored something.
    private var arrivals: [Int: Timestamp] = [:]

    private struct BlockKey: Hashable {
        var machine: Int
        var hour: Int64
    }

    private struct Block {
        var key: BlockKey
        var receivedAt: Timestamp
        var frames = FrameBlock()
    }

    /// A person tries quarantined messages again.
    private let isRetry: Bool

    init(limits: IngestLimits, isRetry: Bool = false) {
        self.limits = limits
        self.isRetry = isRetry
    }

    mutating func take(_ message: ReceivedFrames, _ ledger: inout Ledger, _ db: Database) throws {
        var message = message
        if let retired = try ledger.retirement(of: message.machine, db) {
            // Measured before the machine changed hands and late on its way: a part of its history, once a person says
            // so. Not by itself, for the machine's clock is the only witness.
            guard isRetry, message.frames.allSatisfy({ $0.observedAt <= retired.until }) else {
                refuse(message, retired.rejection(of: message.machine))
                return
            }
            message.machine = retired.successor
        }
        guard let machine = try admit(message, &ledger, db) else { return }
        for frame in message.frames {
            var isFirstChange = false
            let isNew = ledger.withEntry(machine) {
                $0.insert(boot: frame.boot, seq: frame.seq, isFirstChange: &isFirstChange)
            }
            guard isNew else {
                duplicateFrames += 1
                ledger.add(1, to: Total.duplicateFrames)
                continue
            }
            if isFirstChange { changedMachines.append(machine) }
            let key = BlockKey(machine: machine, hour: Journal.hour(of: frame.observedAt))
            let index: Int
            if let known = blockIndices[key] {
                index = known
            } else {
                index = blocks.count
                blockIndices[key] = index
                blocks.append(Block(key: key, receivedAt: message.receivedAt))
            }
            blocks[index].frames.append(frame, receivedAt: message.receivedAt) { ledger.knownRow(of: $0) }
            storedFrames += 1
            storedReadings += frame.readings.count
        }
        arrivals[machine] = max(arrivals[machine] ?? message.receivedAt, message.receivedAt)
    }

    mutating func take(_ report: ConnectionReport, _ ledger: inout Ledger, _ db: Database) throws {
        if let retired = try ledger.retirement(of: report.machine, db) {
            refuse(report, retired.rejection(of: report.machine))
            return
        }
        let known = try ledger.index(of: report.machine, db)
        if known == nil, try isFull(report.machine.fleet, &ledger, db) {
            refuse(report, tooManyMachines(report.machine))
            return
        }
        let machine = try known ?? ledger.addingIndex(of: report.machine, db)
        let entry = ledger.entries[machine]
        if entry.isConnected != report.isConnected {
            ledger.add(
                (report.isConnected ? 0 : 1) - (entry.isConnected == false ? 1 : 0), to: Total.disconnectedMachines)
            ledger.withEntry(machine) { $0.isConnected = report.isConnected }
        }
        try db.cachedStatement(
            sql: "UPDATE machine SET is_connected = ?, connection_at = ? WHERE id = ?"
        ).execute(arguments: [report.isConnected, report.receivedAt.microseconds, entry.id])
    }

    func take(_ reply: ReceivedReply, _ ledger: inout Ledger, _ db: Database) throws {
        try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO reply (center, reply, received_at, document) VALUES (?, ?, ?, ?)"
        ).execute(
            arguments: [
                reply.center.text, reply.reply.reply, reply.receivedAt.microseconds, try JSON.text(reply.reply),
            ])
        // The evaluator looks when the journal's end moves.
        if db.changesCount > 0 { _ = try ledger.nextPosition(db) }
    }

    /// Writes what was gathered: one row a machine and hour.
    func write(_ ledger: inout Ledger, _ db: Database) throws {
        let insert = try HotStatement(
            db, "INSERT INTO journal (id, machine, hour, received_at, frames) VALUES (?, ?, ?, ?, ?)")
        for block in blocks {
            insert.bind(try ledger.nextPosition(db), at: 1)
            insert.bind(ledger.entries[block.key.machine].id, at: 2)
            insert.bind(block.key.hour, at: 3)
            insert.bind(block.receivedAt.microseconds, at: 4)
            try insert.run(binding: block.frames.sealed(), at: 5)
        }
        try writeRanges(&ledger, db)
        let touch = try HotStatement(db, "UPDATE machine SET last_received_at = ? WHERE id = ?")
        for (machine, arrival) in arrivals.sorted(by: { $0.key < $1.key })
        where ledger.entries[machine].isTouchDue(at: arrival) {
            ledger.withEntry(machine) { $0.touchedAt = arrival }
            touch.bind(arrival.microseconds, at: 1)
            touch.bind(ledger.entries[machine].id, at: 2)
            try touch.run()
        }
        ledger.add(Int64(storedFrames), to: Total.frames)
    }

    private func writeRanges(_ ledger: inout Ledger, _ db: Database) throws {
        let delete = try HotStatement(db, "DELETE FROM sequence_range WHERE machine = ? AND boot = ? AND first = ?")
        // Nearly always a range grows at its end: cheaper than to replace its row.
        let extend = try HotStatement(
            db, "UPDATE sequence_range SET last = ? WHERE machine = ? AND boot = ? AND first = ?")
        let put = try HotStatement(
            db, "INSERT INTO sequence_range (machine, boot, first, last) VALUES (?, ?, ?, ?)")
        var newGaps: Int64 = 0
        var newlyMissing: Int64 = 0
        for machine in changedMachines {
            try ledger.withEntry(machine) { entry in
                let id = entry.id
                try entry.settle { boot, ranges, gaps, missing in
                    newGaps += gaps
                    newlyMissing &+= missing
                    for first in ranges.removed {
                        delete.bind(id, at: 1)
                        delete.bind(Int64(boot), at: 2)
                        delete.bind(Int64(bitPattern: first), at: 3)
                        try delete.run()
                    }
                    for range in ranges.rangesToWrite {
                        extend.bind(Int64(bitPattern: range.upperBound), at: 1)
                        extend.bind(id, at: 2)
                        extend.bind(Int64(boot), at: 3)
                        extend.bind(Int64(bitPattern: range.lowerBound), at: 4)
                        try extend.run()
                        guard db.changesCount == 0 else { continue }
                        put.bind(id, at: 1)
                        put.bind(Int64(boot), at: 2)
                        put.bind(Int64(bitPattern: range.lowerBound), at: 3)
                        put.bind(Int64(bitPattern: range.upperBound), at: 4)
                        try put.run()
                    }
                }
            }
        }
        ledger.add(newGaps, to: Total.gaps)
        ledger.add(newlyMissing, to: Total.missingFrames)
    }

    /// The machine's place in the ledger when the message keeps within the limits, with its new signals stored.
    private mutating func admit(_ message: ReceivedFrames, _ ledger: inout Ledger, _ db: Database) throws -> Int? {
        let known = try ledger.index(of: message.machine, db)
        if known == nil, try isFull(message.machine.fleet, &ledger, db) {
            refuse(message, tooManyMachines(message.machine))
            return nil
        }
        var newSignals: Set<Signal> = []
        for frame in message.frames {
            for reading in frame.readings where known.map({ ledger.entries[$0].knows(reading.signal) }) != true {
                newSignals.insert(reading.signal)
            }
        }
        let signalCount = newSignals.count + (known.map { ledger.entries[$0].signalCount } ?? 0)
        guard newSignals.isEmpty || signalCount <= limits.signalsPerMachine else {
            refuse(
                message,
                Rejection(
                    .tooManySignals,
                    "\(message.machine) would have sent \(signalCount) different signals, the limit is \(limits.signalsPerMachine)"
                ))
            return nil
        }
        let machine = try known ?? ledger.addingIndex(of: message.machine, db)
        let id = ledger.entries[machine].id
        for signal in newSignals.sorted(by: { $0.name < $1.name }) {
            let row = try ledger.row(of: signal, db)
            try db.cachedStatement(sql: "INSERT INTO machine_signal (machine, signal) VALUES (?, ?)")
                .execute(arguments: [id, row])
            ledger.withEntry(machine) { $0.add(signal) }
        }
        for frame in message.frames {
            for reading in frame.readings { _ = try ledger.row(of: reading.signal, db) }
        }
        return machine
    }

    private func isFull(_ fleet: FleetID, _ ledger: inout Ledger, _ db: Database) throws -> Bool {
        try ledger.machineCount(of: fleet, db) >= limits.machinesPerFleet
    }

    private func tooManyMachines(_ machine: MachineKey) -> Rejection {
        Rejection(
            .tooManyMachines,
            "\(machine) is new, and fleet \(machine.fleet) has its limit of \(limits.machinesPerFleet) machines")
    }

    private mutating func refuse(_ report: ConnectionReport, _ rejection: Rejection) {
        refused.append(
            RejectedMessage(
                topic: Topic.machine(report.machine, .status).description,
                body: TelemetryEncoder.statusBody(isConnected: report.isConnected), rejection: rejection,
                receivedAt: report.receivedAt))
    }

    private mutating func refuse(_ message: ReceivedFrames, _ rejection: Rejection) {
        let isAsItCame = !message.topic.isEmpty
        refused.append(
            RejectedMessage(
                topic: isAsItCame ? message.topic : Topic.machine(message.machine, .telemetry).description,
                body: isAsItCame ? message.body : TelemetryEncoder.body(of: message.frames), rejection: rejection,
                receivedAt: message.receivedAt))
    }
}
