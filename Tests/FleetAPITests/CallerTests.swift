import FleetConsole
import FleetRuntime
import Support
import Testing

@testable import FleetAPI

@Suite("A caller who goes away")
struct CallerTests {
    private static let path = "/v1/query?equipment=kuzbass-coal/truck-17&signal="

    @Test("is not answered any more: the work for him ends")
    func goneAway() async throws {
        let fleet = CannedFleet()
        try await withServer(fleet) { client in
            var impatient = client
            impatient.totalTimeoutMilliseconds = 100
            let hasty = impatient
            // What is waited for would never come.
            let late = try? await hasty.ask("GET", CallerTests.path + "for_ever")
            #expect(late == nil)
            let hasEnded = await eventually { fleet.told.withLock { $0.abandoned } == 1 }
            #expect(hasEnded)
            // Others are answered as before.
            let answer = try await client.ask("GET", CallerTests.path + "speed")
            #expect(answer.status == 200)
        }
    }
}
