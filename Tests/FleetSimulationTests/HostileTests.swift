import FleetModel
import FleetRuntime
import FleetSimulation
import FleetStore
import Support
import Testing

@Suite("hostile traffic is taken as the truth file says")
struct HostileTests {
    private static let limits = IngestLimits(bodyBytes: 20_000, signalsPerFrame: 100, machinesPerFleet: 60)

    private func simulator(seed: UInt64 = 7) throws -> FleetSimulator {
        var scenario = SmallFleet.calm(interval: .seconds(10))
        scenario.length = .hours(1)
        scenario.delivery = DeliveryFaults(duplicates: 0.05, reordered: 0.05)
        scenario.hostile = HostilePlan(period: .seconds(10), floodMachines: 75, limits: HostileTests.limits)
        return try SmallFleet.simulator(scenario, seed: seed)
    }

    @Test("good machines keep every frame; each bad message goes where it must, by reason, in assembler and store")
    func whole() async throws {
        let folder = TemporaryFolder()
        let store = try await FleetDatabase.open(
            path: "\(folder.path)/zubr.db", access: .daemon, catalog: SmallFleet.catalog, limits: HostileTests.limits)
        var assembler = BatchAssembler(limits: HostileTests.limits)
        var simulator = try simulator()
        let end = SmallFleet.start + .hours(1)
        var good = Set<FrameName>()
        var goodFrames = 0
        var stored = 0
        var duplicates = 0
        var rejected: [Rejection.Reason: Int] = [:]
        var victims: [RejectedMessage] = []
        while simulator.now < end {
            let messages = simulator.advance(to: simulator.now + .minutes(1))
            for message in messages {
                guard case .frames(let frames) = message.content else { continue }
                goodFrames += frames.count
                for frame in frames {
                    good.insert(FrameName(machine: message.machine, boot: frame.boot, seq: frame.seq))
                }
            }
            let batch = assembler.assemble(
                messages.map {
                    InboundMessage(
                        topic: $0.topic, body: $0.body, isRetained: $0.isRetained, receivedAt: $0.publishAt)
                })
            let receipt = try await store.commit(batch)
            stored += receipt.storedFrames
            duplicates += receipt.duplicateFrames
            for message in batch.rejected + receipt.refused {
                rejected[message.rejection.reason, default: 0] += 1
                if message.topic.contains("/fleet/") { victims.append(message) }
            }
        }
        var expected: [HostileMessage.Outcome: Int] = [:]
        var attacks: Set<HostileMessage.Attack> = []
        for case .hostile(let message) in simulator.truth {
            expected[message.expected, default: 0] += 1
            attacks.insert(message.attack)
        }
        #expect(attacks == Set(HostileMessage.Attack.allCases))
        for reason in Rejection.Reason.allCases {
            #expect(rejected[reason, default: 0] == expected[.rejected(reason), default: 0], "\(reason.rawValue)")
        }
        #expect(rejected.count >= 13)
        #expect(victims.isEmpty, "no message of a good machine is refused")
        #expect(stored == good.count + expected[.taken, default: 0])
        #expect(duplicates == goodFrames - good.count + expected[.duplicate, default: 0])
        #expect(duplicates > 10)
        await store.close()
    }

    private struct FrameName: Hashable {
        var machine: MachineKey
        var boot: UInt32
        var seq: UInt64
    }

    @Test("control characters in a topic, which no MQTT library sends, are refused all the same")
    func controlCharacters() {
        var assembler = BatchAssembler(limits: IngestLimits())
        let batch = assembler.assemble([
            InboundMessage(
                topic: "zubr/v1/pit/truck\u{7}/telemetry", body: Array("{}".utf8), receivedAt: SmallFleet.start)
        ])
        #expect(batch.rejected.map(\.rejection.reason) == [.badTopic])
    }

    @Test("the same seed gives the same bytes and the same truth, in however many pieces")
    func repeats() throws {
        var whole = try simulator()
        var pieces = try simulator()
        let messages = whole.advance(to: SmallFleet.start + .minutes(20))
        let cut = (1...40).flatMap { pieces.advance(to: SmallFleet.start + .seconds(Double($0) * 30)) }
        #expect(messages == cut)
        #expect(whole.truth.map(\.json) == pieces.truth.map(\.json))
    }
}
