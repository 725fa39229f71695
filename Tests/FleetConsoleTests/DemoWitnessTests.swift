import FleetModel
import FleetRuntime
import Testing

@testable import FleetConsole

@Suite("What the demonstration must have shown")
struct DemoWitnessTests {
    static func shown(_ orders: [WorkOrderDocument], machines: [MachineDocument] = []) -> [Bool] {
        var witness = DemoWitness()
        witness.observe(
            DemoSnapshot(
                status: SampleFleet.status(), machines: machines, orders: orders, messagesPerSecond: 0,
                families: SampleFleet.families))
        return witness.checks.map(\.isShown)
    }

    static let everyFamily = DemoWitness.families.sorted().enumerated().map {
        SampleFleet.order($0.offset, family: $0.element)
    }

    @Test("an order for each of the five families, not for four")
    func families() {
        #expect(DemoWitnessTests.shown(DemoWitnessTests.everyFamily)[0])
        #expect(!DemoWitnessTests.shown(Array(DemoWitnessTests.everyFamily.dropLast()))[0])
    }

    @Test("another family in the fleet needs its order too")
    func furtherFamily() {
        var witness = DemoWitness()
        var snapshot = DemoSnapshot(
            status: SampleFleet.status(), machines: [SampleFleet.machine("a/b", "AMKODOR-352")],
            orders: DemoWitnessTests.everyFamily, messagesPerSecond: 0, families: [ModelID("AMKODOR-352")!: "loader"])
        witness.observe(snapshot)
        #expect(witness.checks[0].detail == "missing: loader")
        snapshot.orders.append(SampleFleet.order(9, family: "loader"))
        witness.observe(snapshot)
        #expect(witness.checks[0].isShown)
    }

    @Test(
        "a refused center counts only when it is nearer than the one that was taken",
        arguments: [(129.9, true), (130, false), (131, false)])
    func nearer(kilometres: Double, isShown: Bool) {
        let order = SampleFleet.order(
            1, refused: [SampleFleet.refusal("x", "closed", kilometres: kilometres)], roadKilometres: 130)
        #expect(DemoWitnessTests.shown([order])[1] == isShown)
    }

    @Test(
        "a declined order counts only when another center got it",
        arguments: [
            ([("a", .declined), ("b", .pending)], true), ([("a", .declined)], false),
            ([("a", .declined), ("a", .pending)], false), ([("a", .unanswered), ("b", .pending)], false),
            ([("a", .accepted), ("b", .declined)], false),
        ] as [([(String, WorkOrder.Offer.Outcome)], Bool)])
    func declined(offers: [(String, WorkOrder.Offer.Outcome)], isShown: Bool) {
        let order = SampleFleet.order(1, offers: offers.map { SampleFleet.offer($0.0, $0.1) })
        #expect(DemoWitnessTests.shown([order])[2] == isShown)
    }

    @Test("no center in reach counts when none ever had it, and it is not over")
    func uncovered() {
        #expect(DemoWitnessTests.shown([SampleFleet.order(1, center: nil, state: .uncovered)])[3])
        #expect(!DemoWitnessTests.shown([SampleFleet.order(1, center: nil, state: .cancelled)])[3])
        let refusedByAll = SampleFleet.order(
            1, center: nil, state: .uncovered, offers: [SampleFleet.offer("a", .declined)])
        #expect(!DemoWitnessTests.shown([refusedByAll])[3])
    }

    @Test("what was seen once stays seen")
    func memory() {
        var witness = DemoWitness()
        witness.observe(SampleFleet.busy)
        var later = SampleFleet.busy
        later.orders = []
        witness.observe(later)
        #expect(witness.checks.map(\.isShown) == [false, true, true, true])
        #expect(!witness.isComplete)
    }
}
