import FleetModel
import TelemetryCodec
import Support
import Testing

@Suite("Recordings of our own")
struct RecordingTests {
    static let topic = Topic.machine(Samples.machine, .telemetry)

    private func message(_ line: String) throws(Rejection) -> RecordedMessage {
        var reader = RecordingReader()
        return try reader.message(in: Array(line.utf8))
    }

    @Test("a message is written as one line and read as itself", arguments: [nil, Samples.receivedAt])
    func roundTrip(at: Timestamp?) throws {
        var generator = SeededGenerator(seed: 3)
        for seq in 0..<50 {
            let body = TelemetryEncoder.body(of: RandomFrames.frame(seq: UInt64(seq), using: &generator))
            let recorded = RecordedMessage(topic: RecordingTests.topic, at: at, body: body)
            #expect(!recorded.line.contains(0x0A))
            var reader = RecordingReader()
            #expect(try reader.message(in: recorded.line) == recorded)
        }
    }

    @Test(
        "the body comes out byte for byte, wherever it stands",
        arguments: [
            (#"{"topic":"zubr/v1/a/b/status","body":{"state":"connected"}}"#, #"{"state":"connected"}"#),
            (
                #"{"body": {"a" : 1.50, "b":[1,{"body":2}]} , "topic":"zubr/v1/a/b/status"}"#,
                #"{"a" : 1.50, "b":[1,{"body":2}]}"#
            ),
            (#" { "topic" : "zubr/v1/a/b/status" , "at":1772352000000, "body" : "x\"},{" } "#, #""x\"},{""#),
            (#"{"\u0062ody":[1,2],"topic":"zubr/v1/a/b/status"}"#, "[1,2]"),
            (#"{"topic":"zubr/v1/a/b/status","body":-0}"#, "-0"),
        ])
    func bodies(line: String, body: String) throws {
        #expect(String(decoding: try message(line).body, as: UTF8.self) == body)
    }

    @Test("a body of several lines becomes one")
    func lineBreaks() throws {
        let recorded = RecordedMessage(topic: RecordingTests.topic, body: Array("{\n\"a\":\r\n1}".utf8))
        #expect(try message(String(decoding: recorded.line, as: UTF8.self)).body == Array("{ \"a\":  1}".utf8))
    }

    @Test(
        "anything else is rejected with its reason",
        arguments: [
            ("", Rejection.Reason.notJSON), ("[]", .wrongType), (#"{"body":1}"#, .missingKey),
            (#"{"topic":"zubr/v1/a/b/status"}"#, .missingKey), (#"{"topic":"a/b","body":1}"#, .badTopic),
            (#"{"topic":1,"body":1}"#, .wrongType), (#"{"topic":"zubr/v1/a/b/status","body":1,"qos":1}"#, .unknownKey),
            (#"{"topic":"zubr/v1/a/b/status","body":1,"body":1}"#, .duplicateKey),
            (#"{"topic":"zubr/v1/a/b/status","body":1,"at":"now"}"#, .outOfRange),
        ])
    func rejections(line: String, reason: Rejection.Reason) throws {
        #expect(try #require(throws: Rejection.self) { try message(line) }.reason == reason)
    }
}
