@testable import FleetMQTT
import Testing

@Suite("The look-up of the broker's name")
struct NameLookupTests {
    @Test("fails with the reason when there can be no more threads, so that the connection is tried again")
    func noThread() throws {
        let lookup = NameLookup(host: "localhost", port: 1883) { name, _ in "no thread \(name): limit reached" }
        guard case .failed(let why) = try #require(lookup.outcome) else {
            Issue.record("found without a thread")
            return
        }
        #expect(why == "no thread mqtt-lookup: limit reached; raise TasksMax of the service")
    }
}
