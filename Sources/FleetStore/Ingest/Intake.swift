import FleetModel
import FleetRuntime
import GRDB
import TelemetryCodec

/// One batch on its way into the journal: duplicates are sorted out, the rest is gathered by machine.
struct Intake {
    private let limits: IngestLimits
    private(set) var storedFrames = 0
    private(set) var duplicateFrames = 0
    private(set) var storedReadings = 0
    /// Messages that exceed a limit which only the store can judge.
    private(set) var refused: [RejectedMessage] = []

    /// The frames of each machine that sent any, by its place in the ledger.
    private var gathered: [(machine: Int, frames: FrameWriter)] = []
    private var places: [Int: Int] = [:]

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
        var place = places[machine]
        for frame in message.frames {
            guard ledger.withEntry(machine, { $0.insert(boot: frame.boot, seq: frame.seq) }) else {
                duplicateFrames += 1
                ledger.add(1, to: Total.duplicateFrames)
                continue
            }
            if place == nil {
                place = gathered.count
                places[machine] = gathered.count
                gathered.append((machine, FrameWriter()))
            }
            let shape = try ledger.shape(of: frame.readings, from: machine, db)
            gathered[place!].frames.append(frame, receivedAt: message.receivedAt, shape: shape)
            storedFrames += 1
            storedReadings += frame.readings.count
        }
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

    /// Writes what was gathered: one row, or a few when it is much.
    func write(_ ledger: inout Ledger, _ db: Database) throws {
        let insert = try HotStatement(db, "INSERT INTO journal (id, frames) VALUES (?, ?)")
        var row = JournalRow()
        func put() throws {
            guard !row.isEmpty else { return }
            let position = try ledger.nextPosition(db)
            insert.bind(position, at: 1)
            let bytes = row.sealed()
            try insert.run(binding: bytes, at: 2)
            try ledger.note(bytes, at: position)
            row = JournalRow()
        }
        for (machine, frames) in gathered {
            let id = ledger.entries[machine].id
            row.append(frames.bytes, of: id)
            if row.isFull { try put() }
        }
        try put()
        var newGaps: Int64 = 0
        var newlyMissing: Int64 = 0
        for (machine, _) in gathered {
            let (gaps, missing) = ledger.withEntry(machine) { $0.takeNewGaps() }
            newGaps += gaps
            newlyMissing &+= missing
        }
        ledger.add(newGaps, to: Total.gaps)
        ledger.add(newlyMissing, to: Total.missingFrames)
        ledger.add(Int64(storedFrames), to: Total.frames)
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
            try MachineSignals.add(row, of: id, db)
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
