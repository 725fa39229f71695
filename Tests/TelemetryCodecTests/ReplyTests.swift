import FleetModel
import TelemetryCodec
import Testing

@Suite("A center's answers")
struct ReplyTests {
    static let full = CenterReply(
        reply: "r-17", order: WorkOrderID("WO-000042")!, state: .completed,
        at: Timestamp(iso8601: "2026-03-02T09:30:00.25Z")!, reason: "Replaced the \"filter\"\n\u{1F}и масло \\ done",
        scheduledFor: Timestamp(iso8601: "2026-03-02T08:00:00Z")!,
        meters: [.engineHours: 10_240.05, .odometer: 121_000, .fuelUsed: 0])

    private func reply(_ body: some Sequence<UInt8>) throws(Rejection) -> CenterReply {
        var decoder = TelemetryDecoder(limits: IngestLimits())
        return try decoder.reply(in: Array(body), from: Samples.center)
    }

    @Test("a reply of each state is encoded and decoded as itself", arguments: CenterReply.State.allCases)
    func roundTrip(state: CenterReply.State) throws {
        var expected = ReplyTests.full
        expected.state = state
        #expect(try reply(TelemetryEncoder.body(of: expected)) == expected)
        expected.meters = [:]
        if state != .declined { expected.reason = nil }
        if state != .scheduled { expected.scheduledFor = nil }
        #expect(try reply(TelemetryEncoder.body(of: expected)) == expected)
    }

    static func body(_ change: (String, String) = ("", "")) -> String {
        let body = #"{"reply":"r-17","order":"WO-000042","state":"accepted","at":"2026-03-01T08:00:00Z"}"#
        return change.0.isEmpty ? body : body.replacing(change.0, with: change.1)
    }

    @Test("a center may repeat its id") func center() throws {
        let body = ReplyTests.body((#""at""#, #""center":"ru-kuz-belovo","at""#))
        #expect(try reply(body.utf8).state == .accepted)
    }

    @Test(
        "anything else is rejected with its reason",
        arguments: [
            ("{", Rejection.Reason.notJSON, "structure"), ("[]", .wrongType, "message"),
            (body((#""reply":"r-17","#, "")), .missingKey, "reply"),
            (body((#""order":"WO-000042","#, "")), .missingKey, "order"),
            (body((#""state":"accepted","#, "")), .missingKey, "state"),
            (body((#","at":"2026-03-01T08:00:00Z""#, "")), .missingKey, "at"),
            (body(("accepted", "declined")), .missingKey, "reason"),
            (body(("accepted", "scheduled")), .missingKey, "scheduled_for"),
            (body(("accepted", "lost")), .outOfRange, "lost"), (body(("r-17", "r 17")), .outOfRange, "r 17"),
            (body(("r-17", "")), .outOfRange, "reply"), (body(("WO-000042", "WO/42")), .outOfRange, "WO/42"),
            (body(("2026-03-01T", "")), .outOfRange, "at"), (body((#""r-17""#, "17")), .wrongType, "reply"),
            (body((#""at""#, #""reason":"","at""#)), .outOfRange, "reason"),
            (body((#""at""#, #""reason":"\#(String(repeating: "x", count: 2_001))","at""#)), .outOfRange, "2001"),
            (body((#""at""#, #""reason":null,"at""#)), .wrongType, "reason"),
            (body((#""at""#, #""scheduled_for":"soon","at""#)), .outOfRange, "soon"),
            (body((#""at""#, #""meters":[],"at""#)), .wrongType, "meters"),
            (body((#""at""#, #""meters":{"odometer":-1},"at""#)), .outOfRange, "odometer"),
            (body((#""at""#, #""meters":{"odometer":null},"at""#)), .wrongType, "odometer"),
            (body((#""at""#, #""meters":{"speed":1},"at""#)), .unknownKey, "speed"),
            (body((#""at""#, #""meters":{"odometer":1,"odometer":1},"at""#)), .duplicateKey, "odometer"),
            (body((#""at""#, #""at":1,"at""#)), .duplicateKey, "at"),
            (body((#""at""#, #""price":1,"at""#)), .unknownKey, "price"),
            (body((#""at""#, #""center":"other","at""#)), .identityMismatch, "other"),
        ])
    func rejections(body: String, reason: Rejection.Reason, names: String) throws {
        let rejection = try #require(throws: Rejection.self) { try reply(body.utf8) }
        #expect(rejection.reason == reason)
        #expect(rejection.detail.contains(names))
    }

    @Test("a reason as long as it may be")
    func longReason() throws {
        let long = String(repeating: "x", count: 2_000)
        #expect(try reply(ReplyTests.body((#""at""#, #""reason":"\#(long)","at""#)).utf8).reason == long)
    }
}
