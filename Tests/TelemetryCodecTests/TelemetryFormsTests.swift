import FleetModel
import TelemetryCodec
import Support
import Testing

@Suite("What a telemetry body says")
struct TelemetryFormsTests {
    let at = Timestamp(iso8601: "2026-03-01T08:00:00Z")!

    @Test("one frame: signals, position, meters, mode and codes become readings and codes")
    func frame() throws {
        let decoded = try frames(
            #"""
            {"boot":17,"seq":4211,"at":"2026-03-01T08:00:00Z",
             "signals":{"coolant_temp":88.5,"lube_cycle_ok":true,"door_open":false,"x":null},
             "position":{"latitude":54.3,"longitude":86.2,"altitude":210,"heading":90,"speed":14.2},
             "meters":{"engine_hours":10234.5,"odometer":120000,"fuel_used_total":5000.25},
             "mode":"autonomous","faults":[{"spn":110,"fmi":0,"oc":5,"sa":3},{"spn":520204,"fmi":31}]}
            """#)
        let expected = Frame(
            boot: 17, seq: 4_211, observedAt: at,
            readings: [
                Reading(Signal("coolant_temp"), 88.5), Reading(Signal("lube_cycle_ok"), 1),
                Reading(Signal("door_open"), 0), Reading(.latitude, 54.3), Reading(.longitude, 86.2),
                Reading(.altitude, 210), Reading(.heading, 90), Reading(.speed, 14.2), Reading(.engineHours, 10_234.5),
                Reading(.odometer, 120_000), Reading(.fuelUsedTotal, 5_000.25), Reading(.operatingMode, 1),
            ],
            faults: [
                DiagnosticTroubleCode(
                    spn: SPN(110)!, fmi: FMI(0)!, sourceAddress: SourceAddress(3), occurrenceCount: 5),
                DiagnosticTroubleCode(spn: SPN(520_204)!, fmi: FMI(31)!, sourceAddress: SourceAddress(0)),
            ])
        #expect(decoded == [expected])
    }

    @Test(
        "the time is RFC 3339 or milliseconds since 1970",
        arguments: [
            (at: #""2026-03-01T08:00:00Z""#, seconds: 0.0), (at: #""2026-03-01T15:00:00+07:00""#, seconds: 0),
            (at: "1772352000000", seconds: 0), (at: "1772352000250", seconds: 0.25),
            (at: #""2026-03-01T08:00:00.000001Z""#, seconds: 0.000_001),
        ])
    func time(at text: String, seconds: Double) throws {
        let decoded = try frames(#"{"boot":0,"seq":0,"at":\#(text),"signals":{}}"#)
        #expect(decoded[0].observedAt == at + .seconds(seconds))
    }

    @Test(
        "any one of the parts is enough for a frame",
        arguments: [
            #""signals":{}"#, #""position":{"latitude":0,"longitude":0}"#, #""meters":{}"#, #""mode":"manual""#,
            #""faults":[]"#,
        ])
    func parts(members: String) throws { #expect(try frames(frameBody(members)).count == 1) }

    @Test("what is not available is left out")
    func absent() throws {
        let decoded = try frames(
            frameBody(
                #""signals":{"a":null},"position":{"latitude":1,"longitude":2,"speed":null},"meters":{"odometer":null}"#
            ))
        #expect(decoded[0].readings.map(\.signal) == [.latitude, .longitude])
    }

    @Test("identity in the body may repeat the topic's")
    func identity() throws {
        #expect(try frames(frameBody(#""fleet":"north","equipment":"truck-17","signals":{}"#)).count == 1)
        let batch = #"{"fleet":"north","equipment":"truck-17","frames":[\#(frameBody(#""signals":{}"#))]}"#
        #expect(try frames(batch).count == 1)
    }

    @Test(
        "the code SPN 0 FMI 0 OC 0 alone means that none is active",
        arguments: [
            (faults: "[]", count: 0), (faults: #"[{"spn":0,"fmi":0,"oc":0}]"#, count: 0),
            (faults: #"[{"spn":0,"fmi":0,"oc":1}]"#, count: 1), (faults: #"[{"spn":0,"fmi":0}]"#, count: 1),
            (faults: #"[{"spn":0,"fmi":1,"oc":0}]"#, count: 1), (faults: #"[{"spn":1,"fmi":0,"oc":0}]"#, count: 1),
            (faults: #"[{"spn":0,"fmi":0,"oc":0},{"spn":100,"fmi":1,"oc":0}]"#, count: 2),
        ])
    func noFault(faults: String, count: Int) throws {
        #expect(try frames(frameBody(#""faults":\#(faults)"#), on: .faults)[0].faults?.count == count)
    }

    @Test(
        "an occurrence count of 127, or none, means that the control unit does not count",
        arguments: [
            (oc: #","oc":0"#, count: UInt8?.some(0)), (oc: #","oc":126"#, count: 126), (oc: #","oc":127"#, count: nil),
            (oc: "", count: nil),
        ])
    func occurrenceCount(oc: String, count: UInt8?) throws {
        let decoded = try frames(frameBody(#""faults":[{"spn":9,"fmi":2\#(oc)}]"#))
        #expect(decoded[0].faults?[0].occurrenceCount == count)
    }

    @Test("a frame that does not speak of codes has none to compare with")
    func silentOnFaults() throws { #expect(try frames(frameBody(#""signals":{}"#))[0].faults == nil) }

    @Test("a batch keeps the order in which it was sent")
    func batch() throws {
        let list = [3, 1, 2].map { frameBody(#""signals":{"a":\#($0)}"#, seq: $0) }.joined(separator: ",")
        #expect(try frames(#"{"frames":[\#(list)]}"#).map(\.seq) == [3, 1, 2])
    }

    @Test("columns: numbers count up from the first, nulls are left out, mode and codes hold for all")
    func columns() throws {
        let decoded = try frames(
            #"""
            {"columns":{"a":[1,null,3.5],"ok":[true,false,null]},"mode":"remote","faults":[{"spn":5,"fmi":4}],
             "boot":1,"seq":18446744073709551613,"at":{"start":"2026-03-01T08:00:00Z","step_ms":1500,"count":3}}
            """#)
        let (a, ok, mode) = (Signal("a"), Signal("ok"), Reading(.operatingMode, 2))
        #expect(decoded.map(\.seq) == [.max - 2, .max - 1, .max])
        #expect(decoded.map(\.observedAt) == [at, at + .milliseconds(1_500), at + .seconds(3)])
        #expect(
            decoded.map(\.readings) == [
                [Reading(a, 1), Reading(ok, 1), mode], [Reading(ok, 0), mode], [Reading(a, 3.5), mode],
            ])
        #expect(decoded.allSatisfy { $0.faults?.count == 1 })
    }

    @Test("columns with a list of times")
    func columnTimes() throws {
        let decoded = try frames(
            #"{"boot":1,"seq":0,"at":[1772352000000,"2026-03-01T08:00:07Z"],"columns":{"a":[1,2]}}"#)
        #expect(decoded.map(\.observedAt) == [at, at + .seconds(7)])
    }

    @Test("numbers at the ends of what they may be")
    func extremes() throws {
        let decoded = try frames(
            #"""
            {"boot":4294901759,"seq":18446744073709551615,"at":1772352000000,"signals":{
             "a":-0.0,"b":18446744073709551615,"c":-9223372036854775808,"d":1.7976931348623157e308,"e":5e-324}}
            """#)
        #expect(decoded[0].boot == Frame.bootMax)
        #expect(decoded[0].seq == .max)
        #expect(
            decoded[0].readings.map(\.value) == [0, 0x1p64, -0x1p63, .greatestFiniteMagnitude, .leastNonzeroMagnitude])
        #expect(decoded[0].readings[0].value.sign == .minus)
    }

    @Test("a key may be written with escapes, and is the same key")
    func escapedKeys() throws {
        let decoded = try frames(#"{"bo\u006ft":1,"seq":2,"at":1772352000000,"signals":{"\u0061":1}}"#)
        #expect(decoded[0].readings == [Reading(Signal("a"), 1)])
    }

    @Test("the order of the keys does not matter", arguments: 0..<40)
    func keyOrder(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let members = [
            #""boot":17"#, #""seq":4211"#, #""at":"2026-03-01T08:00:00Z""#, #""signals":{"coolant_temp":88.5,"b":1}"#,
            #""position":{"latitude":54.3,"longitude":86.2}"#, #""meters":{"engine_hours":5}"#, #""mode":"manual""#,
            #""faults":[{"spn":110,"fmi":0}]"#, #""fleet":"north""#,
        ]
        let body = "{\(members.joined(separator: ","))}"
        let shuffled = "{\(members.shuffled(using: &generator).joined(separator: ","))}"
        #expect(try frames(shuffled) == frames(body), "seed \(seed)")
    }
}
