import FleetModel
import TelemetryCodec
import Testing

@Suite("Why a telemetry body is rejected")
struct RejectionTests {
    typealias Case = (body: String, reason: Rejection.Reason, names: String)

    static let at = #""boot":1,"seq":1,"at":1772352000000"#

    static let notJSON: [Case] = [
        ("", .notJSON, "Empty"), ("{", .notJSON, "structure"), ("{}}", .notJSON, "structure"),
        (#"{"boot":1,}"#, .notJSON, "structure"), (#"{\#(at),"signals":{"a":NaN}}"#, .notJSON, "structure"),
        (#"{\#(at),"signals":{"a":1e400}}"#, .notJSON, "number"),
        (#"{\#(at),"signals":{"a":-1e400}}"#, .notJSON, "number"),
        (#"{\#(at),"signals":{"a":01}}"#, .notJSON, "number"),
        (String(repeating: "[", count: 40) + String(repeating: "]", count: 40), .notJSON, "deep"),
    ]
    static let duplicates: [Case] = [
        (#"{\#(at),"signals":{},"boot":1}"#, .duplicateKey, "boot"),
        (#"{\#(at),"signals":{"a":1,"a":2}}"#, .duplicateKey, "a"),
        (#"{\#(at),"signals":{"a":null,"b":1,"a":null}}"#, .duplicateKey, "a"),
        (#"{\#(at),"signals":{"engine_hours":1},"meters":{"engine_hours":1}}"#, .duplicateKey, "engine_hours"),
        (#"{\#(at),"signals":{"speed":1},"position":{"latitude":1,"longitude":1,"speed":1}}"#, .duplicateKey, "speed"),
        (#"{\#(at),"signals":{"op_mode":1},"mode":"manual"}"#, .duplicateKey, "mode"),
        (#"{\#(at),"faults":[{"spn":1,"fmi":2,"oc":1},{"spn":1,"fmi":2,"oc":2}]}"#, .duplicateKey, "SPN 1 FMI 2 SA 0"),
        (#"{\#(at),"faults":[{"spn":1,"spn":1,"fmi":2}]}"#, .duplicateKey, "spn"),
        (#"{"frames":[{\#(at),"mode":"manual"},{\#(at),"mode":"remote"}]}"#, .duplicateKey, "boot 1 seq 1"),
        (#"{"frames":[],"frames":[]}"#, .duplicateKey, "frames"),
        (#"{"boot":1,"seq":1,"at":[1772352000000],"columns":{"a":[1],"a":[1]}}"#, .duplicateKey, "a"),
        (#"{"boot":1,"seq":1,"at":[1772352000000],"columns":{"op_mode":[1]},"mode":"manual"}"#, .duplicateKey, "mode"),
        (#"{"boot":1,"seq":1,"at":{"start":1,"start":1},"columns":{}}"#, .duplicateKey, "start"),
    ]
    static let unknownKeys: [Case] = [
        (#"{\#(at),"signals":{},"speed":1}"#, .unknownKey, "speed"),
        (#"{\#(at),"signals":{"":1}}"#, .unknownKey, "signals"),
        (#"{\#(at),"signals":{"a b":1}}"#, .unknownKey, "a b"),
        (#"{\#(at),"signals":{"a/b":1}}"#, .unknownKey, "a/b"),
        (#"{\#(at),"signals":{"\#(String(repeating: "a", count: 65))":1}}"#, .unknownKey, "aaaa"),
        (#"{\#(at),"position":{"latitude":1,"longitude":1,"engine_hours":1}}"#, .unknownKey, "engine_hours"),
        (#"{\#(at),"meters":{"hours":1}}"#, .unknownKey, "hours"),
        (#"{\#(at),"meters":{"speed":1}}"#, .unknownKey, "speed"),
        (#"{\#(at),"faults":[{"spn":1,"fmi":2,"cm":0}]}"#, .unknownKey, "cm"),
        (#"{\#(at),"frames":[]}"#, .unknownKey, "boot"),
        (#"{"frames":[{"frames":[]}]}"#, .unknownKey, "frames"),
        (#"{"frames":[{\#(at),"columns":{}}]}"#, .unknownKey, "columns"),
        (#"{"boot":1,"seq":1,"at":[1772352000000],"columns":{},"signals":{}}"#, .unknownKey, "signals"),
        (#"{"boot":1,"seq":1,"at":{"start":1,"step":1},"columns":{}}"#, .unknownKey, "step"),
    ]
    static let missingKeys: [Case] = [
        ("{}", .missingKey, "boot"), (#"{"seq":1,"at":1,"signals":{}}"#, .missingKey, "boot"),
        (#"{"boot":1,"at":1,"signals":{}}"#, .missingKey, "seq"),
        (#"{"boot":1,"seq":1,"signals":{}}"#, .missingKey, "at"),
        (#"{\#(at)}"#, .missingKey, "signals"),
        (#"{\#(at),"position":{"latitude":1}}"#, .missingKey, "longitude"),
        (#"{\#(at),"position":{"latitude":null,"longitude":1}}"#, .missingKey, "latitude"),
        (#"{\#(at),"position":{}}"#, .missingKey, "latitude"),
        (#"{\#(at),"faults":[{"fmi":2}]}"#, .missingKey, "spn"),
        (#"{\#(at),"faults":[{"spn":2}]}"#, .missingKey, "fmi"),
        (#"{"boot":1,"seq":1,"at":{"step_ms":1,"count":1},"columns":{}}"#, .missingKey, "start"),
        (#"{"boot":1,"seq":1,"at":{"start":1,"count":1},"columns":{}}"#, .missingKey, "step_ms"),
        (#"{"boot":1,"seq":1,"at":{"start":1,"step_ms":1},"columns":{}}"#, .missingKey, "count"),
    ]
    static let wrongTypes: [Case] = [
        ("[]", .wrongType, "an array"), ("null", .wrongType, "null"), ("17", .wrongType, "17"),
        (#"{"boot":"1","seq":1,"at":1,"signals":{}}"#, .wrongType, "boot"),
        (#"{"boot":1.0,"seq":1,"at":1,"signals":{}}"#, .wrongType, "boot"),
        (#"{"boot":true,"seq":1,"at":1,"signals":{}}"#, .wrongType, "boot"),
        (#"{"boot":1,"seq":null,"at":1,"signals":{}}"#, .wrongType, "seq"),
        (#"{"boot":1,"seq":1,"at":1.5,"signals":{}}"#, .wrongType, "at"),
        (#"{"boot":1,"seq":1,"at":[1],"signals":{}}"#, .wrongType, "at"),
        (#"{\#(at),"signals":[]}"#, .wrongType, "signals"), (#"{\#(at),"signals":null}"#, .wrongType, "signals"),
        (#"{\#(at),"signals":{"a":"hot"}}"#, .wrongType, "hot"), (#"{\#(at),"signals":{"a":[1]}}"#, .wrongType, "a"),
        (#"{\#(at),"signals":{"a":{}}}"#, .wrongType, "a"), (#"{\#(at),"position":[]}"#, .wrongType, "position"),
        (#"{\#(at),"position":{"latitude":true,"longitude":1}}"#, .wrongType, "latitude"),
        (#"{\#(at),"meters":3}"#, .wrongType, "meters"),
        (#"{\#(at),"meters":{"odometer":false}}"#, .wrongType, "odometer"),
        (#"{\#(at),"mode":1}"#, .wrongType, "mode"), (#"{\#(at),"mode":null}"#, .wrongType, "mode"),
        (#"{\#(at),"faults":{}}"#, .wrongType, "faults"), (#"{\#(at),"faults":[1]}"#, .wrongType, "faults[0]"),
        (#"{\#(at),"faults":[{"spn":"1","fmi":1}]}"#, .wrongType, "spn"),
        (#"{"frames":{}}"#, .wrongType, "frames"), (#"{"frames":[1]}"#, .wrongType, "frames[0]"),
        (#"{\#(at),"fleet":1,"signals":{}}"#, .wrongType, "fleet"),
        (#"{\#(at),"columns":{}}"#, .wrongType, "at"),
        (#"{"boot":1,"seq":1,"at":[1772352000000],"columns":[]}"#, .wrongType, "columns"),
        (#"{"boot":1,"seq":1,"at":[1772352000000],"columns":{"a":1}}"#, .wrongType, "a"),
        (#"{"boot":1,"seq":1,"at":[1772352000000],"columns":{"a":["x"]}}"#, .wrongType, "row 0"),
        (#"{"boot":1,"seq":1,"at":[1772352000000,null],"columns":{}}"#, .wrongType, "row 1"),
    ]
    static let outOfRange: [Case] = [
        (#"{"boot":-1,"seq":1,"at":1,"signals":{}}"#, .outOfRange, "boot is -1"),
        (#"{"boot":4294967296,"seq":1,"at":1,"signals":{}}"#, .outOfRange, "4294967296"),
        (#"{"boot":4294901760,"seq":1,"at":1,"signals":{}}"#, .outOfRange, "send 0 to 4294901759"),
        (#"{"boot":4294901760,"seq":1,"at":[1],"columns":{}}"#, .outOfRange, "send 0 to 4294901759"),
        (#"{"boot":1,"seq":-1,"at":1,"signals":{}}"#, .outOfRange, "seq is -1"),
        (#"{"boot":1,"seq":1,"at":"yesterday","signals":{}}"#, .outOfRange, "yesterday"),
        (#"{"boot":1,"seq":1,"at":"2026-02-29T00:00:00Z","signals":{}}"#, .outOfRange, "2026-02-29"),
        (#"{"boot":1,"seq":1,"at":253402300800000,"signals":{}}"#, .outOfRange, "253402300800000"),
        (#"{"boot":1,"seq":1,"at":-253402300800000,"signals":{}}"#, .outOfRange, "-253402300800000"),
        (#"{"boot":1,"seq":1,"at":18446744073709551615,"signals":{}}"#, .outOfRange, "18446744073709551615"),
        (#"{\#(at),"position":{"latitude":90.001,"longitude":1}}"#, .outOfRange, "latitude"),
        (#"{\#(at),"position":{"latitude":-90.001,"longitude":1}}"#, .outOfRange, "latitude"),
        (#"{\#(at),"position":{"latitude":1,"longitude":180.001}}"#, .outOfRange, "longitude"),
        (#"{\#(at),"signals":{"longitude":-180.001}}"#, .outOfRange, "longitude"),
        (#"{\#(at),"meters":{"engine_hours":-0.05}}"#, .outOfRange, "engine_hours"),
        (#"{\#(at),"signals":{"odometer":-1}}"#, .outOfRange, "odometer"),
        (#"{\#(at),"signals":{"op_mode":6}}"#, .outOfRange, "op_mode"),
        (#"{\#(at),"signals":{"op_mode":0.5}}"#, .outOfRange, "op_mode"),
        (#"{\#(at),"mode":"flying"}"#, .outOfRange, "flying"),
        (#"{\#(at),"faults":[{"spn":524288,"fmi":1}]}"#, .outOfRange, "spn is 524288"),
        (#"{\#(at),"faults":[{"spn":1,"fmi":32}]}"#, .outOfRange, "fmi is 32"),
        (#"{\#(at),"faults":[{"spn":1,"fmi":1,"oc":128}]}"#, .outOfRange, "oc is 128"),
        (#"{\#(at),"faults":[{"spn":1,"fmi":1,"sa":256}]}"#, .outOfRange, "sa is 256"),
        (#"{"frames":[]}"#, .outOfRange, "frames"), (#"{"boot":1,"seq":1,"at":[],"columns":{}}"#, .outOfRange, "at"),
        (#"{"boot":1,"seq":1,"at":[1772352000000],"columns":{"a":[1,2]}}"#, .outOfRange, "a"),
        (#"{"boot":1,"seq":1,"at":[1772352000000],"columns":{"a":[]}}"#, .outOfRange, "a"),
        (#"{"boot":1,"seq":1,"at":[1772352000000],"columns":{"latitude":[91]}}"#, .outOfRange, "latitude"),
        (#"{"boot":1,"seq":1,"at":{"start":1,"step_ms":0,"count":1},"columns":{}}"#, .outOfRange, "step_ms"),
        (#"{"boot":1,"seq":1,"at":{"start":1,"step_ms":86400001,"count":1},"columns":{}}"#, .outOfRange, "step_ms"),
        (#"{"boot":1,"seq":1,"at":{"start":1,"step_ms":1,"count":0},"columns":{}}"#, .outOfRange, "at"),
        (
            #"{"boot":1,"seq":18446744073709551615,"at":[1772352000000,1772352000001],"columns":{}}"#, .outOfRange,
            "18446744073709551615"
        ),
    ]
    static let identity: [Case] = [
        (#"{\#(at),"fleet":"south","signals":{}}"#, .identityMismatch, "south"),
        (#"{\#(at),"equipment":"truck-18","signals":{}}"#, .identityMismatch, "truck-18"),
        (#"{"fleet":"south","frames":[{\#(at),"signals":{}}]}"#, .identityMismatch, "south"),
        (#"{"frames":[{\#(at),"equipment":"x","signals":{}}]}"#, .identityMismatch, "frames[0]"),
        (#"{"boot":1,"seq":1,"at":[1],"columns":{},"fleet":"north2"}"#, .identityMismatch, "north2"),
    ]

    @Test(
        "the reason is told, and the detail names the thing",
        arguments: notJSON + duplicates + unknownKeys + missingKeys + wrongTypes + outOfRange + identity)
    func reasons(body: String, reason: Rejection.Reason, names: String) throws {
        let rejection = try #require(whyRejected(body))
        #expect(rejection.reason == reason)
        #expect(rejection.detail.contains(names))
        #expect(rejection.detail.utf8.count <= 160)
    }

    @Test("text that is not UTF-8 is not JSON")
    func encoding() {
        var decoder = TelemetryDecoder(limits: IngestLimits())
        let body = Array(#"{"boot":1,"seq":1,"at":1,"signals":{""#.utf8) + [0xC3, 0x28] + Array(#"":1}}"#.utf8)
        #expect(throws: Rejection.self) {
            try decoder.frames(in: body, of: Samples.machine, receivedAt: Samples.receivedAt)
        }
    }

    @Test(
        "on the faults topic every frame speaks of faults",
        arguments: [
            frameBody(#""signals":{}"#),
            #"{"frames":[\#(frameBody(#""faults":[]"#)),\#(frameBody(#""signals":{}"#, seq: 9))]}"#,
            #"{"boot":1,"seq":1,"at":[1772352000000],"columns":{}}"#,
        ])
    func faultsTopic(body: String) throws {
        #expect(whyRejected(body, on: .telemetry) == nil)
        let rejection = try #require(whyRejected(body, on: .faults))
        #expect(rejection.reason == .missingKey)
        #expect(rejection.detail.contains("faults"))
    }

    @Test("words from outside cannot break the line they are shown in")
    func harmless() throws {
        let nasty = #"\u001b[2J\r\n\u0000\u007f\u202e\"\\"# + String(repeating: "é", count: 100)
        for body in [
            frameBody(#""\#(nasty)":1"#), frameBody(#""signals":{"\#(nasty)":1}"#), frameBody(#""mode":"\#(nasty)""#),
        ] {
            let detail = try #require(whyRejected(body)).detail
            #expect(detail.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "\(detail)")
            #expect(detail.utf8.count <= 160)
        }
    }
}
