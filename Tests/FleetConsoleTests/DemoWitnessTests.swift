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

    static let classes = ["haul_truck_autonomous", "haul_truck_de", "truck_road"]
    static let machines = classes.map { SampleFleet.machine("a/\($0)", "BELAZ-75131", machineClass: $0) }
    static let orders = classes.enumerated().map { SampleFleet.order($0.offset, machineClass: $0.element) }

    @Test("an order for each class that the fleet has, not for all but one")
    func classes() {
        #expect(DemoWitnessTests.shown(DemoWitnessTests.orders, machines: DemoWitnessTests.machines)[0])
        for left in DemoWitnessTests.orders.indices {
            var orders = DemoWitnessTests.orders
            orders.remove(at: left)
            #expect(!DemoWitnessTests.shown(orders, machines: DemoWitnessTests.machines)[0])
        }
        // Nobody can say that every class was shown before a machine was.
        #expect(!DemoWitnessTests.shown(DemoWitnessTests.orders)[0])
    }

    @Test(
        "a truck without a driver is not shown by the order of one with: what misses is named, then one order of each")
    func namesClasses() {
        var witness = DemoWitness()
        var snapshot = DemoSnapshot(
            status: SampleFleet.status(), machines: Array(DemoWitnessTests.machines.prefix(2)),
            orders: [SampleFleet.order(1, machineClass: "haul_truck_de")], messagesPerSecond: 0,
            families: SampleFleet.families)
        witness.observe(snapshot)
        #expect(witness.checks[0].detail == "missing: haul_truck_autonomous")
        snapshot.orders.append(SampleFleet.order(9, "a/robot", machineClass: "haul_truck_autonomous"))
        witness.observe(snapshot)
        #expect(
            witness.checks[0].detail
                == "haul_truck_autonomous: WO-000009 a/robot TO-2; haul_truck_de: WO-000001 kuzbass-coal/truck-17 TO-2")
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
