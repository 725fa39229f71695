import FleetModel
import FleetRuntime
import Foundation
import GRDB
import Prognosis

@testable import FleetStore

/// One run: a daemon in a world that goes wrong, checked after every step, until the faults stop and all comes right.
final class Simulation {
    private let seed: UInt64
    private let steps: Int
    private let world: World
    private let checker: Checker
    private let path: String
    private var database: FleetDatabase?
    private var daemon: Daemon?
    private var changesChecked = 0
    private var journalChecked = JournalCursor.start
    /// What was read from the journal, in order of arrival.
    private var arrived: [ReceivedFrames] = []

    /// What a run has come to.
    struct Outcome: Sendable {
        var seed: UInt64
        /// The first promise that was broken; `nil` when all were kept.
        var violation: String?
        /// Equal for equal runs.
        var traceNumber: UInt64
        var lastOfTrace: String
        var storedFrames: Int
        var deaths: Int
    }

    /// Little at a time, so that a run sees it begin, be interrupted and end.
    private static let sealRules = SealRules(
        headBytes: 2_000, age: .minutes(10), bytesAtOnce: 300, rowsAtOnce: 2, headBytesMax: 4_000)

    private struct Violation: Error { var text: String }

    private var deaths = 0
    /// Offers that wait, each with how often it was tried and since when it was not tried again.
    private var waiting: [String: (attempts: Int, since: Duration)] = [:]

    private init(seed: UInt64, steps: Int, folder: String, mutation: Mutation?) {
        self.seed = seed
        self.steps = steps
        path = folder + "/zubr.db"
        world = World(seed: seed, folder: folder, mutation: mutation)
        checker = Checker(truth: world.truth)
    }

    /// In memory where there is room in memory: nothing here depends on a real disk.
    static func makeFolder() throws -> String {
        let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        let folder = URL(fileURLWithPath: parent).appendingPathComponent("zubr-simulation-\(UUID().uuidString)")
            .resolvingSymlinksInPath().path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    static func run(seed: UInt64, mutation: Mutation? = nil, steps: Int = 160) async -> Outcome {
        let folder: String
        do {
            folder = try makeFolder()
        } catch {
            preconditionFailure("no folder for a simulation: \(error)")
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let simulation = Simulation(seed: seed, steps: steps, folder: folder, mutation: mutation)
        var violation: String?
        do {
            try await simulation.run()
        } catch {
            violation = (error as? Violation)?.text ?? "\(error)"
        }
        await simulation.database?.close()
        let trace = simulation.world.trace
        return Outcome(
            seed: seed, violation: violation, traceNumber: trace.number, lastOfTrace: trace.last,
            storedFrames: simulation.world.truth.stored.count, deaths: simulation.deaths)
    }

    private func run() async throws {
        // Most runs begin with a database that is there; making one is slow, and is tried in some.
        if !world.chance.happens(0.1) { try await Template.copy(to: path) }
        try await open()
        for step in 0..<steps {
            try await self.step(step)
            try await check()
        }
        try await heal()
        try await checkEverything()
    }

    // MARK: - A step

    private func step(_ number: Int) async throws {
        let chance = world.chance
        switch chance.below(100) {
        case 0..<62: world.pass(.milliseconds(chance.below(400)))
        case 62..<91: world.pass(.seconds(chance.between(1, 15)))
        case 91..<99: world.pass(.seconds(chance.between(60, 300)))
        default: world.pass(.seconds(900))
        }
        world.deliver()
        // As often as not before whatever else happens, and so also between any two of the other loops' turns.
        if chance.happens(0.4) { try await turn(.clock) }
        switch chance.below(100) {
        case 0..<26: world.moveTruck()
        case 26..<52: try await turn(.ingestor)
        case 52..<68: try await turn(.evaluator)
        case 68..<77: try await turn(.courier)
        case 77..<81: try await turn(.custodian)
        case 81..<84: try await turn(.registrar)
        case 84..<91: world.moveCenters()
        case 91..<93: try await acknowledgeAlert()
        default: try await goWrong()
        }
        if chance.happens(0.15) { world.broker.save() }
        if world.disk.death != nil { try await restart() }
    }

    private func turn(_ loop: Daemon.Loop) async throws {
        do {
            try await daemon!.turn(loop)
        } catch {
            // What a loop does not wait out ends the daemon. Faults that pass must not.
            if world.disk.death == nil { throw Violation(text: "\(loop) gave up: \(error)") }
        }
    }

    private func acknowledgeAlert() async throws {
        let firing = try await database!.read("test") { db, _ in
            try Row.fetchAll(
                db, sql: "SELECT alert.document FROM alert WHERE state = 'firing' ORDER BY id"
            ).map { try JSON.value(Alert.self, from: $0[0]) }
        }
        world.disk.waitForReaders()
        guard !firing.isEmpty else { return }
        let finding = world.chance.pick(firing).finding
        world.trace.note("person: acknowledges \(finding.machine) \(finding.episode)")
        try? await daemon!.store.acknowledge(
            AlertAcknowledgement(
                machine: finding.machine, episode: finding.episode, by: "dispatcher", at: daemon!.time.now()))
    }

    private func goWrong() async throws {
        let chance = world.chance
        let death: SimulatedDisk.Death = chance.happens(0.5) ? .crash : .powerCut
        switch chance.below(12) {
        case 0: world.broker.loseConnection()
        case 1: world.broker.stop(losing: chance.happens(0.6))
        case 2, 3: world.disk.plan(.death(death), after: chance.below(40))
        case 4: world.disk.plan(.failures(chance.between(1, 6)), after: chance.below(30))
        case 5:
            world.disk.isFull.toggle()
            world.trace.note("disk: \(world.disk.isFull ? "full" : "has room")")
        case 6: world.busyCalls = chance.between(1, 5)
        case 7: if chance.happens(0.4) { world.setWall(wrongBy: .zero) } else { world.misplaceWall() }
        case 8: world.deathAt = (chance.pick(World.Moment.allCases), death)
        case 9: world.disk.die(death)
        case 10: try await stopAndStart()
        default: break
        }
        // What is down or full comes back by itself after a while, more often than it goes.
        if !world.broker.isUp, chance.happens(0.7) { world.broker.start() }
        if world.disk.isFull, chance.happens(0.5) { world.disk.isFull = false }
    }

    // MARK: - Lives of the daemon

    private func open() async throws {
        var tries = 0
        while true {
            tries += 1
            if world.isFaulty, world.chance.happens(0.15) {
                let fault: SimulatedDisk.Fault =
                    world.chance.happens(0.5) ? .death(world.chance.happens(0.5) ? .crash : .powerCut) : .failures(1)
                world.disk.plan(fault, after: world.chance.below(20))
            }
            world.disk.isArmed = true
            do throws(StoreFailure) {
                let opened = try await FleetDatabase.open(
                    path: path, access: .daemon, catalog: Site.catalog, limits: Site.limits, keepsBallast: false,
                    quarantineBounds: QuarantineBounds(), schema: .current,
                    sync: world.mutation == .synchronousNormal ? .normal : .full, sealRules: Simulation.sealRules)
                world.disk.isArmed = false
                try await begin(opened)
                return
            } catch {
                world.disk.isArmed = false
                world.trace.note("store: " + error.message.replacing(path, with: "the file"))
                if world.disk.death == nil, !error.isTransient {
                    throw Violation(text: "the database cannot be opened: \(error.message)")
                }
                if world.disk.death != nil { deaths += 1 }
                switchOn()
                world.disk.planNothing()
                world.disk.isFull = world.disk.isFull && tries < 3
                world.pass(.seconds(1))
                if tries == 20 { throw Violation(text: "the database cannot be opened in 20 tries: \(error.message)") }
            }
        }
    }

    private func switchOn() {
        if world.disk.death == .powerCut { world.reboot() }
        world.disk.start()
    }

    private func begin(_ opened: FleetDatabase) async throws(StoreFailure) {
        database = opened
        switch world.mutation {
        case .forgetsLedger:
            try await opened.onWriter("test") { try $0.execute(sql: "DELETE FROM sequence_range") }
        case .acknowledgesBeforeCommit, .synchronousNormal, .settlesEarly, .keepsMisjudged, nil: break
        }
        let world = world
        let time = DaemonTime(
            .real, newestStored: try await opened.newestArrival(), wall: { world.wall },
            boot: { world.boot })
        daemon = Daemon(store: WatchedStore(world: world, database: opened, time: time))
        world.disk.waitForReaders()
    }

    /// The process is dead; the machine starts again.
    private func restart() async throws {
        deaths += 1
        daemon = nil
        await database?.close()
        database = nil
        world.broker.loseConnection()
        switchOn()
        world.trace.note("daemon: starts again")
        try await open()
        try await check(isRestarted: true)
    }

    /// As after `systemctl restart`.
    private func stopAndStart() async throws {
        world.trace.note("daemon: stops")
        daemon = nil
        await database?.close()
        database = nil
        world.broker.loseConnection()
        if world.isFaulty, world.chance.happens(0.3) {
            world.disk.die(.powerCut)
            switchOn()
        }
        try await open()
        try await check(isRestarted: true)
    }

    // MARK: - Checks

    private func check(isRestarted: Bool = false) async throws {
        if let database, isRestarted || world.disk.changeCount != changesChecked {
            changesChecked = world.disk.changeCount
            let view = try await database.read("test") { db, _ in try StoreView(db) }
            checker.check(view, isRestarted: isRestarted)
            let slice = try await database.journal(after: journalChecked, limit: 100_000)
            journalChecked = slice.cursor
            arrived += slice.frames
            for damage in slice.damaged { world.truth.violate(damage) }
            if isRestarted {
                checker.checkStored(try await database.allFrames(), areAll: true)
            } else {
                checker.checkStored(slice.frames, areAll: false)
            }
            world.disk.waitForReaders()
        }
        if let violation = world.truth.violation { throw Violation(text: violation) }
    }

    /// Faults stop, a wrong clock last: within four hours of virtual time everything must come right.
    private func heal() async throws {
        world.trace.note("all faults stop")
        let chance = world.chance
        let clockIsRightAt = chance.happens(0.5) ? 0 : chance.below(12)
        world.isFaulty = false
        world.deathAt = nil
        world.busyCalls = 0
        world.disk.planNothing()
        world.disk.isFull = false
        world.broker.start()
        for index in world.trucks.indices { world.trucks[index].isHot = false }
        var left: [String] = []
        for round in 0..<480 {
            world.pass(.milliseconds(29_900))
            if round == clockIsRightAt { world.setWall(wrongBy: .zero) }
            if round % 10 == 0 { for index in world.trucks.indices { world.sendFrames(of: index) } }
            world.pass(.milliseconds(100))
            world.deliver()
            var turns: [Daemon.Loop] = [.registrar, .ingestor, .ingestor, .evaluator, .clock, .courier, .custodian]
            while !turns.isEmpty {
                try await turn(turns.remove(at: chance.below(turns.count)))
                try await check()
            }
            world.moveCenters()
            try await check()
            guard round >= clockIsRightAt else { continue }
            let view = try await database!.read("test") { db, _ in try StoreView(db) }
            world.disk.waitForReaders()
            try checkRepeats(view)
            let before = left
            left = try await unsettled(view)
            if left.isEmpty { return }
            if left != before { world.trace.note("not right yet: \(left.joined(separator: "; "))") }
        }
        throw Violation(text: "four hours after the last fault: \(left.joined(separator: "; "))")
    }

    /// An offer that waits is sent again and again, also when the time was moved meanwhile.
    private func checkRepeats(_ view: StoreView) throws {
        guard daemon!.store.isTimeRight, daemon!.time.isCredible else { return waiting = [:] }
        var still: [String: (attempts: Int, since: Duration)] = [:]
        for (id, order) in view.orders where order.state == .open {
            let offer = "\(id)/\(order.offers)/offer"
            guard let outgoing = view.outbox[offer], !outgoing.isSettled else { continue }
            let past = waiting[offer].flatMap { $0.attempts == outgoing.attempts ? $0.since : nil }
            still[offer] = (outgoing.attempts, past ?? world.elapsed)
        }
        waiting = still
        // Loops that wait after a fault, and a round of ours, come on top.
        let limit = Site.desk.republishAfter + .minutes(2)
        for (offer, (attempts, since)) in waiting.sorted(by: { $0.key < $1.key }) where world.elapsed - since > limit {
            throw Violation(
                text:
                    "\(offer) waits, was sent \(attempts) times, and not again for \(world.elapsed - since); it is due in \(view.outbox[offer]!.nextAttemptAt - daemon!.time.now())"
            )
        }
    }

    /// What has not come right yet.
    private func unsettled(_ view: StoreView) async throws -> [String] {
        guard world.broker.queue.isEmpty, !world.isAnythingUnderWay else { return ["messages are under way"] }
        var left = daemon!.gauges.problems
        if !daemon!.store.isTimeRight { left.append("the daemon's time is wrong") }
        left += world.truth.waitingForTheTime.prefix(3).map { "message \($0) was turned away for its time" }
        left += view.outbox.filter { !$0.value.isSettled && $0.value.attempts == 0 }.keys.sorted()
            .map { "\($0) was never sent" }
        left += world.truth.missing.prefix(3).map { "\($0) is not stored" }
        if view.cursors["evaluation"] != view.cursors["journal"] { left.append("the evaluation is behind") }
        if view.cursors["replies"] ?? 0 != view.lastReply { left.append("replies are not read") }
        left += view.alerts.filter { $0.value != "resolved" }.keys.sorted().map { "the alert \($0) still stands" }
        left += view.orders.filter { $0.value.state == .open }.keys.sorted().map { "\($0) reached nobody" }
        let ordered = Set(view.orders.values.filter { $0.state != .cancelled }.map { "\($0.machine) \($0.need)" })
        for need in try await needs() where !ordered.contains(need) { left.append("nobody was asked for \(need)") }
        return left
    }

    /// What the machines need now, from their stored condition.
    private func needs() async throws -> [String] {
        let state = try await database!.resume()
        let planner = ServicePlanner(catalog: Site.catalog)
        return Site.machines.flatMap { machine in
            let condition = state.conditions[machine.key] ?? MachineCondition()
            let standings = planner.standings(of: machine, condition: condition, now: daemon!.time.now())
            return planner.needs(of: machine, condition: condition, standings: standings)
                .map { "\(machine.key) \($0.key)" }
        }
    }

    /// After a last restart, everything once more; and what the evaluator remembers is what the journal says.
    private func checkEverything() async throws {
        try await stopAndStart()
        let state = try await database!.resume()
        let monitor = ConditionMonitor(rules: Site.rules, catalog: Site.catalog)
        var folded: [MachineKey: MachineCondition] = [:]
        for received in arrived {
            for frame in received.frames {
                _ = monitor.observe(
                    frame, receivedAt: received.receivedAt, machine: received.machine,
                    model: received.machine == Site.stranger ? nil : Site.model,
                    condition: &folded[received.machine, default: MachineCondition()])
            }
        }
        for key in Site.registered + [Site.stranger] {
            let (stored, again) = (state.conditions[key]?.ofTheMachine, folded[key]?.ofTheMachine)
            guard stored == again else {
                throw Violation(
                    text: "\(key) is remembered as \(stored.debugDescription), "
                        + "its journal says \(again.debugDescription)")
            }
            try checkReceiptTime(
                of: key, state.conditions[key]?.lastReceivedAt, journal: folded[key]?.lastReceivedAt)
        }
    }

    /// The journal keeps the time at which a frame came as it was then believed. The evaluator takes it back to its own
    /// time when that has fallen since, or the machine would not be silent until the time is that late again: what it
    /// remembers is earlier by as much as the time fell, and never later.
    private func checkReceiptTime(of key: MachineKey, _ stored: Timestamp?, journal: Timestamp?) throws {
        guard let stored, let journal else {
            guard stored == journal else { throw Violation(text: "\(key) was heard, or is only remembered as heard") }
            return
        }
        guard stored <= journal, journal - stored <= world.beliefFellBack else {
            throw Violation(
                text: "\(key) is remembered as heard at \(stored), its journal says \(journal), "
                    + "and the time fell by \(world.beliefFellBack)")
        }
    }
}

extension FleetDatabase {
    /// Everything that is stored, from segments and journal.
    fileprivate func allFrames() async throws(StoreFailure) -> [ReceivedFrames] {
        let head = head.runs
        return try await read("test") { [self] db, _ in
            let (names, mark) = (try names(db), try SealMark(db))
            let reader = SegmentReader(db, names: names)
            return try Row.fetchAll(db, sql: "SELECT fleet, equipment, id FROM machine ORDER BY id").map { row in
                var frames: [Frame] = []
                for segment in try SegmentTable.segments(of: row[2], from: .distantPast, to: .distantFuture, db) {
                    frames += try reader.frames(of: segment, from: .distantPast, to: .distantFuture)
                }
                frames += try head[row[2]]?.frames(after: mark.position(of: row[2]), names: names).map(\.frame) ?? []
                return ReceivedFrames(machine: try MachineKey(row), receivedAt: .epoch, frames: frames)
            }
        }
    }
}

extension MachineCondition {
    /// What its frames alone say: neither silence nor services, nor when they came by the daemon's clock.
    fileprivate var ofTheMachine: MachineCondition {
        var condition = self
        condition.services = [:]
        condition.lastReceivedAt = nil
        condition.episodes["silent"] = nil
        return condition
    }
}

/// A database as the daemon makes it on its first start, to be copied.
private actor Template {
    private static let shared = Template()
    private var contents: Data?

    static func copy(to path: String) async throws { try await shared.bytes().write(to: URL(fileURLWithPath: path)) }

    private func bytes() async throws -> Data {
        if let contents { return contents }
        let folder = NSTemporaryDirectory() + "zubr-template-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let database = try await FleetDatabase.open(path: folder + "/zubr.db", access: .daemon)
        await database.close()
        let made = try Data(contentsOf: URL(fileURLWithPath: folder + "/zubr.db"))
        contents = made
        return made
    }
}
