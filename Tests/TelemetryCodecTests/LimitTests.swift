import FleetModel
import TelemetryCodec
import Testing

@Suite("What one message may take")
struct LimitTests {
    @Test("a body of exactly the limit is read, one byte more is oversize and not even parsed")
    func bodyBytes() {
        let body = frameBody(#""signals":{}"#)
        #expect(whyRejected(body, limits: IngestLimits(bodyBytes: body.utf8.count)) == nil)
        #expect(whyRejected(body + " ", limits: IngestLimits(bodyBytes: body.utf8.count))?.reason == .oversize)
        #expect(whyRejected("not JSON", limits: IngestLimits(bodyBytes: 7))?.reason == .oversize)
    }

    @Test("the limit of 64 kB and a body much larger than the first buffers")
    func largeBody() {
        let members = (0..<400).map { #""signal_with_a_long_name_\#($0)":\#($0).25"# }.joined(separator: ",")
        let body = frameBody(#""signals":{\#(members)}"#)
        #expect(body.utf8.count > 12_000)
        #expect(whyRejected(body) == nil)
        #expect(whyRejected(body + String(repeating: " ", count: 65_537))?.reason == .oversize)
    }

    @Test("signals of a frame: as many as the limit, not one more; those without a value count")
    func signalsPerFrame() {
        let limits = IngestLimits(signalsPerFrame: 5)
        let position = #""position":{"latitude":1,"longitude":2}"#
        #expect(
            whyRejected(frameBody(#""signals":{"a":1,"b":null},\#(position),"mode":"manual""#), limits: limits) == nil)
        for members in [
            #""signals":{"a":1,"b":null,"c":2},\#(position),"mode":"manual""#,
            #""signals":{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}"#,
            #""signals":{"a":1,"b":2,"c":3},\#(position),"meters":{"odometer":1}"#,
        ] {
            #expect(whyRejected(frameBody(members), limits: limits)?.reason == .tooManySignals)
        }
        let columns = { (count: Int) in
            let list = (0..<count).map { #""c\#($0)":[1]"# }.joined(separator: ",")
            return #"{"boot":1,"seq":1,"at":[1772352000000],"columns":{\#(list)}}"#
        }
        #expect(whyRejected(columns(5), limits: limits) == nil)
        #expect(whyRejected(columns(6), limits: limits)?.reason == .tooManySignals)
    }

    @Test(
        "frames of a message, in each form",
        arguments: [
            { (count: Int) in
                let list = (0..<count).map { frameBody(#""signals":{}"#, seq: $0) }.joined(separator: ",")
                return #"{"frames":[\#(list)]}"#
            },
            { count in
                let times = (0..<count).map { "\(1_772_352_000_000 + $0)" }.joined(separator: ",")
                return #"{"boot":1,"seq":1,"at":[\#(times)],"columns":{}}"#
            },
            { count in
                #"{"boot":1,"seq":1,"at":{"start":1772352000000,"step_ms":1,"count":\#(count)},"columns":{}}"#
            },
        ] as [@Sendable (Int) -> String])
    func framesPerMessage(body: @Sendable (Int) -> String) throws {
        let limits = IngestLimits(framesPerMessage: 3)
        #expect(try frames(body(3), limits: limits).count == 3)
        #expect(whyRejected(body(4), limits: limits)?.reason == .outOfRange)
    }

    static func at(_ offset: Duration) -> [String] {
        let time = Samples.receivedAt + offset
        return [
            #"{"boot":1,"seq":1,"at":"\#(time.iso8601)","signals":{}}"#,
            #"{"frames":[{"boot":1,"seq":1,"at":"\#(time.iso8601)","signals":{}}]}"#,
            #"{"boot":1,"seq":1,"at":["\#(Samples.receivedAt.iso8601)","\#(time.iso8601)"],"columns":{}}"#,
            #"{"boot":1,"seq":1,"at":{"start":"\#(time.iso8601)","step_ms":1,"count":1},"columns":{}}"#,
        ]
    }

    @Test(
        "a frame may be a little ahead of our clock and not too old",
        arguments: [
            (offset: Duration.minutes(5), reason: Rejection.Reason?.none),
            (offset: .minutes(5) + .microseconds(1), reason: .futureTime),
            (offset: .zero - .days(30), reason: nil),
            (offset: .zero - .days(30) - .microseconds(1), reason: .tooOld),
        ])
    func clock(offset: Duration, reason: Rejection.Reason?) {
        for body in LimitTests.at(offset) { #expect(whyRejected(body)?.reason == reason, "\(body)") }
    }

    @Test("a machine may not invent names for ever; another machine is not harmed")
    func signalsPerMachine() throws {
        var decoder = TelemetryDecoder(limits: IngestLimits(signalsPerMachine: 4))
        func send(_ names: [String], from machine: MachineKey, to decoder: inout TelemetryDecoder) -> Rejection.Reason?
        {
            let body = frameBody(#""signals":{\#(names.map { #""\#($0)":1"# }.joined(separator: ","))}"#)
            do throws(Rejection) {
                _ = try decoder.frames(in: Array(body.utf8), of: machine, receivedAt: Samples.receivedAt)
                return nil
            } catch {
                return error.reason
            }
        }
        let other = MachineKey("north/truck-18")!
        #expect(send(["n1", "n2", "n3"], from: Samples.machine, to: &decoder) == nil)
        #expect(send(["n4", "n5"], from: Samples.machine, to: &decoder) == .tooManySignals)
        #expect(send(["n4"], from: Samples.machine, to: &decoder) == nil)
        #expect(send(["n5"], from: Samples.machine, to: &decoder) == .tooManySignals)
        #expect(send(["n1", "n5", "n6"], from: other, to: &decoder) == nil)
        #expect(send(["n1", "n2", "n3", "n4", "n5", "n6"], from: Samples.machine, to: &decoder) == nil)
    }

    @Test("a rejected message adds no name to the program, an accepted one does")
    func rejectedNames() throws {
        var decoder = TelemetryDecoder(limits: IngestLimits())
        let names = (0..<3_000).map { #""rejected_\#($0)":1"# }
        for start in stride(from: 0, to: 3_000, by: 300) {
            let body = frameBody(
                #""signals":{\#(names[start..<start + 300].joined(separator: ",")),"rejected_end":"x"}"#)
            #expect(throws: Rejection.self) {
                try decoder.frames(in: Array(body.utf8), of: Samples.machine, receivedAt: Samples.receivedAt)
            }
        }
        #expect(Signal(known: "rejected_0") == nil)
        #expect(Signal(known: "rejected_2999") == nil)
        let body = frameBody(#""signals":{\#(names[0..<300].joined(separator: ","))}"#)
        let decoded = try decoder.frames(in: Array(body.utf8), of: Samples.machine, receivedAt: Samples.receivedAt)
        #expect(decoded[0].readings.map(\.signal.name) == (0..<300).map { "rejected_\($0)" })
    }

    @Test("among thousands of names each is known, and a repeated one is found", arguments: [0, 20, 511, 512, 1_999])
    func manyNames(repeated: Int) throws {
        var decoder = TelemetryDecoder(limits: IngestLimits(signalsPerFrame: 3_000, signalsPerMachine: 3_000))
        let names = (0..<2_000).map { "many_\($0)" }
        let members = names.map { #""\#($0)":1"# }.joined(separator: ",")
        let twice = Array(frameBody(#""signals":{\#(members),"\#(names[repeated])":1}"#).utf8)
        let once = Array(frameBody(#""signals":{\#(members)}"#).utf8)
        // While the names are new, and when they are known.
        for _ in 0..<2 {
            let rejection = try #require(throws: Rejection.self) {
                try decoder.frames(in: twice, of: Samples.machine, receivedAt: Samples.receivedAt)
            }
            #expect(rejection.reason == .duplicateKey)
            let frames = try decoder.frames(in: once, of: Samples.machine, receivedAt: Samples.receivedAt)
            #expect(frames[0].readings.map(\.signal.name) == names)
        }
    }
}
