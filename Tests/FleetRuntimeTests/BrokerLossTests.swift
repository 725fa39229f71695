import FleetModel
import FleetRuntime
import Testing

@Suite("What the broker drops is a trouble for an hour")
struct BrokerLossTests {
    private static let start = Timestamp(seconds: 1_800_000_000)

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// The broker's totals, each with the minutes at which it came.
        var told: [(total: Int64, minutes: Double)]
        var minutes: Double
        var isTrouble: Bool
    }

    @Test(
        "since the count last moved, or since the first one that is above zero",
        arguments: [
            Case(testDescription: "nothing told", told: [], minutes: 0, isTrouble: false),
            Case(testDescription: "zero", told: [(0, 0)], minutes: 0, isTrouble: false),
            Case(testDescription: "dropped before we came", told: [(7, 0)], minutes: 0, isTrouble: true),
            Case(testDescription: "a moment before the hour", told: [(7, 0)], minutes: 59.9, isTrouble: true),
            Case(testDescription: "an hour later", told: [(7, 0)], minutes: 60, isTrouble: false),
            Case(testDescription: "told again, not moved", told: [(7, 0), (7, 50)], minutes: 60, isTrouble: false),
            Case(testDescription: "moved", told: [(0, 0), (1, 30)], minutes: 89.9, isTrouble: true),
            Case(testDescription: "moved an hour ago", told: [(0, 0), (1, 30)], minutes: 90, isTrouble: false),
            Case(
                testDescription: "dropped while we were away", told: [(7, 0), (9, 600)], minutes: 600, isTrouble: true),
            Case(testDescription: "the broker started anew", told: [(7, 0), (0, 61)], minutes: 61, isTrouble: false),
            Case(testDescription: "anew, and dropped", told: [(7, 0), (2, 61)], minutes: 61, isTrouble: true),
        ])
    func trouble(given: Case) {
        var broker = BrokerDocument()
        broker.isConnected = true
        for (total, minutes) in given.told { broker.noteDropped(total, at: Self.start + .minutes(minutes)) }
        let now = Self.start + .minutes(given.minutes)
        #expect(broker.hasLost(at: now) == given.isTrouble)
        #expect(broker.problems(at: now).isEmpty == !given.isTrouble)
        // The total stays the broker's own, whatever is a trouble.
        #expect(broker.droppedMessages == given.told.last?.total)
    }

    @Test("the trouble says how many, since when and what to do")
    func words() {
        var broker = BrokerDocument()
        broker.isConnected = true
        broker.noteDropped(3, at: Self.start)
        let text = broker.problems(at: Self.start).first ?? ""
        #expect(text.contains("3 in all") && text.contains(Self.start.iso8601) && text.contains("max_queued_bytes"))
    }
}
