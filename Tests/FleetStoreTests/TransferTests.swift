import FleetModel
import FleetRuntime
import Support
import TelemetryCodec
import Testing

@testable import FleetStore

@Suite("A machine that is sold")
struct TransferTests {
    private let folder = TemporaryFolder()
    private static let new = MachineKey("altai-ore/t-4")!
    private static let soldAt = start + .hours(1)

    private func transfer(_ from: MachineKey = truck, to: MachineKey = new) -> MachineTransfer {
        MachineTransfer(from: from, to: to, at: Self.soldAt)
    }

    private func message(_ machine: MachineKey, seq: Int, at: Timestamp) -> InboundMessage {
        InboundMessage(
            topic: "zubr/v1/\(machine)/telemetry",
            body: Array(#"{"boot":1,"seq":\#(seq),"at":"\#(at.iso8601)","signals":{"coolant_temp":80}}"#.utf8),
            receivedAt: at)
    }

    @Test("keeps everything that is known of it under its new name, and the old name knows nothing")
    func history() async throws {
        var store = try await open(folder)
        _ = try await store.register([
            Machine(key: truck, model: ModelID("BELAZ-7513")!, site: "Belovo", owner: "Kuzbass Coal", contact: "Ihar")
        ])
        _ = try await store.commit(batch((1...5).map { frame(UInt64($0)) } + [frame(8)]))
        var round = evaluation(cursor: 1, orders: 3)
        round.orders = [order(1), order(2, code: "TO-1", state: .closed)]
        round.alerts = [alert("hot")]
        try await store.commit(round)
        let before = try await store.everything()
        try await store.transfer(transfer())

        for _ in 0..<2 {
            let detail = try await store.machine(Self.new)
            #expect(detail.formerNames == [FormerName(equipment: truck, until: Self.soldAt)])
            #expect(detail.registration?.key == Self.new)
            #expect(detail.registration?.owner == "altai-ore")
            #expect(detail.registration?.contact == "")
            #expect(detail.registration?.site == "Belovo")
            #expect(detail.orders.map(\.equipment) == [Self.new, Self.new])
            #expect(detail.alerts.map(\.equipment) == [Self.new])
            #expect(detail.gaps.map { [$0.firstSeq, $0.lastSeq] } == [[6, 7]])
            #expect(try await store.everything(of: Self.new) == before)
            #expect(try await store.machines().map(\.equipment) == [Self.new])
            let state = try await store.resume()
            #expect(state.orders.map(\.need.machine) == [Self.new])
            #expect(state.alerts.map(\.finding.machine) == [Self.new])
            #expect(await failure { _ = try await store.machine(truck) }?.kind == "notFound")
            await store.close()
            store = try await open(folder)
        }
        await store.close()
    }

    @Test("goes on counting where it was: what it sends again under its new name is not stored twice")
    func ledger() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch((1...5).map { frame(UInt64($0)) }))
        try await store.transfer(transfer())
        let receipt = try await store.commit(batch(Self.new, (4...8).map { frame(UInt64($0)) }))
        #expect(receipt.storedFrames == 3)
        #expect(receipt.duplicateFrames == 2)
        #expect(try await store.gaps().isEmpty)
        await store.close()
    }

    @Test("is not brought back by what still comes under the old name: that is kept apart, with its reason")
    func lateMessages() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch((1...2).map { frame(UInt64($0)) }))
        try await store.transfer(transfer())
        var assembler = BatchAssembler(limits: IngestLimits())
        var status = message(truck, seq: 0, at: start)
        status.topic = "zubr/v1/\(truck)/status"
        status.body = TelemetryEncoder.statusBody(isConnected: true)
        let receipt = try await store.commit(
            assembler.assemble([
                message(truck, seq: 3, at: Self.soldAt), message(truck, seq: 4, at: Self.soldAt + .seconds(1)), status,
            ]))
        #expect(receipt.storedFrames == 0)
        let held = try await store.quarantine(limit: 9)
        #expect(held.byReason == ["retired": 3])
        #expect(held.messages.allSatisfy { $0.detail.contains("altai-ore/t-4") })
        #expect(try await store.machines().map(\.equipment) == [Self.new])
        #expect(try await store.counts().machines.unregistered == 1)

        // A person tries them again: what was measured before the sale belongs to the machine, the rest does not.
        let ids = held.messages.map(\.id).sorted()
        let answer = try await QuarantineRetry(store: store, limits: Live(IngestLimits())).retry(ids)
        #expect(answer.accepted == [ids[0]])
        #expect(answer.rejected.map(\.reason) == ["retired", "retired"])
        #expect(Set(try await store.everything(of: Self.new).map(\.seq)) == [1, 2, 3])
        await store.close()
    }

    @Test("tells its centers, once for every open order, and the orders keep their numbers")
    func centers() async throws {
        let store = try await open(folder)
        _ = try await store.register([Machine(key: truck, model: ModelID("BELAZ-7513")!)])
        var round = evaluation(cursor: 0, orders: 2)
        round.orders = [order(1), order(2, code: "TO-1", state: .closed)]
        try await store.commit(round)
        try await store.transfer(transfer())
        try await store.transfer(transfer(Self.new, to: MachineKey("north/t-1")!))
        let due = try await store.dueDispatches(at: Self.soldAt, limit: 9)
        #expect(due.map(\.dispatch.id) == ["WO-1/1/rename", "WO-1/2/rename"])
        #expect(due.map { WorkOrderMessage($0).equipment.description } == ["north/t-1", "north/t-1"])
        #expect(due.map { WorkOrderMessage($0).mode } == [.fieldCrew, .fieldCrew])
        await store.close()
    }

    @Test("a round decided under the old name is not stored")
    func roundInFlight() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        var round = evaluation(cursor: 1)
        round.alerts = [alert("hot")]
        try await store.transfer(transfer())
        #expect(await failure { try await store.commit(round) }?.kind == "conflict")
        #expect(try await store.machines().map(\.equipment) == [Self.new])
        #expect(try await store.resume().cursor == .start)
        await store.close()
    }

    @Test("may come back under its old name, which then is no longer retired")
    func soldBack() async throws {
        let store = try await open(folder)
        _ = try await store.commit(batch([frame(1)]))
        try await store.transfer(transfer())
        try await store.transfer(MachineTransfer(from: Self.new, to: truck, at: Self.soldAt + .hours(1)))
        #expect(try await store.commit(batch([frame(2)])).storedFrames == 1)
        #expect(try await store.machine(truck).formerNames.map(\.equipment) == [Self.new])
        await store.close()
    }

    @Test("a name that is taken, retired or reserved is refused, and nothing changes")
    func refused() async throws {
        let limits = IngestLimits(machinesPerFleet: 1)
        let store = try await open(folder, limits: limits)
        _ = try await store.commit(batch([frame(1)]))
        _ = try await store.commit(batch(tractor, [frame(1)]))
        try await store.transfer(transfer())
        let other = MachineKey("agro/mtz-9")!
        for (from, to, kind) in [
            (truck, other, "conflict"), (other, truck, "notFound"), (tractor, Self.new, "conflict"),
            (tractor, tractor, "conflict"), (tractor, truck, "conflict"),
            (tractor, MachineKey("centers/ru-kuz")!, "conflict"), (tractor, MachineKey("altai-ore/t-5")!, "conflict"),
        ] {
            let refused = await failure { try await store.transfer(transfer(from, to: to)) }
            #expect(refused?.kind == kind, "\(from) \(to)")
            #expect(await failure { try await store.check(transfer(from, to: to)) } == refused)
        }
        // One that could be is not, when it is only asked.
        try await store.check(transfer(tractor, to: MachineKey("agro/free")!))
        #expect(try await store.machines().map(\.equipment) == [tractor, Self.new])
        #expect(try await store.resume().renames == 1)
        // Neither people nor the configuration bring the old name to life.
        let old = Machine(key: truck, model: ModelID("BELAZ-7513")!)
        #expect(await failure { _ = try await store.register([old]) }?.kind == "conflict")
        #expect(try await store.configure([old]) == [truck])
        #expect(try await store.machines().map(\.equipment) == [tractor, Self.new])
        await store.close()
    }
}
