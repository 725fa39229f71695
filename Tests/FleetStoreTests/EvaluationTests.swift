import FleetModel
import FleetRuntime
import GRDB
import Prognosis
import Support
import Testing

@testable import FleetStore

@Suite("What the machines need")
struct EvaluationTests {
    private let folder: TemporaryFolder
    init() throws { folder = TemporaryFolder() }

    private var condition: MachineCondition {
        var condition = MachineCondition()
        condition.latest = [
            coolant: LatestValue(value: 96.5, observedAt: start),
            .latitude: LatestValue(value: 54.25, observedAt: start + .seconds(1)),
            .longitude: LatestValue(value: 86.3, observedAt: start + .seconds(1)),
            .engineHours: LatestValue(value: 1_234.55, observedAt: start),
            .operatingMode: LatestValue(value: OperatingMode.autonomous.code, observedAt: start),
        ]
        condition.lastObservedAt = start + .seconds(1)
        condition.lastReceivedAt = start + .seconds(2)
        let code = DiagnosticTroubleCode(
            spn: SPN(110)!, fmi: FMI(0)!, sourceAddress: SourceAddress(0), occurrenceCount: 4)
        condition.faults[code.key] = ActiveFault(code: code, since: start)
        return condition
    }

    private func standing(_ code: String, _ status: ServiceStanding.Status) -> ServiceStanding {
        ServiceStanding(
            code: code, title: code, status: status, performer: .center, done: 0, trigger: "every 250 h",
            mark: .assumed, remaining: 3, unit: "h")
    }

    @Test("is there again after the file was opened again, with the cursors")
    func resumes() async throws {
        var store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        var round = evaluation(cursor: 1, replies: 7, orders: 42)
        round.conditions = [truck: condition]
        round.orders = [order(2), order(1, code: "TO-1"), order(3, code: "TO-3", state: .closed)]
        round.alerts = [alert("hot"), alert("cold", state: .resolved)]
        try await store.commit(round)
        await store.close()
        store = try await open(folder)
        let state = try await store.resume()
        #expect(state.cursor == JournalCursor(1))
        #expect(state.replyCursor == 7)
        #expect(state.lastOrderNumber == 42)
        #expect(state.conditions == [truck: condition])
        #expect(state.orders.map(\.id.text) == ["WO-1", "WO-2"], "final ones are history")
        #expect(state.orders[1] == order(2))
        #expect(state.alerts == [alert("hot")])
        await store.close()
    }

    @Test("is stored whole or not at all: a second order for the same need refuses the round")
    func uniqueNeed() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        var round = evaluation(orders: 1)
        round.orders = [order(1)]
        try await store.commit(round)
        round = evaluation(cursor: 2, orders: 2)
        round.conditions = [truck: condition]
        round.alerts = [alert("hot")]
        round.orders = [order(5, machine: tractor), order(2)]
        round.dispatches = [Dispatch(order: order(5).id, offer: 1, center: belovo, action: .offer, createdAt: start)]
        let refused = await failure { try await store.commit(round) }
        #expect(refused?.kind == "damaged")
        #expect(refused?.message.contains("WO-2 repeats WO-1") == true)
        let state = try await store.resume()
        #expect(state.cursor == JournalCursor(1))
        #expect(state.orders == [order(1)])
        #expect(state.alerts.isEmpty)
        #expect(state.conditions.isEmpty)
        #expect(try await store.machineKeys() == [truck], "the tractor went with the round")
        #expect(try await store.dueDispatches(at: start + .seconds(99), limit: 9).isEmpty)
        #expect(try await store.counts().orders == ["open": 1])
        await store.close()
    }

    @Test("keeps every change of an order, and counts orders by where they stand")
    func orderEvents() async throws {
        let store = try await open(folder)
        let states: [WorkOrder.State] = [.open, .open, .accepted, .completed]
        for (index, state) in states.enumerated() {
            var round = evaluation(at: start + .seconds(index))
            round.orders = [order(1, state: state)]
            try await store.commit(round)
        }
        let events = try await store.read("test") { db, _ in
            try String.fetchAll(
                db, sql: "SELECT state || '@' || ((at - ?) / 1000000) FROM work_order_event ORDER BY id",
                arguments: [start.microseconds])
        }
        #expect(events == ["open@0", "accepted@2", "completed@3"])
        #expect(try await store.counts().orders == ["completed": 1])
        #expect(try await store.workOrders(includingFinal: false).isEmpty)
        #expect(try await store.workOrders(includingFinal: true).map(\.state) == [.completed])
        await store.close()
    }

    @Test("what a wrong clock has put off by years is brought forward, what nobody need send again is not")
    func broughtForward() async throws {
        let store = try await open(folder)
        var round = evaluation()
        round.orders = [order(1), order(2, machine: tractor)]
        round.dispatches = [(1, 1, start + .days(400)), (2, 1, start + .seconds(5)), (1, 2, start)].map {
            (number, offer, at) in
            Dispatch(order: order(number).id, offer: offer, center: belovo, action: .withdraw, createdAt: at)
        }
        try await store.commit(round)
        try await store.published(round.dispatches[0].id, at: start, next: start + .days(400))
        try await store.published(round.dispatches[2].id, at: start, next: .distantFuture)
        try await store.bringForward(to: start + .seconds(60), now: start)
        func due(_ at: Timestamp) async throws -> [WorkOrderID] {
            try await store.dueDispatches(at: at, limit: 9).map(\.order.id)
        }
        #expect(try await due(start) == [order(2).id], "never tried yet")
        #expect(try await due(start + .seconds(59)) == [order(2).id])
        #expect(try await due(start + .seconds(60)) == [order(2).id, order(1).id])
        await store.close()
    }

    @Test("reaches a center through the outbox: due when its time has come, until it is settled")
    func outbox() async throws {
        let store = try await open(folder)
        let machine = Machine(key: truck, model: ModelID("BELAZ-7513R")!, owner: "mine")
        #expect(try await store.register([machine]) == 1)
        var round = evaluation()
        round.conditions = [truck: condition]
        round.orders = [order(1), order(2, machine: tractor)]
        round.dispatches = [
            Dispatch(order: order(1).id, offer: 1, center: belovo, action: .offer, createdAt: start),
            Dispatch(order: order(2).id, offer: 1, center: belovo, action: .offer, createdAt: start + .seconds(5)),
        ]
        try await store.commit(round)
        #expect(try await store.dueDispatches(at: start - .seconds(1), limit: 9).isEmpty)
        let due = try await store.dueDispatches(at: start, limit: 9)
        #expect(due.map(\.dispatch) == [round.dispatches[0]])
        let first = try #require(due.first)
        #expect(first.order == order(1))
        #expect(first.machine == machine)
        #expect(first.position == Coordinate(latitude: 54.25, longitude: 86.3))
        #expect(first.attempts == 0)
        #expect(try await store.dueDispatches(at: start + .seconds(5), limit: 1).map(\.order.id) == [order(1).id])

        try await store.published(first.dispatch.id, at: start, next: start + .seconds(60))
        let others = try await store.dueDispatches(at: start + .seconds(59), limit: 9)
        #expect(others.map(\.order.id) == [order(2).id])
        #expect(others.first?.machine == nil)
        #expect(others.first?.position == nil)
        let again = try await store.dueDispatches(at: start + .seconds(60), limit: 9)
        #expect(again.map(\.attempts) == [0, 1])

        round = evaluation(at: start + .seconds(70))
        round.settled = [first.dispatch.id]
        try await store.commit(round)
        #expect(try await store.dueDispatches(at: .distantFuture, limit: 9).map(\.order.id) == [order(2).id])
        #expect(await failure { try await store.published("none", at: start, next: start) }?.kind == "notFound")
        await store.close()
    }

    @Test("is acknowledged by a person once, and only while the alert is not resolved")
    func acknowledgements() async throws {
        let store = try await open(folder)
        var round = evaluation()
        round.alerts = [alert("hot"), alert("cold", state: .resolved)]
        try await store.commit(round)
        #expect(try await store.counts().alertsFiring == 1)
        let first = AlertAcknowledgement(machine: truck, episode: alert("hot").finding.episode, by: "Anna", at: start)
        var second = first
        second.by = "Ivan"
        try await store.acknowledge(first)
        try await store.acknowledge(second)
        #expect(try await store.pendingAcknowledgements() == [first])
        for unknown in [
            AlertAcknowledgement(machine: truck, episode: alert("cold").finding.episode, by: "Anna", at: start),
            AlertAcknowledgement(machine: truck, episode: alert("hot", number: 2).finding.episode, by: "A", at: start),
            AlertAcknowledgement(machine: tractor, episode: alert("hot").finding.episode, by: "Anna", at: start),
        ] {
            #expect(await failure { try await store.acknowledge(unknown) }?.kind == "notFound")
        }
        round = evaluation()
        round.appliedAcknowledgements = [first]
        round.alerts = [alert("hot", state: .acknowledged)]
        try await store.commit(round)
        #expect(try await store.pendingAcknowledgements().isEmpty)
        #expect(try await store.counts().alertsFiring == 0)
        #expect(try await store.alerts(includingResolved: false).map(\.state) == [.acknowledged])
        #expect(try await store.alerts(includingResolved: true).count == 2)
        await store.close()
    }

    @Test("lists all that is unfinished and the newest thousand that is over")
    func history() async throws {
        let store = try await open(folder)
        var round = evaluation()
        round.orders = (1...1_010).map { order($0, code: "TO-\($0)", state: $0 <= 3 ? .open : .closed) }
        round.alerts = (1...1_010).map { number in
            var alert = alert("hot", number: number, state: number <= 3 ? .firing : .resolved)
            alert.firedAt = start + .seconds(number)
            return alert
        }
        try await store.commit(round)
        let numbers = Array((11...1_010).reversed()) + [3, 2, 1]
        #expect(try await store.workOrders(includingFinal: true).map(\.id.text) == numbers.map { "WO-\($0)" })
        #expect(try await store.workOrders(includingFinal: false).map(\.id.text) == ["WO-3", "WO-2", "WO-1"])
        let fired = numbers.map { start + .seconds($0) }
        #expect(try await store.alerts(includingResolved: true).map(\.firedAt) == fired)
        #expect(try await store.alerts(includingResolved: false).map(\.firedAt) == Array(fired.suffix(3)))
        await store.close()
    }

    @Test("is what the configuration says only where that has changed: equal, it writes nothing and undoes no import")
    func configured() async throws {
        let model = ModelID("BELAZ-7513R")!
        var first = Machine(key: truck, model: model, site: "Pit 1", meters: [.engineHours: 1, .fuelUsed: 2])
        first.lastServices = ["TO-1": ServiceRecord(performedAt: start), "TO-2": ServiceRecord(performedAt: start)]
        let second = Machine(key: tractor, model: model, site: "Field")
        var store = try await open(folder)
        try await store.configure([first, second])
        let version = try await store.registryVersion()
        #expect(version == 1)
        #expect(try await store.counts().machines.registered == 2)
        var imported = first
        imported.site = "Pit 7"
        #expect(try await store.register([imported]) == 0)
        await store.close()

        // Opened to be looked at only, whatever would write fails.
        store = try await open(folder, access: .readOnly)
        try await store.configure([first, second])
        #expect(try await store.registeredMachines() == [second, imported])
        #expect(await failure { try await store.configure([first, imported]) } != nil)
        await store.close()

        store = try await open(folder)
        var moved = second
        moved.site = "Barn"
        try await store.configure([first, moved])
        #expect(try await store.registeredMachines() == [moved, imported], "only the entry that differs is taken")
        #expect(try await store.registryVersion() == version + 2)
        first.site = "Pit 2"
        try await store.configure([first, moved])
        #expect(try await store.registeredMachines() == [moved, first], "the file speaks again")
        await store.close()
    }

    @Test("is shown machine by machine: unregistered until it is registered, then with all that is known")
    func documents() async throws {
        let model = ModelID("BELAZ-7513R")!
        let machineClass = MachineClass(
            id: MachineClassID("haul_truck")!, title: "Haul truck", family: "haul truck", plan: nil,
            signals: [
                coolant: SignalSpecification(
                    signal: coolant, title: "Coolant", unit: "°C", normal: Marked(80...95, .assumed),
                    limits: [
                        Limit(severity: .critical, comparison: .above, value: 103, hold: .seconds(10), mark: .assumed)
                    ])
            ])
        let catalog = Catalog(
            classes: [machineClass.id: machineClass],
            models: [model: MachineModel(id: model, machineClass: machineClass.id, brand: "BELAZ")])
        let store = try await open(folder, catalog: catalog)
        _ = try await store.commit(batch([frame(1), frame(3)], at: start + .seconds(9)))
        var round = evaluation()
        round.conditions = [truck: condition]
        try await store.commit(round)
        var document = try await store.machines()[0]
        #expect(document.health == .unregistered)
        #expect(document.isConnected == nil)
        #expect(document.lastReceivedAt == start + .seconds(9))
        #expect(try await store.counts().machines.unregistered == 1)

        let version = try await store.registryVersion()
        let registration = Machine(key: truck, model: model, site: "Pit 3", meters: [.engineHours: 1_200])
        #expect(try await store.register([registration]) == 1)
        #expect(try await store.register([registration]) == 0)
        #expect(try await store.registryVersion() == version + 2)
        #expect(try await store.registeredMachines() == [registration])
        let counts = try await store.counts()
        #expect([counts.machines.registered, counts.machines.unregistered] == [1, 0])

        round = evaluation()
        round.alerts = [alert("hot", severity: .minor), alert("brake", severity: .critical)]
        round.orders = [order(1)]
        round.standings = [truck: [standing("TO-1", .ok), standing("TO-2", .overdue), standing("TO-3", .unknown)]]
        round.serviceRecords = [(truck, "TO-1", ServiceRecord(performedAt: start), nil)]
        try await store.commit(round)
        document = try await store.machines()[0]
        #expect(document.health == .critical)
        #expect(document.alerts == ["brake", "hot"])
        #expect(document.site == "Pit 3")
        #expect(document.machineClass == machineClass.id)
        #expect(document.position == Coordinate(latitude: 54.25, longitude: 86.3))
        #expect(document.mode == .autonomous)
        #expect(document.meters == ["engine_hours": 1_234.55])
        #expect(document.nextService?.code == "TO-2")
        #expect(document.openOrders == [order(1).id])

        let detail = try await store.machine(truck)
        #expect(detail.registration == registration)
        #expect(detail.services.count == 3)
        let signal = detail.signals.first { $0.signal == coolant }
        #expect(signal?.unit == "°C")
        #expect(signal?.limits == "normal 80 to 95 (assumed); critical > 103 for 10 s (assumed)")
        #expect(detail.faults == ["SPN 110 FMI 0 SA 0: above normal, most severe, 4 times, since 2026-03-01T08:00:00Z"])
        #expect(detail.gaps.map(\.firstSeq) == [2])
        #expect(detail.orders.map(\.family) == ["haul truck"])
        #expect(detail.orders.map(\.machineClass) == [machineClass.id])
        #expect(try await store.workOrders(includingFinal: true).map(\.machineClass) == [machineClass.id])
        #expect(detail.alerts.count == 2)
        #expect(await failure { _ = try await store.machine(tractor) }?.kind == "notFound")
        await store.close()
    }

    @Test(
        "health is the worst alert; silence alone is a word of its own, and so is never having been heard",
        arguments: [
            (alerts: [], isHeard: true, health: .ok),
            (alerts: [], isHeard: false, health: .silent),
            (alerts: [alert("hot", severity: .info)], isHeard: true, health: .ok),
            (
                alerts: [alert("hot", severity: .minor), alert("brake", severity: .major)], isHeard: true,
                health: .major
            ),
            (alerts: [alert("silence", severity: .critical)], isHeard: true, health: .silent),
            (
                alerts: [alert("silence-long", severity: .major), alert("hot", severity: .minor)], isHeard: true,
                health: .minor
            ),
            (
                alerts: [alert("silence", severity: .major), alert("hot", severity: .info)], isHeard: true,
                health: .silent
            ),
        ] as [(alerts: [Alert], isHeard: Bool, health: MachineHealth)])
    func health(alerts: [Alert], isHeard: Bool, health: MachineHealth) {
        #expect(MachineHealth(alerts, isHeard: isHeard) == health)
    }
}
