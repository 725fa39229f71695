import FleetModel
import FleetSimulation
import Testing

@Suite("messages travel badly and arrive all the same")
struct DeliveryTests {
    private func messages(_ delivery: DeliveryFaults, hours: Double = 12) throws -> [SimulatedMessage] {
        var scenario = SmallFleet.calm(interval: .seconds(30))
        scenario.delivery = delivery
        var simulator = try SmallFleet.simulator(scenario, machines: [SmallFleet.machine("haul-1")])
        return simulator.advance(to: SmallFleet.start + .hours(hours))
    }

    private func isConnected(_ message: SimulatedMessage) -> Bool? {
        if case .status(let isConnected) = message.content { isConnected } else { nil }
    }

    @Test("a dead zone is silent, and then everything comes once", arguments: [false, true])
    func deadZone(isColumnar: Bool) throws {
        let messages = try messages(
            DeliveryFaults(
                deadZonesPerDay: 24, deadZoneMinutes: 5...20, backfillFrames: 20, isBackfillColumnar: isColumnar))
        let frames = messages.frames(of: "haul-1")
        // What is on board at the end has not come yet; everything before has, each number once.
        #expect(frames.map(\.seq) == Array(0..<UInt64(frames.count)))
        let batches = messages.filter { if case .frames(let frames) = $0.content { frames.count > 1 } else { false } }
        #expect(batches.count >= 5)
        #expect(batches.allSatisfy { $0.topic.hasSuffix("/telemetry") && !$0.body.isEmpty })
        let sizes = batches.map { if case .frames(let frames) = $0.content { frames.count } else { 0 } }
        #expect(sizes.max() == 20)
    }

    @Test("the last will comes a minute and a half into a dead zone, the greeting before the back-fill")
    func status() throws {
        let messages = try messages(DeliveryFaults(deadZonesPerDay: 24, deadZoneMinutes: 5...20))
        #expect(isConnected(messages[0]) == true)
        let states = messages.compactMap(isConnected)
        #expect(states.contains(false))
        #expect(zip(states, states.dropFirst()).allSatisfy { $0 != $1 })
        for (index, message) in messages.enumerated() where isConnected(message) == false {
            let before = messages[..<index].last { isConnected($0) == nil }!
            #expect(message.publishAt - before.publishAt < .seconds(90 + 31))
            let next = messages[(index + 1)...].first
            #expect(next.map { isConnected($0) == true } ?? true)
        }
    }

    @Test("duplicates are the same bytes again; nothing else repeats")
    func duplicates() throws {
        let messages = try messages(DeliveryFaults(duplicates: 0.1)).filter { isConnected($0) == nil }
        let bodies = Set(messages.map(\.body))
        #expect(bodies.count < messages.count)
        let share = Double(messages.count - bodies.count) / Double(bodies.count)
        #expect((0.05...0.15).contains(share))
        #expect(Set(messages.frames(of: "haul-1").map(\.seq)) == Set(0..<UInt64(bodies.count)))
    }

    @Test("overtaken messages arrive later, none is lost")
    func reordering() throws {
        let messages = try messages(DeliveryFaults(reordered: 0.1))
        let numbers = messages.frames(of: "haul-1").map(\.seq)
        #expect(numbers != numbers.sorted())
        let last = numbers.max()!
        // Only what was still under way at the end is missing.
        #expect(Set(0...last).subtracting(numbers).allSatisfy { $0 + 8 > last })
    }

    @Test("lost frames leave gaps in the numbers")
    func gaps() throws {
        let numbers = try messages(DeliveryFaults(lost: 0.05)).frames(of: "haul-1").map(\.seq)
        let missing = Set(0...numbers.max()!).subtracting(numbers)
        #expect((20...150).contains(missing.count))
    }

    @Test("a restart of the control unit changes boot and counts from 0 again; the meters go on")
    func restarts() throws {
        let frames = try messages(DeliveryFaults(restartsPerDay: 12)).frames(of: "haul-1")
        let boots = frames.reduce(into: [UInt32]()) { if $0.last != $1.boot { $0.append($1.boot) } }
        #expect(boots.count >= 3)
        #expect(boots == boots.sorted())
        for boot in boots {
            let numbers = frames.filter { $0.boot == boot }.map(\.seq)
            #expect(numbers == Array(0..<UInt64(numbers.count)))
            // A unit that has just started says which codes are active.
            #expect(frames.first { $0.boot == boot && $0.faults != nil } != nil)
        }
        let hours = frames.compactMap { $0[.engineHours] }
        #expect(hours == hours.sorted())
    }

    @Test("a wrong clock shifts what the machine says, not when it says it")
    func clockOffset() throws {
        let right = try messages(DeliveryFaults())
        let wrong = try messages(DeliveryFaults(wrongClocks: 1, clockOffset: .minutes(2)))
        #expect(right.map(\.publishAt) == wrong.map(\.publishAt))
        let shifts = Set(
            zip(right.frames(of: "haul-1"), wrong.frames(of: "haul-1")).map { $1.observedAt - $0.observedAt })
        #expect(shifts.count == 1)
        let shift = try #require(shifts.first)
        #expect(shift != .zero && shift <= .minutes(2) && shift >= .zero - .minutes(2))
    }
}
