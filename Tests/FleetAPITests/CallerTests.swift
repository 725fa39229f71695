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
            await #expect(throws: ClientFailure.self) {
                _ = try await hasty.ask("GET", CallerTests.path + "for_ever")
            }
            #expect(await eventually { fleet.told.withLock { $0.abandoned } == 1 })
            // Others are answered as before.
            #expect(try await client.ask("GET", CallerTests.path + "speed").status == 200)
        }
    }
}
