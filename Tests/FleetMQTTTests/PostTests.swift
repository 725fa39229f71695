import FleetMQTT
import FleetModel
import FleetRuntime
import Rehearsal
import Support
import Testing

@Suite("The post tells what the broker has", .serialized)
struct PostTests {
    private let center = ServiceCenterID("ru-kuz-belovo")!

    @Test("it returns when the broker has the message", arguments: BrokerSettings.ProtocolVersion.allCases)
    func puback(version: BrokerSettings.ProtocolVersion) async throws {
        let rig = try await Rig(version)
        let post = MosquittoPost(rig.settings, backoff: Rig.backoff)
        let inbox = try await rig.subscribedInbox()
        try await post.publish([0x37], to: .replies(center))
        #expect(try await inbox.gather(1).map(\.number) == [7])
        await inbox.shutdown()
        await post.shutdown()
        await rig.stop()
    }

    @Test("it does not return while the broker has not answered, and fails when the connection breaks")
    func brokenConnection() async throws {
        let rig = try await Rig()
        let post = MosquittoPost(rig.settings, backoff: Rig.backoff)
        try await post.publish([0x31], to: .workOrders(center))
        await rig.broker.pause()
        let outcomes = Box<Bool>()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    do {
                        try await post.publish([0x32], to: .workOrders(center))
                        outcomes.add(true)
                    } catch {
                        outcomes.add(false)
                    }
                }
            }
            // A frozen broker answers nothing, so none may have returned, however long this takes.
            await Task.yield()
            #expect(outcomes.all.isEmpty)
            await rig.broker.kill()
        }
        #expect(outcomes.all == [false, false, false, false, false])
        let failure = await #expect(throws: InboxFailure.self) {
            try await post.publish([0x33], to: .workOrders(center))
        }
        #expect(failure?.isTransient == true)
        try await rig.broker.restart()
        #expect(await eventually { (try? await post.publish([0x34], to: .workOrders(center))) != nil })
        #expect(post.gauges.snapshot.connects == 2)
        await post.shutdown()
        await #expect(throws: InboxFailure.closed) { try await post.publish([0x35], to: .workOrders(center)) }
        await rig.stop()
    }
}
