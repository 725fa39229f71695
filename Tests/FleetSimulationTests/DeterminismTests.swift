import FleetModel
import FleetSimulation
import Testing

@Suite("the same seed gives the same run")
struct DeterminismTests {
    private let stormy: Scenario = {
        var scenario = SmallFleet.calm(interval: .seconds(30))
        scenario.failureRate = 40
        scenario.delivery = DeliveryFaults(
            deadZonesPerDay: 20, deadZoneMinutes: 2...15, duplicates: 0.1, reordered: 0.1, lost: 0.02,
            wrongClocks: 0.5, clockOffset: .minutes(2), restartsPerDay: 6)
        return scenario
    }()

    private func run(_ scenario: Scenario, seed: UInt64, cuts: [Duration]) throws -> ([SimulatedMessage], [TruthRecord]) {
        var simulator = try SmallFleet.simulator(scenario, seed: seed)
        let messages = cuts.flatMap { simulator.advance(to: SmallFleet.start + $0) }
        return (messages, simulator.truth)
    }

    @Test("two runs are equal to the byte")
    func repeats() throws {
        let first = try run(stormy, seed: 11, cuts: [.hours(8)])
        let second = try run(stormy, seed: 11, cuts: [.hours(8)])
        #expect(first.0 == second.0)
        #expect(first.1 == second.1)
        #expect(first.0.count > 5_000)
        #expect(first.0.allSatisfy { !$0.body.isEmpty })
        #expect(!first.1.isEmpty)
    }

    @Test("another seed is another run")
    func seedMatters() throws {
        let first = try run(stormy, seed: 11, cuts: [.hours(1)])
        let second = try run(stormy, seed: 12, cuts: [.hours(1)])
        #expect(first.0.map(\.body) != second.0.map(\.body))
    }

    @Test(
        "how the time is cut into steps changes nothing",
        arguments: [
            stride(from: 1.0, through: 240, by: 1).map { Duration.minutes($0) },
            [.seconds(7), .seconds(7), .minutes(59.9), .hours(3.01), .hours(4)],
        ]
    )
    func cuts(_ cuts: [Duration]) throws {
        let whole = try run(stormy, seed: 3, cuts: [.hours(4)])
        let pieces = try run(stormy, seed: 3, cuts: cuts)
        #expect(pieces.0 == whole.0)
        #expect(pieces.1 == whole.1)
    }

    @Test("one more machine changes nothing for the others")
    func independence() throws {
        var few = try SmallFleet.simulator(stormy, machines: Array(SmallFleet.machines.prefix(3)))
        var all = try SmallFleet.simulator(stormy)
        let alone = few.advance(to: SmallFleet.start + .hours(3))
        let together = all.advance(to: SmallFleet.start + .hours(3))
        for equipment in ["haul-1", "haul-2", "robot-1"] {
            let key = SmallFleet.key(equipment)
            #expect(alone.filter { $0.machine == key } == together.filter { $0.machine == key })
        }
    }

    @Test("messages come in the order in which they reach the broker")
    func order() throws {
        let messages = try run(stormy, seed: 5, cuts: [.minutes(50), .hours(2)]).0
        #expect(zip(messages, messages.dropFirst()).allSatisfy { $0.publishAt <= $1.publishAt })
    }
}
